// A batch of lookups with the addresses that they set aside: kept in memory or written down, as the ledger says.
import { ownerName } from '../lease-owner.ts';
import type { Lease } from '../lease.ts';
import type { LeaseFindings, LeaseQuery } from '../lease-store.ts';
import { dealFindings, findPacket } from './find-sql.ts';
import type { Lanes } from './lanes.ts';
import type { LeaseSql } from './lease-sql.ts';
import type { OfferLedger, OfferPlace } from './offer-ledger.ts';
import { ownerHash, type OfferRow } from './offer-sql.ts';

/** One packet, unless a subnet is offered in for the first time. */
export async function findWithOffers<L extends Lease>(
  table: LeaseSql<L>,
  queries: readonly LeaseQuery<L>[],
  deps: { readonly lanes: Lanes; readonly ledger: OfferLedger },
): Promise<LeaseFindings<L>[]> {
  const { lanes, ledger } = deps;
  const subnets = queries.flatMap(({ hold }) => (hold ? [hold.subnetId] : []));
  await ledger.join(subnets);

  const owners = queries.map(({ client }) => (client ? ownerName(client) : ''));
  const holds: OfferRow[] = [];
  /** Per query: what is known of its hold before the packet; `table` when the packet tells. */
  const places = queries.map(({ hold }, i): OfferPlace | 'held' | 'taken' | null => {
    if (!hold) return null;
    const { address, subnetId, seconds } = hold;
    const milliseconds = seconds * 1000;
    const place = ledger.placeOf(subnetId, milliseconds);
    if (place === 'later') return place;
    // In memory too when it is written down: this server may be alone before the offer ends.
    if (!ledger.hold(address, owners[i]!, milliseconds, subnetId)) return 'taken';
    if (place === 'memory') return 'held';
    holds.push({ address, owner: ownerHash(owners[i]!), milliseconds });
    return place;
  });
  const hasAddresses = holds.length > 0 || queries.some(({ addresses }) => addresses.length > 0);
  const read = hasAddresses && (holds.length > 0 || ledger.writesDown);
  const withdrawals = ledger.takeWithdrawals();
  const packet = findPacket(table, queries, {
    server: ledger.server,
    withdraw: withdrawals?.sql ?? null,
    holds,
    read,
  });
  const results = await lanes.packet(packet).finally(() => withdrawals?.done());
  const findings = dealFindings(table, queries, read ? results.slice(0, -1) : results);
  const written = read ? offersOf(table, results.at(-1) as readonly (readonly unknown[])[]) : new Map();

  return findings.map((found, i) => {
    const { hold, addresses } = queries[i]!;
    // Only who sees a written offer needs the hash.
    let mine: string | null = null;
    const isOthers = (address: L['address']): boolean => {
      if (ledger.isHeldByOther(address, owners[i]!)) return true;
      const owner = written.get(address) as string | undefined;
      return owner !== undefined && owner !== (mine ??= ownerHash(owners[i]!));
    };
    const offered = addresses.filter(isOthers);
    const place = places[i]!;
    if (!hold || place === null) return { ...found, offered };
    if (place !== 'table') return { ...found, offered, hold: place === 'memory' ? 'held' : place };
    const taken = isOthers(hold.address);
    if (taken) ledger.forget(hold.address, owners[i]!);
    return { ...found, offered, hold: taken ? 'taken' : 'held' };
  });
}

function offersOf<L extends Lease>(
  table: LeaseSql<L>,
  rows: readonly (readonly unknown[])[],
): Map<L['address'], string> {
  const offers = new Map<L['address'], string>();
  for (const [address, owner] of rows) {
    const hex = Buffer.from(address as Uint8Array).toString('hex');
    const number = table.family === 4 ? Number.parseInt(hex, 16) : BigInt(`0x${hex}`);
    offers.set(number, (owner as string).toLowerCase());
  }
  return offers;
}
