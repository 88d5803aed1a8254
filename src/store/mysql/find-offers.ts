// A batch of lookups with the addresses that they set aside: kept in memory or written down, as the ledger says.
import { ownerName } from '../lease-owner.ts';
import type { Lease } from '../lease.ts';
import type { LeaseFindings, LeaseQuery } from '../lease-store.ts';
import { dealFindings, findPacket } from './find-sql.ts';
import type { Lanes } from './lanes.ts';
import type { LeaseSql } from './lease-sql.ts';
import { blockOf, readBlocks, type BlockRow } from './offer-block-sql.ts';
import type { BlockVisit } from './offer-blocks.ts';
import type { OfferLedger } from './offer-ledger.ts';
import { addressOfOffer, ownerHash, type OfferRow } from './offer-sql.ts';

type Rows = readonly (readonly unknown[])[];

/** What is known of a query's hold before the packet: the outcome, or who tells it. */
type Place = 'later' | 'held' | 'taken' | 'table' | BlockVisit | null;

/** One packet, unless a subnet is offered in for the first time. */
export async function findWithOffers<L extends Lease>(
  table: LeaseSql<L>,
  queries: readonly LeaseQuery<L>[],
  deps: { readonly lanes: Lanes; readonly ledger: OfferLedger },
): Promise<LeaseFindings<L>[]> {
  const { lanes, ledger } = deps;
  const subnets = queries.flatMap(({ hold }) => (hold ? [hold.subnetId] : []));
  await ledger.join(subnets);

  const began = ledger.now();
  const owners = queries.map(({ client }) => (client ? ownerName(client) : ''));
  const holds: OfferRow[] = [];
  const places = queries.map(({ hold, addresses }, i): Place => {
    if (!hold) return null;
    const { address, subnetId, seconds } = hold;
    const milliseconds = seconds * 1000;
    const place = ledger.placeOf(subnetId, milliseconds);
    if (place === 'later') return place;
    // In memory too when it is written down: this server may be alone before the offer ends.
    if (!ledger.hold(address, owners[i]!, milliseconds, subnetId)) return 'taken';
    if (place === 'memory') return 'held';
    const visit = addresses.includes(address) ? ledger.blocks.enter(address, milliseconds) : null;
    if (visit) return visit;
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
  let results;
  try {
    results = await lanes.packet(packet);
  } catch (error) {
    for (const place of places) if (isVisit(place)) place.end('unknown');
    throw error;
  } finally {
    withdrawals?.done();
  }
  const findings = dealFindings(table, queries, read ? results.slice(0, -2) : results);
  const written = read ? offersOf(table, results.at(-2) as Rows) : new Map<L['address'], string>();
  const blocks = read ? readBlocks(table.family, results.at(-1) as Rows) : new Map<L['address'], BlockRow>();
  const took = ledger.now() - began;

  return findings.map((found, i) => {
    const { hold, addresses } = queries[i]!;
    // Only who sees a written offer needs the hash.
    let mine: string | null = null;
    /** By whom the offers tell that the address is set aside. */
    const holderOf = (address: L['address']): 'nobody' | 'client' | 'other' => {
      if (ledger.isHeldByOther(address, owners[i]!)) return 'other';
      const owner = written.get(address);
      if (owner === undefined) return 'nobody';
      return owner === (mine ??= ownerHash(owners[i]!)) ? 'client' : 'other';
    };
    const hasRow = (address: L['address']): boolean => found.held.some((lease) => lease.address === address);
    const offered = addresses.filter((address) => {
      const holder = holderOf(address);
      if (holder !== 'nobody') return holder === 'other';
      // What this server's own name has reserved it may have offered itself, before it was started anew.
      const block = blocks.get(blockOf(address));
      return (
        block !== undefined && block.owner !== ledger.blocks.owner && !block.hasOwnName && !hasRow(address)
      );
    });
    const place = places[i]!;
    if (!hold || place === null) return { ...found, offered };
    const { address, seconds } = hold;
    const block = blocks.get(blockOf(address));
    const outcome = (): 'held' | 'taken' => {
      const holder = holderOf(address);
      if (isVisit(place)) {
        const isMine = block?.owner === ledger.blocks.owner && block.millisecondsLeft >= seconds * 1000;
        const isHeld = isMine && holder !== 'other' && !hasRow(address);
        place.end(isHeld ? 'held' : isMine ? 'lost' : 'blockLost');
        return isHeld ? 'held' : 'taken';
      }
      if (place !== 'table') return place === 'held' ? 'held' : 'taken';
      const isBlocked = block !== undefined && block.owner !== ledger.blocks.owner && !hasRow(address);
      return holder === 'other' || isBlocked ? 'taken' : 'held';
    };
    if (place === 'later') return { ...found, offered, hold: place };
    const result = outcome();
    if (result === 'taken' && place !== 'taken') ledger.forget(address, owners[i]!);
    // This process stood still, or the database: what was set aside may soon be free again.
    if (result === 'held' && took > (seconds * 1000) / 2) return { ...found, offered, hold: 'later' };
    return { ...found, offered, hold: result };
  });
}

const isVisit = (place: Place): place is BlockVisit => typeof place === 'object' && place !== null;

function offersOf<L extends Lease>(table: LeaseSql<L>, rows: Rows): Map<L['address'], string> {
  const offers = new Map<L['address'], string>();
  for (const [address, owner] of rows)
    offers.set(addressOfOffer(table.family, address as Uint8Array), (owner as string).toLowerCase());
  return offers;
}
