// Addresses and prefixes that a client's reservation gives to its IAs, each to one of them.
import type { Host } from '../../store/host-store.ts';
import { eligibleSubnets, inAnyPool, isEligible, poolsOf } from '../eligible.ts';
import { noReservations } from '../packet-context.ts';
import type { ChosenLease } from './hints.ts';
import type { IaSearch } from './ia-search.ts';
import type { Transaction6 } from './transaction.ts';

/** By IA, best first. An IA keeps what it already has; the others are spread in the order of the message. */
export type ReservedByIa = ReadonlyMap<IaSearch, readonly ChosenLease[]>;

const noneReserved: ReservedByIa = new Map();

export function reservedByIa(t: Transaction6, all: readonly IaSearch[]): ReservedByIa {
  if (t.reservations === noReservations) return noneReserved;
  const byIa = new Map<IaSearch, ChosenLease[]>();
  for (const type of [0, 2] as const) {
    const reserved = reservedOf(t, type);
    if (reserved.length === 0) continue;
    const ias = all.filter((s) => s.leaseType === type);
    const taken = new Set<bigint>();
    for (const s of ias) {
      const has = reserved.filter(({ address }) => s.own.some((lease) => lease.address === address));
      for (const { address } of has) taken.add(address);
      byIa.set(s, has);
    }
    for (const s of ias) {
      const list = byIa.get(s)!;
      if (list.length > 0) continue;
      const wished = reserved.filter(({ address }) => s.hints.some((hint) => hint.address === address));
      const next = [...wished, ...reserved].find(({ address }) => !taken.has(address));
      if (!next) continue;
      taken.add(next.address);
      list.push(next);
    }
  }
  return byIa;
}

/** Whether the client's reservations name it. */
export const isOwnReservation = (t: Transaction6, type: 0 | 2, address: bigint): boolean =>
  reservedOf(t, type).some((each) => each.address === address);

/** Of the reservation of the selected subnet, else of the others of its network, else of the global one. */
function reservedOf(t: Transaction6, type: 0 | 2): ChosenLease[] {
  const { bySubnet, global } = t.reservations;
  for (const subnet of bySubnet.size === 0 ? [] : eligibleSubnets(t)) {
    const host = bySubnet.get(subnet.id);
    if (!host) continue;
    return ofType(host, type)
      .filter(({ address }) => {
        const isForeign = type === 0 && (address < subnet.first || address > subnet.last);
        const isIgnored =
          subnet.parameters.reservationsOutOfPool && inAnyPool(poolsOf(subnet, type), address);
        return !isForeign && !isIgnored;
      })
      .map((each) => ({ subnet, ...each }));
  }
  if (!global) return [];
  return ofType(global, type).flatMap((each) => {
    const accept = (candidate: NonNullable<Transaction6['subnet']>): boolean =>
      isEligible(t, candidate) && candidate.parameters.reservationsGlobal;
    // A delegated prefix lies in no subnet in particular: it is given from the selected one.
    const subnet =
      type === 2
        ? eligibleSubnets(t).find((candidate) => candidate.parameters.reservationsGlobal)
        : t.snapshot.index.byAddress(each.address, accept);
    return subnet ? [{ subnet, ...each }] : [];
  });
}

const ofType = (host: Host, type: 0 | 2): { readonly address: bigint; readonly length: number }[] =>
  host.addresses6
    .filter((each) => each.type === type)
    .map(({ address, prefixLength }) => ({ address, length: prefixLength }));
