// A batch of lookups with the addresses that they set aside: kept in memory or written down, as the ledger says.
import { addressKey } from '../../addr/address-key.ts';
import { unitShift } from '../../addr/address-units.ts';
import type { Address } from '../../addr/family.ts';
import { ownerName } from '../lease-owner.ts';
import type { Lease } from '../lease.ts';
import type { LeaseFindings, LeaseQuery } from '../lease-store.ts';
import { dealFindings, findPacket } from './find-sql.ts';
import type { Lanes } from './lanes.ts';
import type { LeaseSql } from './lease-sql.ts';
import { blockOf, readBlocks, type BlockRow } from './offer-block-sql.ts';
import type { BlockVisit } from './offer-blocks.ts';
import type { OfferLedger } from './offer-ledger.ts';
import { ownerHash, readOffers, type OfferRow } from './offer-sql.ts';

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
  /** Offered to the same client before: that offer lasts, whatever becomes of this one. */
  const wereHeld = queries.map(
    ({ hold }, i) => hold !== undefined && ledger.isHeldBy(hold.address, owners[i]!),
  );
  const places = queries.map(({ hold, addresses, delegatedLength }, i): Place => {
    if (!hold) return null;
    const { address, subnetId, seconds, isReserved = false, isPublic = false } = hold;
    const milliseconds = seconds * 1000;
    const place = ledger.placeOf(subnetId, milliseconds);
    if (place === 'later') return place;
    // In memory too when it is written down: this server may be alone before the offer ends.
    if (!ledger.hold(address, owners[i]!, milliseconds, subnetId)) return 'taken';
    if (place === 'memory') return 'held';
    const isForMemory = !isReserved && !isPublic && addresses.includes(address);
    const visit = isForMemory ? ledger.blocks.enter(address, unitShift(delegatedLength), milliseconds) : null;
    if (visit) return visit;
    holds.push({ address, owner: ownerHash(owners[i]!), milliseconds });
    return place;
  });
  const hasAddresses = holds.length > 0 || queries.some(({ addresses }) => addresses.length > 0);
  const read = hasAddresses && (holds.length > 0 || ledger.writesDown);
  const withdrawals = ledger.takeWithdrawals();
  const { sql, leasesAt, isAlone } = findPacket(table, queries, {
    server: ledger.server,
    withdraw: withdrawals?.sql ?? null,
    holds,
    read,
  });
  let results;
  try {
    const answer = await lanes.packet(sql);
    results = isAlone ? [answer] : answer;
  } catch (error) {
    for (const place of places) if (isVisit(place)) place.end('unchanged');
    throw error;
  } finally {
    withdrawals?.done();
  }
  const findings = dealFindings(table, queries, results, leasesAt);
  const written = read ? readOffers(table.family, results.at(-2) as Rows) : new Map<Address, string>();
  const blocks = read ? readBlocks(table.family, results.at(-1) as Rows) : new Map<Address, BlockRow>();
  const took = ledger.now() - began;
  const isAllMemory = written.size === 0 && blocks.size === 0;

  return findings.map((found, i) => {
    const { hold, addresses, delegatedLength } = queries[i]!;
    // A server that is alone, and a client that was offered the only candidate.
    if (isAllMemory && places[i] === 'held' && addresses.length === 1 && addresses[0] === hold!.address) {
      const { own, held, now } = found;
      return { own, held, now, offered: [], hold: isLate(took, hold!.seconds) ? 'later' : 'held' };
    }
    const shift = unitShift(delegatedLength);
    const blockWith = (address: L['address']): BlockRow | undefined =>
      blocks.size === 0 ? undefined : blocks.get(addressKey(blockOf(address, shift)));
    // Only who sees a written offer needs the hash.
    let mine: string | null = null;
    /** By whom the offers tell that the address is set aside. */
    const holderOf = (address: L['address']): 'nobody' | 'client' | 'other' => {
      if (ledger.isHeldByOther(address, owners[i]!)) return 'other';
      const owner = written.get(addressKey(address));
      if (owner === undefined) return 'nobody';
      return owner === (mine ??= ownerHash(owners[i]!)) ? 'client' : 'other';
    };
    const hasRow = (address: L['address']): boolean => found.held.some((lease) => lease.address === address);
    /** Offered to this client from a block that is still this server's: a row of another can only be one in vain. */
    const isFromBlock = (address: L['address']): boolean =>
      ledger.isHeldBy(address, owners[i]!) &&
      ledger.blocks.gave(address) &&
      blockWith(address)?.owner === ledger.blocks.owner &&
      !hasRow(address);
    const isOthers = (address: L['address']): boolean => {
      if (isFromBlock(address)) return false;
      const holder = holderOf(address);
      if (holder !== 'nobody') return holder === 'other';
      // What this server's own name has reserved it may have offered itself, before it was started anew.
      const block = blockWith(address);
      return (
        block !== undefined && block.owner !== ledger.blocks.owner && !block.hasOwnName && !hasRow(address)
      );
    };
    const place = places[i]!;
    if (!hold || place === null || place === 'later') {
      const offered = addresses.filter(isOthers);
      return place === null ? { ...found, offered } : { ...found, offered, hold: 'later' };
    }
    const { address: wanted, seconds, isReserved = false } = hold;
    const isHeld = (): boolean => {
      if (place === 'held' || place === 'taken') return place === 'held';
      const isFree = holderOf(wanted) !== 'other';
      const block = blockWith(wanted);
      if (isVisit(place)) {
        const isMine = block?.owner === ledger.blocks.owner && block.millisecondsLeft >= seconds * 1000;
        const isMemorys = isMine && isFree && !hasRow(wanted);
        place.end(isMemorys ? 'held' : !isMine ? 'blockLost' : wereHeld[i] ? 'unchanged' : 'lost');
        return isMemorys;
      }
      const isBlocked = block !== undefined && block.owner !== ledger.blocks.owner;
      // Whoever has the block offers from it neither what has a row nor what is reserved for somebody else.
      // Without a row of its own it lost against one that has ended since, and perhaps somebody else came first.
      const isWritten = holderOf(wanted) === 'client';
      if (isWritten && (!isBlocked || isReserved || hasRow(wanted))) return true;
      // In vain, and nobody shall take it for an offer.
      if (isWritten && !wereHeld[i]) ledger.withdraw(wanted, owners[i]!);
      return false;
    };
    const held = isHeld();
    if (!held && place !== 'taken' && !wereHeld[i]) ledger.forget(wanted, owners[i]!);
    const offered = addresses.filter((address) => (address === wanted ? !held : isOthers(address)));
    return {
      ...found,
      offered,
      hold: !held ? 'taken' : isLate(took, seconds) ? 'later' : 'held',
    };
  });
}

/** This process stood still for so many milliseconds, or the database: what was set aside may soon be free again. */
const isLate = (took: number, seconds: number): boolean => took > (seconds * 1000) / 2;

const isVisit = (place: Place): place is BlockVisit => typeof place === 'object' && place !== null;
