// Blocks of the pools in which only this server offers fresh addresses for a while: from its memory, without a row for each.
import { addressKey } from '../../addr/address-key.ts';
import type { Address } from '../../addr/family.ts';
import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { OfferMemory } from '../offer-memory.ts';
import { blockSpace, rangeName, type BlockPlace, type BlockSpace, type Range } from './block-space.ts';
import type { Lanes } from './lanes.ts';
import type { AddressSql } from './lease-sql.ts';
import { blockOf, blockSize, endBlocksStatement } from './offer-block-sql.ts';
import { holdStatement, offersSelect, ownerHash, readOffers, type OfferRow } from './offer-sql.ts';
import { reserveBlocks } from './reserve-blocks.ts';

export interface OfferBlocks {
  /** This process, as its blocks name it. */
  readonly owner: string;
  /** An address that nobody else offers, to be confirmed with the lookup ({@link OfferBlocks.enter}). Null: none is at hand. */
  take(subnetId: number, ranges: readonly Range[]): Address | null;
  /**
   * Null: a hold of the address must be written down. Else it may be held in memory, if the lookup confirms it.
   * `shift`: of what is offered, see addr/address-units.ts.
   */
  enter(address: Address, shift: number, milliseconds: number): BlockVisit | null;
  /** Whether memory decides about the address, and some client was to be offered it. */
  gave(address: Address): boolean;
  /** Not offered after all: the next client may have it. False: it was none of a block. */
  takeBack(address: Address): boolean;
  /** It has a lease now, and whoever wants it next has to ask the database. */
  claimed(address: Address): void;
  /** Twice a second: measures the demand, gives back what is not needed. */
  tick(): Promise<void>;
  /** Gives back everything. */
  close(): Promise<void>;
}

/** One lookup that holds an address of a block. */
export interface BlockVisit {
  /** Exactly once. `lost`: it could not be held, nor was it before. `blockLost`: nor can any other of its block. */
  end(result: 'held' | 'lost' | 'blockLost' | 'unchanged'): void;
}

/**
 * Addresses of the block without a lease row and without a written offer when it was reserved: `free` until somebody is
 * offered them, `given` until they are leased. Of these, and no others, this server's memory decides who holds them.
 */
interface Block extends BlockPlace {
  readonly pool: BlockPool;
  readonly free: Address[];
  /** By {@link addressKey}. */
  readonly given: Set<Address>;
  /** Milliseconds of the clock; the database's end is later. */
  readonly ends: number;
  /** When an address of it was given last. */
  usedAt: number;
  /** Lookups under way that hold an address of it. */
  pending: number;
  isListed: boolean;
  isClosed: boolean;
}

/** One subnet's pools as some class of clients may use them. */
interface BlockPool {
  readonly subnetId: number;
  readonly space: BlockSpace;
  /** Blocks with free addresses, the oldest first. */
  listed: Block[];
  /** Since {@link BlockPool.countedSince}. */
  takes: number;
  countedSince: number;
  usedAt: number;
  /** Free addresses to have at hand; 0 = demand is so low that each offer may as well be written down. */
  wanted: number;
  cursor: number;
  isReserving: boolean;
  retryAt: number;
}

export interface OfferBlocksOptions {
  readonly table: AddressSql;
  /** Fresh addresses a second from which blocks are worth their while. */
  readonly fromRate?: number;
}

export interface OfferBlocksDeps {
  readonly lanes: Lanes;
  readonly logger: Logger;
  readonly memory: OfferMemory;
  readonly random: () => number;
  readonly clock: () => number;
  /** The name just now. */
  readonly server: () => string;
  /** Other servers know this one, and it writes its offers down: only then are blocks of use. */
  readonly isShared: (subnetId: number) => boolean;
  /** Milliseconds of the longest offer so far. */
  readonly longestOffer: () => number;
}

