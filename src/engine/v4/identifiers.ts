// Who a DHCPv4 client may be to reservations, and which of them decides its address.
import type { Subnet } from '../../config/snapshot.ts';
import type { Host, HostIdentifierName } from '../../store/host-store.ts';
import { agentSuboption4 } from '../../wire/v4/agent.ts';
import { inAnyPool, isEligible } from '../eligible.ts';
import { askFlexibleIdentifier, identifiersOf } from '../identifiers.ts';
import { queryOf } from './hook-packets.ts';
import type { Transaction4 } from './transaction.ts';

export function collectIdentifiers(t: Transaction4): void | Promise<void> {
  const asking = t.hooks
    ? askFlexibleIdentifier(t, 'host4_identifier', () => ({
        query4: queryOf(t),
        id_type: 'flex-id',
        id_value: noBytes,
      }))
    : null;
  if (asking) return asking.then(() => void (t.identifiers = identifiersOf(t, identifierValue)));
  t.identifiers = identifiersOf(t, identifierValue);
}

const noBytes = new Uint8Array(0);

function identifierValue(t: Transaction4, type: HostIdentifierName): Uint8Array | null | undefined {
  switch (type) {
    case 'hw-address':
      return t.query.chaddr;
    case 'duid':
      // RFC 4361 §6.1: type 255, four bytes of IAID, then the DUID.
      return t.clientId?.[0] === 255 && t.clientId.length > 5 ? t.clientId.subarray(5) : null;
    case 'circuit-id':
      return t.agent?.get(agentSuboption4.circuitId);
    case 'client-id':
      return t.clientId;
    case 'flex-id':
      return null;
  }
}

export interface OwnReservation {
  readonly subnet: Subnet;
  readonly host: Host;
  /** 0: the reservation has no address (or an ignored one) but still decides the subnet. */
  readonly address: number;
}

/** The reservation that decides the client's address: of the selected subnet, then of the others, then the global one. */
export function ownReservation(t: Transaction4, subnets: readonly Subnet[]): OwnReservation | null {
  const { bySubnet, global } = t.reservations;
  for (const subnet of bySubnet.size === 0 ? [] : subnets) {
    const host = bySubnet.get(subnet.id);
    if (!host) continue;
    // No client could use an address of another network.
    const foreign = host.address4 < Number(subnet.first) || host.address4 > Number(subnet.last);
    const { reservationsOutOfPool } = subnet.parameters;
    const ignored = foreign || (reservationsOutOfPool && inAnyPool(subnet.pools, host.address4));
    return { subnet, host, address: ignored ? 0 : host.address4 };
  }
  if (!global || global.address4 === 0) return null;
  const subnet = t.snapshot.index.byAddress(
    global.address4,
    (candidate) => isEligible(t, candidate) && candidate.parameters.reservationsGlobal,
  );
  return subnet ? { subnet, host: global, address: global.address4 } : null;
}
