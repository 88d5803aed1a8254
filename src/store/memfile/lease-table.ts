// Leases in memory, each as the text of its row, with the indexes that a store needs: by address, owner, expiry, state.
import { addressKey } from '../../addr/address-key.ts';
import { unitAt, unitFrom, unitShift } from '../../addr/address-units.ts';
import type { Address } from '../../addr/family.ts';
import { ownerKeys } from '../lease-owner.ts';
import { infiniteLifetime, leaseState, type Lease } from '../lease.ts';
import type { AddressRange, LeaseCount } from '../lease-store.ts';
import { wrapped } from '../address-ranges.ts';
import { ClientIndex } from './client-index.ts';
import { createExpiryHeap, grown } from './expiry-heap.ts';
import { rowDecoder, type LeaseRows } from './lease-rows.ts';
import { SortedAddresses } from './sorted-addresses.ts';

/**
 * A row's text takes a quarter of the memory of its lease, has nothing for the garbage collector to follow, and is what
 * the file is written from; a lease is made of it when it is asked for, about a microsecond each.
 */
export interface LeaseTable<L extends Lease> {
  readonly size: number;
  get(address: L['address']): L | null;
  /** Its row as the file has it. */
  textOf(address: L['address']): string | null;
  subnetIdOf(address: L['address']): number | null;
  /** Inserts or overwrites. `text`: the row of the lease, with the columns of today. */
  set(lease: L, text: string): void;
  delete(address: L['address']): void;
  /** Every lease whose owner shares an index key. */
  byOwnerKeys(keys: readonly string[]): L[];
  /** Every lease of these client identifiers or DUIDs. */
  ofClients(identifiers: readonly Uint8Array[]): Promise<L[]>;
  /** Expired before `now` and not yet reclaimed, oldest first. */
  expired(now: number, limit: number): L[];
  /** Reclaimed ones that had expired before `time`. */
  reclaimed(time: number): L[];
  /** The rows of all. */
  texts(): Iterable<string>;
  /** Up to `count` addresses, the lowest ones above `after`. */
  addressesAfter(after: L['address'] | null, count: number): L['address'][];
  free(
    ranges: readonly AddressRange<L>[],
    start: L['address'],
    limit: number,
    now: number,
    isOffered: (address: L['address']) => boolean,
  ): L['address'][];
  counts(): LeaseCount[];
}

type Counted = { -readonly [K in keyof LeaseCount]: LeaseCount[K] };

const blockBits = 8;
const blockSize = 1 << blockBits;