const defaultFromRate = 50;
/** Milliseconds of the shortest time from which a rate is reckoned, and of the usual one. */
const [shortMeasure, measure] = [100, 250];
/** Free addresses at hand, as milliseconds of the present demand. */
const stock = 1_000;
/** Milliseconds for which addresses of a block are offered. */
const useFor = 10_000;
/** A client that asks again soon after is offered the same again. */
const askAgain = 1_500;
/** At most this part of a pool is withheld unused by one server. */
const shareOfPool = 64;
const mostBlocks = 64;
/** A block with fewer addresses left is given back: what it withholds from returning clients is not worth it. */
const fewAddresses = blockSize / 4;
/** Milliseconds, after blocks were found full. */
const retryAfter = 5_000;
const forgetAfter = 60_000;
/** Milliseconds: most clients have their lease long before. */
const leftAfter = 2_000;
const dumpChunk = 2_000;

/**
 * Why this is exact. The row of a block is its server's until the database's clock says otherwise, and an address of it is
 * offered from memory only after a lookup that was sent later has shown (1) no lease row at the address, (2) then no offer
 * of it written down by another, (3) then the block's row, for longer than the offer lasts. Nobody else can reserve the
 * block meanwhile. Who wants to write down an offer of a single address writes it first, then reads the leases, then the
 * blocks, and gives up if the address is in another's block and without a lease row. So of two that want the address one
 * sees the other: an offer written before (2) is seen there, one written later finds the block. With a lease row (an
 * expired one of a client that comes back) the block is no obstacle: (1) keeps its server from the address. What a server
 * remembers and its rows agree also when it was stopped for long, has a wrong clock or was cut off: (3) is the database's
 * word. One that died withholds its blocks until they end.
 */
