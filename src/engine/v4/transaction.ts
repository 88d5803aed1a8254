// One DHCPv4 packet on its way through the pipeline: what the steps learned so far.
import type { InboundDatagram, OutboundDatagram } from '../../net/transport.ts';
import type { Lease4 } from '../../store/lease.ts';
import type { ClientKey, WriteOutcome } from '../../store/lease-store.ts';
import type { ClientFqdn4 } from '../../wire/v4/fqdn.ts';
import type { Message4 } from '../../wire/v4/message.ts';
import type { AddressSearch } from '../address-search.ts';
import type { Query4, Response4 } from './hook-arguments.ts';
import type { OptionAssembler } from '../option-scopes.ts';
import type { EngineServices } from '../packet-context.ts';
import type { ServerIdentifiers } from './server-identifiers.ts';

export type ClientKey4 = Extract<ClientKey, { family: 4 }>;

/** What every packet of one server shares. */
export interface Engine4 extends EngineServices<4, Lease4> {
  readonly options: OptionAssembler;
  readonly serverIdentifiers: ServerIdentifiers;
}

/** The client's lease as the reply shows it. */
export interface Grant {
  readonly lease: Lease4;
  /** Seconds to announce: less than the lease's own lifetime when it was reused without a write. */
  readonly lifetime: number;
}

export interface Transaction4 extends AddressSearch<Lease4> {
  readonly engine: Engine4;
  datagram: InboundDatagram;
  /** The packet and its answer as callouts see them, once one has. */
  hookQuery: Query4 | null;
  hookResponse: Response4 | null;
  /** A buffer4_receive callout filled the query. */
  isParsedByHook: boolean;

  query: Message4;
  type: number;
  clientId: Uint8Array | null;
  /** Sub-options of option 82, and its bytes; null when there is none. */
  agent: ReadonlyMap<number, Uint8Array> | null;
  agentBytes: Uint8Array | null;
  /** The agent information came from the lease, not from the packet: it is not echoed. */
  agentStashed: boolean;
  client: ClientKey4 | null;
  isOfferPublic: boolean;

  name: ClientName;
  grant: Grant | null;
  /** What the write of the lease came to; null = nothing was written. */
  written: Extract<WriteOutcome<Lease4>, { result: 'done' }> | null;
  /** Seconds for which an offer is stored; 0 = it is not. */
  offerLifetime: number;
  /** A callout refused the lease: nothing else is tried. */
  isRefused: boolean;
  /** The lease was announced as it stood, without a write. */
  reused: boolean;
  /** Message type of the answer; 0 = none yet. */
  answer: number;
  /** RFC 8925: the client takes no IPv4 address. */
  v6Only: boolean;
  response: Message4 | null;
  outbound: Omit<OutboundDatagram, 'bytes'> | null;
  bytes: Uint8Array | null;
}

/** The client's name as it is stored and answered (RFC 4702, RFC 2132 §3.14). */
export interface ClientName {
  /** Which option answers it. */
  readonly answer: 'none' | 'host-name' | 'fqdn';
  /** As the lease stores it; complete names of option 81 end with a dot. */
  readonly hostname: string;
  /** What option 81 answers. */
  readonly fqdn: ClientFqdn4 | null;
  /** The server is to do the A, and the PTR, record update. */
  readonly forward: boolean;
  readonly reverse: boolean;
}

export const noName: ClientName = {
  answer: 'none',
  hostname: '',
  fqdn: null,
  forward: false,
  reverse: false,
};