export function createLeaseTable<L extends Lease>(rows: LeaseRows<L>): LeaseTable<L> {
  type A = L['address'];
  const decode = rowDecoder(rows);
  /** By {@link addressKey}. */
  const slots = new Map<A, number>();
  /** By slot; empty when the slot is free. */
  const texts: string[] = [];
  /** By slot: seconds since the epoch, Infinity when never. */
  let expiry = new Float64Array(1024);
  let states = new Uint8Array(1024);
  let subnetIds = new Uint32Array(1024);
  const freeSlots: number[] = [];
  /** One slot, as nearly always, or several: thousands where many clients share a hardware address. */
  const owners = new Map<string, number | Set<number>>();
  const reclaimed = new Set<number>();
  /**
   * Rows per block of 256 addresses, or of 256 prefixes of one length, that nobody may overwrite before they expire: full
   * blocks need no look. By the size of what is leased, then by the {@link addressKey} of the block.
   */
  const taken = new Map<number, Map<A, number>>();
  const counted = new Map<string, Counted>();
  const heap = createExpiryHeap((slot) => expiry[slot]!);
  const sorted = new SortedAddresses<A>(() => Array.from(slots.keys(), addressKey));

  const leaseAt = (slot: number): L => decode(texts[slot]!);
  const clients = new ClientIndex<L>({
    slots: () => texts.length,
    leaseAt: (slot) => (texts[slot] === '' ? null : leaseAt(slot)),
  });
  const slotOf = (address: A): number | undefined => slots.get(addressKey(address));

  const count = (lease: L, by: number): void => {
    const { subnetId, poolId, state } = lease;
    const leaseType = lease.family === 6 ? lease.type : 0;
    const key = `${subnetId}/${poolId}/${leaseType}/${state}`;
    let entry = counted.get(key);
    if (!entry) counted.set(key, (entry = { subnetId, poolId, leaseType, state, leases: 0 }));
    entry.leases += by;
    if (entry.leases === 0) counted.delete(key);
    if (!isTaken(state)) return;
    const shift = unitShift(lease.family === 6 ? lease.prefixLength : undefined);
    let blocks = taken.get(shift);
    if (!blocks) taken.set(shift, (blocks = new Map<A, number>()));
    const block = addressKey(blockOf(lease.address, shift));
    const leases = (blocks.get(block) ?? 0) + by;
    if (leases === 0) blocks.delete(block);
    else blocks.set(block, leases);
  };

  const link = (key: string, slot: number): void => {
    const known = owners.get(key);
    if (known === undefined) owners.set(key, slot);
    else if (typeof known === 'number') owners.set(key, new Set([known, slot]));
    else known.add(slot);
  };

  const unlink = (key: string, slot: number): void => {
    const known = owners.get(key);
    if (typeof known !== 'object') owners.delete(key);
    else {
      known.delete(slot);
      if (known.size === 1) for (const last of known) owners.set(key, last);
    }
  };

  /** Index keys of the row before and after; null: there is none. */
  const relink = (slot: number, before: L | null, after: L | null): void => {
    const [old, next] = [before ? ownerKeys(before) : none, after ? ownerKeys(after) : none];
    for (const key of old) if (!next.includes(key)) unlink(key, slot);
    for (const key of next) if (!old.includes(key)) link(key, slot);
    clients.moved(slot, before, after);
  };

  const newSlot = (address: A): number => {
    const slot = freeSlots.pop() ?? texts.push('') - 1;
    if (slot >= states.length) {
      expiry = grown(expiry, slot + 1);
      states = grown(states, slot + 1);
      subnetIds = grown(subnetIds, slot + 1);
    }
    slots.set(addressKey(address), slot);
    sorted.add(address);
    return slot;
  };

  const isFree = (address: A, now: number): boolean => {
    const slot = slotOf(address);
    return slot === undefined || !isTaken(states[slot]!) || expiry[slot]! < now;
  };

  return {
    get size() {
      return slots.size;
    },
    get(address) {
      const slot = slotOf(address);
      return slot === undefined ? null : leaseAt(slot);
    },
    textOf(address) {
      const slot = slotOf(address);
      return slot === undefined ? null : texts[slot]!;
    },
    subnetIdOf(address) {
      const slot = slotOf(address);
      return slot === undefined ? null : subnetIds[slot]!;
    },
    set(lease, text) {
      const { address, state } = lease;
      const known = slotOf(address);
      const old = known === undefined ? null : leaseAt(known);
      const slot = known ?? newSlot(address);
      if (old) count(old, -1);
      relink(slot, old, lease);
      texts[slot] = text;
      states[slot] = state;
      subnetIds[slot] = lease.subnetId;
      expiry[slot] = lease.validLifetime === infiniteLifetime ? Infinity : lease.cltt + lease.validLifetime;
      count(lease, 1);
      if (state === leaseState.expiredReclaimed) {
        heap.delete(slot);
        reclaimed.add(slot);
      } else {
        reclaimed.delete(slot);
        heap.set(slot);
      }
    },
    delete(address) {
      const slot = slotOf(address);
      if (slot === undefined) return;
      const old = leaseAt(slot);
      relink(slot, old, null);
      count(old, -1);
      heap.delete(slot);
      reclaimed.delete(slot);
      slots.delete(addressKey(address));
      texts[slot] = '';
      freeSlots.push(slot);
      sorted.delete(address);
    },
    byOwnerKeys(keys) {
      const found = new Set<number>();
      for (const key of keys) {
        const known = owners.get(key);
        if (typeof known === 'number') found.add(known);
        else for (const slot of known ?? none) found.add(slot);
      }
      return found.size === 0 ? [] : Array.from(found, leaseAt);
    },
    ofClients: (identifiers) => clients.find(identifiers),
    expired: (now, limit) => heap.expired(now, limit).map(leaseAt),
    reclaimed: (time) => [...reclaimed].filter((slot) => expiry[slot]! < time).map(leaseAt),
    *texts() {
      for (let slot = 0; slot < texts.length; slot++) if (texts[slot] !== '') yield texts[slot]!;
    },
    addressesAfter: (after, count) => sorted.after(after, count),
    free(ranges, start, limit, now, isOffered) {
      const found: A[] = [];
      const seek = ({ first, last, delegatedLength }: AddressRange<L>, skipFull: boolean): void => {
        const shift = unitShift(delegatedLength);
        const full = skipFull ? taken.get(shift) : undefined;
        for (let address = unitFrom(first, shift); address <= last && found.length < limit;) {
          const block = blockOf(address, shift);
          if ((full?.get(addressKey(block)) ?? 0) >= blockSize) {
            address = nextBlock(block, shift);
            continue;
          }
          if (isFree(address, now) && !isOffered(address)) found.push(address);
          address = unitAt(address, 1, shift);
        }
      };
      // A full block may still hold expired rows that await reclamation: look again only when there is such a row.
      for (const skipFull of heap.expired(now, 1).length > 0 ? [true, false] : [true]) {
        found.length = 0;
        for (const range of wrapped(ranges, start)) seek(range, skipFull);
        if (found.length >= limit) break;
      }
      return found;
    },
    counts: () => Array.from(counted.values(), (entry) => ({ ...entry })),
  };
}

const none: readonly never[] = [];

/** Neither reclaimed nor released: nobody else may have it before it expires. */
const isTaken = (state: number): boolean =>
  state !== leaseState.expiredReclaimed && state !== leaseState.released;

function blockOf<A extends Address>(address: A, shift: number): A {
  return (typeof address === 'bigint' ? address >> BigInt(blockBits + shift) : address >>> blockBits) as A;
}

/** First address of the block after this one. */
function nextBlock<A extends Address>(block: A, shift: number): A {
  const first =
    typeof block === 'bigint' ? (block + 1n) << BigInt(blockBits + shift) : (Number(block) + 1) * blockSize;
  return first as A;
}