export function createOfferBlocks(options: OfferBlocksOptions, deps: OfferBlocksDeps): OfferBlocks {
  const { table, fromRate = defaultFromRate } = options;
  const { family } = table;
  const { lanes, memory, clock } = deps;
  const owner = ownerHash(`block ${deps.random()} ${deps.random()}`);
  /** By {@link addressKey} of their first addresses. */
  const blocks = new Map<Address, Block>();
  /** By {@link addressKey}: the blocks of what was given. */
  const gave = new Map<Address, Block>();
  const pools = new Map<string, BlockPool>();
  /** Keys of blocks given back in a packet that is under way: reserved again meanwhile, that packet would end the new reservation. */
  const leaving = new Set<Address>();
  let offAt = -Infinity;

  const isUsable = (block: Block, milliseconds: number): boolean =>
    !block.isClosed && clock() + milliseconds <= block.ends;

  /** All of it is leased, or will hardly be: what its clients left lying the others may have when the offers end. */
  const isSpent = ({ free, given, usedAt }: Block): boolean =>
    free.length === 0 && (given.size === 0 || clock() - usedAt > leftAfter);

  const poolOf = (subnetId: number, ranges: readonly Range[]): BlockPool => {
    const key = `${subnetId}:${ranges.map(rangeName).join()}`;
    let pool = pools.get(key);
    if (!pool) {
      const space = blockSpace(ranges);
      pool = {
        subnetId,
        space,
        listed: [],
        takes: 0,
        countedSince: clock(),
        usedAt: clock(),
        wanted: 0,
        cursor: Math.floor(deps.random() * space.size),
        isReserving: false,
        retryAt: 0,
      };
      pools.set(key, pool);
    }
    return pool;
  };

  /** Of so many milliseconds since the measuring began: what to have at hand. */
  const wantedAt = (pool: BlockPool, elapsed: number): number => {
    const rate = (pool.takes * 1000) / elapsed;
    return rate < fromRate ? 0 : Math.ceil((rate * stock) / 1000);
  };

  /** Demand that has only begun, or grown: until the next tick a row for each offer would be written. */
  const lookAhead = (pool: BlockPool): void => {
    if ((pool.takes * 1000) / measure < fromRate) return;
    const elapsed = Math.max(clock() - pool.countedSince, shortMeasure);
    pool.wanted = Math.max(pool.wanted, wantedAt(pool, elapsed));
  };

  const freeOf = (pool: BlockPool): number => pool.listed.reduce((sum, { free }) => sum + free.length, 0);

  const drop = (block: Block): void => {
    block.isClosed = true;
    const key = addressKey(block.first);
    if (blocks.get(key) === block) blocks.delete(key);
    for (const given of block.given) if (gave.get(given) === block) gave.delete(given);
    block.pool.listed = block.pool.listed.filter((other) => other !== block);
  };

  const give = (block: Block, address: Address): void => {
    block.given.add(addressKey(address));
    gave.set(addressKey(address), block);
  };

  /** `key`: {@link addressKey} of the address. */
  const take = (block: Block, key: Address): void => {
    block.given.delete(key);
    if (gave.get(key) === block) gave.delete(key);
  };

  const end = async (firsts: readonly Address[]): Promise<void> => {
    for (const first of firsts) leaving.add(addressKey(first));
    await lanes.packet(endBlocksStatement(family, owner, firsts)).finally(() => {
      for (const first of firsts) leaving.delete(addressKey(first));
    });
  };

  const reserve = async (pool: BlockPool): Promise<void> => {
    const most = Math.min(mostBlocks, Math.floor(pool.space.size / shareOfPool));
    // Blocks of which everything was offered withhold nothing that is not withheld anyway.
    const count = Math.min(most - pool.listed.length, Math.ceil((pool.wanted - freeOf(pool)) / blockSize));
    const places: BlockPlace[] = [];
    for (let i = 0; i < pool.space.size && places.length < count; i++) {
      const place = pool.space.at(pool.cursor);
      pool.cursor = (pool.cursor + 1) % pool.space.size;
      const key = addressKey(place.first);
      if (!blocks.has(key) && !leaving.has(key)) places.push(place);
    }
    if (places.length === 0) {
      pool.retryAt = clock() + retryAfter / 10;
      return;
    }
    const lasts = deps.longestOffer() + useFor;
    const ends = clock() + lasts;
    const by = { server: deps.server(), owner };
    const reserved = await reserveBlocks(table, by, places, lasts, lanes);
    const crowded: Address[] = [];
    let found = 0;
    for (const { place, free: unused } of reserved) {
      const free = unused.filter((address) => !memory.isHeldByOther(address, ''));
      if (free.length < fewAddresses) {
        crowded.push(place.first);
        continue;
      }
      const block: Block = {
        ...place,
        pool,
        free,
        given: new Set(),
        ends,
        usedAt: clock(),
        pending: 0,
        isListed: true,
        isClosed: false,
      };
      blocks.set(addressKey(block.first), block);
      pool.listed.push(block);
      found++;
    }
    if (found === 0) {
      // Elsewhere there may be more; but a pool that is full everywhere is not to be searched all the time.
      pool.cursor = Math.floor(deps.random() * pool.space.size);
      pool.retryAt = clock() + retryAfter;
    }
    if (crowded.length > 0) await end(crowded);
  };

  const mayReserve = (pool: BlockPool): void => {
    if (pool.isReserving || pool.wanted === 0 || clock() < pool.retryAt || !deps.isShared(pool.subnetId))
      return;
    if (freeOf(pool) * 2 > pool.wanted) return;
    pool.isReserving = true;
    reserve(pool)
      .catch((error: unknown) => {
        // Each offer is written down instead, which needs no block.
        pool.retryAt = clock() + retryAfter;
        if (clock() - offAt > forgetAfter)
          deps.logger.warn('FLOTILLA_OFFER_BLOCKS', 'no blocks of addresses can be reserved', {
            error: messageOf(error),
          });
        offAt = clock();
      })
      .finally(() => (pool.isReserving = false));
  };

  /**
   * What they still hold is written down first. Where somebody else's row is in the way, written by one that then found
   * the block, the block stays until the row has ended.
   */
  const giveBack = async (given: readonly Block[]): Promise<void> => {
    for (const block of given) block.isClosed = true;
    const idle = given.filter(({ pending }) => pending === 0);
    if (idle.length === 0) return;
    const leaves = new Set(idle);
    const rows: (OfferRow & { readonly block: Block })[] = [];
    const offering = idle.filter(({ given: offered }) => offered.size > 0);
    for (const subnetId of new Set(offering.map(({ pool }) => pool.subnetId))) {
      for (const { address, owner: of, left } of memory.of(subnetId)) {
        const block = gave.get(addressKey(address));
        if (block && leaves.has(block))
          rows.push({ address, owner: ownerHash(of), milliseconds: left, block });
      }
    }
    for (let i = 0; i < rows.length; i += dumpChunk) {
      const some = rows.slice(i, i + dumpChunk);
      const addresses = some.map(({ address }) => address);
      const statements = [holdStatement(family, deps.server(), some), offersSelect(family, addresses)];
      const results = await lanes.packet(statements.join(';\n'));
      const written = readOffers(family, results[1] as readonly (readonly unknown[])[]);
      for (const { address, owner: of, block } of some)
        if (written.get(addressKey(address)) !== of) leaves.delete(block);
    }
    if (leaves.size === 0) return;
    await end(Array.from(leaves, ({ first }) => first));
    for (const block of leaves) drop(block);
  };

  return {
    owner,
    take(subnetId, ranges) {
      const pool = poolOf(subnetId, ranges);
      if (pool.takes++ === 0) pool.countedSince = clock();
      pool.usedAt = clock();
      lookAhead(pool);
      mayReserve(pool);
      for (let block; (block = pool.listed[0]);) {
        const address =
          deps.isShared(subnetId) && isUsable(block, deps.longestOffer() + askAgain)
            ? block.free.shift()
            : undefined;
        if (address !== undefined) {
          give(block, address);
          block.usedAt = clock();
          return address;
        }
        block.isListed = false;
        pool.listed.shift();
      }
      return null;
    },
    enter(address, shift, milliseconds) {
      const block = blocks.get(addressKey(blockOf(address, shift)));
      if (block?.shift !== shift || !isUsable(block, milliseconds)) return null;
      const key = addressKey(address);
      if (!block.given.has(key)) {
        const place = block.free.indexOf(address);
        if (place < 0) return null;
        block.free.splice(place, 1);
        give(block, address);
      }
      block.pending++;
      block.usedAt = clock();
      return {
        end(result) {
          block.pending--;
          if (result === 'lost') take(block, key);
          if (result === 'blockLost') drop(block);
        },
      };
    },
    gave: (address) => gave.has(addressKey(address)),
    takeBack(address) {
      const key = addressKey(address);
      const block = gave.get(key);
      if (!block || block.isClosed) return false;
      take(block, key);
      block.free.push(address);
      if (!block.isListed && !block.isClosed) {
        block.isListed = true;
        block.pool.listed.push(block);
      }
      return true;
    },
    claimed(address) {
      const key = addressKey(address);
      const block = gave.get(key);
      if (block) take(block, key);
    },
    async tick() {
      const at = clock();
      const unused = new Set<Block>();
      for (const block of blocks.values()) {
        if (at >= block.ends) drop(block);
        else if (isSpent(block) || block.isClosed || !deps.isShared(block.pool.subnetId)) unused.add(block);
      }
      for (const [key, pool] of pools) {
        const elapsed = at - pool.countedSince;
        if (elapsed < measure) continue;
        pool.wanted = wantedAt(pool, elapsed);
        pool.takes = 0;
        pool.countedSince = at;
        if (pool.wanted === 0)
          for (const block of blocks.values()) if (block.pool === pool && !block.isClosed) unused.add(block);
        if (at - pool.usedAt > forgetAfter) pools.delete(key);
      }
      if (unused.size > 0) await giveBack([...unused]);
    },
    async close() {
      await giveBack([...blocks.values()]);
    },
  };
}
