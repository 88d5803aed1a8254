// One DHCPv6 packet on its way through the pipeline: what the steps learned so far.
import type { Dhcp4o6Peer } from '../../net/dhcp4o6-peer.ts';
import type { InboundDatagram, OutboundDatagram } from '../../net/transport.ts';
import type { Lease6 } from '../../store/lease.ts';
import type { ClientFqdn6 } from '../../wire/v6/fqdn.ts';
import type { Message6, RelayMessage6 } from '../../wire/v6/message.ts';
import type { Status6 } from '../../wire/v6/status.ts';
import type { OptionAssembler } from '../option-scopes.ts';
import type { EngineServices, PacketContext } from '../packet-context.ts';
import type { HardwareAddress6 } from './hardware-address.ts';
import type { Query6, Response6 } from './hook-arguments.ts';
import type { IaSearch } from './ia-search.ts';

/** What every packet of one server shares. */
export interface Engine6 extends EngineServices<6, Lease6> {
  readonly options: OptionAssembler;
  /** RFC 8415 §11. */
  readonly serverDuid: () => Uint8Array;
  /** The way to the DHCPv4 server of this machine; null: there is none. */
  readonly dhcp4o6: Dhcp4o6Peer | null;
}

export interface Transaction6 extends PacketContext {
  readonly engine: Engine6;
  datagram: InboundDatagram<6>;
  /** The packet and its answer as callouts see them, once one has. */
  hookQuery: Query6 | null;
  hookResponse: Response6 | null;
  /** A buffer6_receive callout filled the query. */
  isParsedByHook: boolean;

  query: Message6;
  /** Outermost first; empty when the client was heard directly. */
  relays: readonly RelayMessage6[];
  type: number;
  /** Null: the message has no Client Identifier, or one that is no DUID. */
  duid: Uint8Array | null;
  /** From the first source that knows one (`mac-sources`); undefined = not looked for yet. */
  hardware: HardwareAddress6 | null | undefined;
  /** Codes of the Option Request option, in the order asked. */
  requested: readonly number[];
  /** IA_NA and IA_PD options in the order of the message; filled where their leases are looked up. */
  ias: readonly IaSearch[];

  name: ClientName6 | null;
  /** Message type of the answer; 0 = none yet. */
  answer: number;
  /** RFC 8415 §18.3.1: SOLICIT with Rapid Commit where the subnet allows it. */
  isRapidCommit: boolean;
  /** Of the message itself. */
  status: Status6 | null;
  /** What was written and removed, for leases6_committed. */
  readonly committed: Lease6[];
  readonly deleted: Lease6[];
  response: Message6 | null;
  outbound: Omit<OutboundDatagram<6>, 'bytes'> | null;
  bytes: Uint8Array | null;
}

/** The client's name as it is stored and answered (RFC 4704). */
export interface ClientName6 {
  /** As the lease stores it; ends with a dot. */
  readonly hostname: string;
  readonly fqdn: ClientFqdn6;
  /** The server is to do the AAAA, and the PTR, record update. */
  readonly forward: boolean;
  readonly reverse: boolean;
}
