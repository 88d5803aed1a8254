// Keeps the offers of several servers apart: alone in a subnet a server remembers them, beside others it writes them down.
import type { Address } from '../../addr/family.ts';
import { FlotillaError, messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { createOfferMemory } from '../offer-memory.ts';
import type { Lanes } from './lanes.ts';
import type { AddressSql } from './lease-sql.ts';
import { createOfferBlocks, type OfferBlocks } from './offer-blocks.ts';
import { createOfferPurge } from './offer-purge.ts';
import {
  announceStatement,
  holdStatement,
  leaveStatement,
  othersSelect,
  ownAnnouncements,
  ownerHash,
} from './offer-sql.ts';
import { createWithdrawals, type WithdrawalPacket } from './offer-withdrawals.ts';

export interface OfferLedgerOptions {
  readonly table: AddressSql;
  /** This server's name; unique in the fleet, and the same after a restart. */
  readonly server: string;
  /** Milliseconds that a server must have been alone in a subnet before it stops writing its offers down. */
  readonly soleAfter: number;
  /** See offer-blocks.ts. */
  readonly blocksFromRate?: number;
}

/** How an offer is kept: in this process, in the database, or not before the servers agreed. */
export type OfferPlace = 'memory' | 'table' | 'later';

export interface OfferLedger {
  readonly server: string;
  /** Resolves when every subnet named here is known to the other servers. Null when it already is. */
  join(subnetIds: Iterable<number>): Promise<void> | null;
  /** Synchronous, so that a change of place cannot come in between. `memory`: see {@link hold}. */
  placeOf(subnetId: number, milliseconds: number): OfferPlace;
  /** As far as the other servers told. */
  isAlone(subnetId: number): boolean;
  hold(address: Address, owner: string, milliseconds: number, subnetId: number): boolean;
  isHeldByOther(address: Address, owner: string): boolean;
  isHeldBy(address: Address, owner: string): boolean;
  /** The table said that somebody else was first. */
  forget(address: Address, owner: string): void;
  /** The client has its lease. */
  claimed(address: Address, owner: string): void;
  /** Not offered after all; the table hears of it with one of the next packets. */
  withdraw(address: Address, owner: string): void;
  /** What is to be withdrawn in the packet that goes out now; `done` when it has come back. */
  takeWithdrawals(): WithdrawalPacket | null;
  /** Where fresh addresses need no row each. */
  readonly blocks: OfferBlocks;
  /** Milliseconds, never backwards. */
  now(): number;
  /** Some offer may be in the table. */
  readonly writesDown: boolean;
  close(): Promise<void>;
}

type Row = readonly unknown[];

interface Scope {
  /** `joining`: another server says it is alone. `table`, `memory`: see {@link OfferPlace}. `leaving`: memory is being written down. */
  state: 'joining' | 'table' | 'memory' | 'leaving';
  /** Milliseconds of the ledger's clock. */
  aloneSince: number | null;
  announcedAt: number;
  usedAt: number;
}

const tick = 500;
const announceEvery = 4_000;
/** Offers still valid after the server that made them believes to be alone no longer: their time, and this reserve. */
const reserve = 10_000;
const soleFor = 8_000;
/** Longer than {@link announceEvery}. */
const doubtFor = 10_000;
const unusedAfter = 60_000;
const dumpChunk = 2_000;
const rememberedOffers = 262_144;

/**
 * Why no two servers offer one address. A server first announces itself as not alone and looks at the others, then
 * offers only what it wrote down (`fleet_offer`, the primary key decides) before it read the leases. When it has seen
 * nobody else for a while it announces that it is alone, and looks again: of two servers that do so at once at least one
 * sees the other, and goes back. A server that comes later sees `sole` and offers nothing new; the first one sees the
 * newcomer within a tick, writes its offers down, and only then takes `sole` back. A server that died while alone is
 * waited for until its announcement ends, which is later than the end of its last offer.
 */
export function createOfferLedger(
  options: OfferLedgerOptions,
  deps: {
    readonly lanes: Lanes;
    readonly logger: Logger;
    readonly random: () => number;
    readonly clock: () => number;
  },
): OfferLedger {
  const { table } = options;
  const { family } = table;
  let { server } = options;
  const { lanes } = deps;
  const now = deps.clock;
  const memory = createOfferMemory({ offerHold: reserve, offerLimit: rememberedOffers }, { clock: now });
  const scopes = new Map<number, Scope>();
  const withdrawn = createWithdrawals(family);
  const purge = createOfferPurge(family, { lanes, random: deps.random, clock: now });
  const blocks = createOfferBlocks(
    {
      table,
      ...(options.blocksFromRate !== undefined && { fromRate: options.blocksFromRate }),
    },
    {
      lanes,
      memory,
      logger: deps.logger,
      random: deps.random,
      clock: now,
      server: () => server,
      isShared: (subnetId) =>
        !refused && scopes.get(subnetId)?.state === 'table' && isKnown(scopes.get(subnetId)!),
      longestOffer: () => longestOffer,
    },
  );
  /** Subnet → when this server's announcement there ends, as it wrote it last. */
  const known = new Map<number, string>();
  let doubtedAt = -Infinity;
  let joining: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  let longestOffer = reserve;
  let refused = false;
  let closed = false;

  /** Else, not heard of for too long, others may believe that this server is gone. */
  const isKnown = (scope: Scope): boolean => now() - scope.announcedAt < soleFor;

  const announcement = (subnetIds: readonly number[], sole: boolean): string =>
    announceStatement(
      family,
      server,
      subnetIds.map((subnetId) => ({ subnetId, sole })),
      longestOffer + reserve,
    );

  /** Announces where `sole` says so, and tells who else is there: subnet → another one says it is alone. */
  const look = async (
    subnetIds: readonly number[],
    announce: readonly (readonly [readonly number[], boolean])[],
  ): Promise<Map<number, boolean>> => {
    const statements = announce
      .filter(([ids]) => ids.length > 0)
      .map(([ids, sole]) => announcement(ids, sole));
    const own = ownAnnouncements(family, server, subnetIds);
    // Without an announcement what was before is what is after.
    const change = statements.length > 0 ? [...statements, own] : [];
    const results = await lanes.packet([own, ...change, othersSelect(family, server, subnetIds)].join(';\n'));
    const [before, after, rows] = [results[0], results.at(-2), results.at(-1)] as readonly Row[][];
    const isForeign = before!.some(([id, ends]) => known.has(Number(id)) && known.get(Number(id)) !== ends);
    for (const [subnetId, ends] of after!) known.set(Number(subnetId), ends as string);
    if (isForeign) doubtName();
    return new Map(rows!.map(([subnetId, sole]) => [Number(subnetId), Number(sole) > 0]));
  };

  /**
   * Somebody else wrote this server's announcement: a packet that went twice over a lost connection, or another process
   * of the same name, and then each takes the other for itself. At the second time this one gives itself another name.
   */
  const doubtName = (): void => {
    for (const scope of scopes.values()) {
      scope.aloneSince = null;
      scope.announcedAt = -Infinity;
      if (scope.state === 'memory') scope.state = 'leaving';
    }
    const isAgain = now() - doubtedAt < doubtFor;
    doubtedAt = now();
    if (!isAgain) return;
    const taken = server;
    server = `${options.server}#${Math.floor(deps.random() * 2 ** 32).toString(16)}`;
    known.clear();
    deps.logger.error(
      'FLOTILLA_SERVER_NAME_TAKEN',
      `another server that shares these pools is named ${taken} too: give each a name of its own (--instance)`,
      { taken, meanwhile: server },
    );
  };

  const announce = async (subnetIds: readonly number[], sole: boolean): Promise<void> => {
    const own = ownAnnouncements(family, server, subnetIds);
    const results = await lanes.packet(`${announcement(subnetIds, sole)};\n${own}`);
    for (const [subnetId, ends] of results[1] as readonly Row[]) known.set(Number(subnetId), ends as string);
  };

  const enter = async (subnetIds: readonly number[]): Promise<void> => {
    const at = now();
    const others = await look(subnetIds, [[subnetIds, false]]);
    for (const id of subnetIds) {
      scopes.set(id, {
        state: others.get(id) === true ? 'joining' : 'table',
        aloneSince: others.has(id) ? null : at,
        announcedAt: at,
        usedAt: at,
      });
    }
    schedule();
  };

  const writeDown = async (subnetId: number): Promise<void> => {
    const offers = memory.of(subnetId);
    for (let i = 0; i < offers.length; i += dumpChunk) {
      const rows = offers.slice(i, i + dumpChunk).map(({ address, owner, left }) => ({
        address,
        owner: ownerHash(owner),
        milliseconds: left,
      }));
      await lanes.packet(holdStatement(family, server, rows));
    }
    await announce([subnetId], false);
  };

  const round = async (): Promise<void> => {
    const withdrawals = withdrawn.take(server);
    if (withdrawals) await lanes.packet(withdrawals.sql).finally(() => withdrawals.done());
    await dropUnused();
    const started = now();
    const isDue = ({ announcedAt }: Scope): boolean => started - announcedAt >= announceEvery;
    // Beside others nothing depends on what they say meanwhile: nobody says to be alone who can see this one.
    const isSettled = ({ state, aloneSince }: Scope): boolean => state === 'table' && aloneSince === null;
    const ids = [...scopes].filter(([, scope]) => isDue(scope) || !isSettled(scope)).map(([id]) => id);
    if (ids.length > 0) {
      const due = ids.filter((id) => isDue(scopes.get(id)!));
      const sole = due.filter((id) => scopes.get(id)!.state === 'memory');
      const others = await look(ids, [
        [sole, true],
        [due.filter((id) => !sole.includes(id)), false],
      ]);
      for (const id of due) scopes.get(id)!.announcedAt = started;
      const ready: number[] = [];
      for (const id of ids) {
        const scope = scopes.get(id)!;
        const isAlone = !others.has(id);
        scope.aloneSince = isAlone ? (scope.aloneSince ?? started) : null;
        if (scope.state === 'joining' && others.get(id) !== true) scope.state = 'table';
        // It was away for so long that another one believed to be alone: that one's offers are in its memory.
        else if (scope.state === 'table' && others.get(id) === true) scope.state = 'joining';
        if (scope.state === 'memory' && !isAlone) scope.state = 'leaving';
        if (scope.state === 'leaving') {
          await writeDown(id);
          scope.announcedAt = now();
          scope.state = 'table';
        } else if (scope.state === 'table' && isAlone && started - scope.aloneSince! >= options.soleAfter) {
          ready.push(id);
        }
      }
      if (ready.length > 0) await goAlone(ready);
    }
    await blocks.tick();
    purge.tick();
  };

  const goAlone = async (ids: readonly number[]): Promise<void> => {
    const at = now();
    const others = await look(ids, [[ids, true]]);
    const back = ids.filter((id) => others.has(id));
    for (const id of ids) {
      const scope = scopes.get(id)!;
      scope.announcedAt = at;
      if (others.has(id)) scope.aloneSince = null;
      else scope.state = 'memory';
    }
    if (back.length > 0) await announce(back, false);
  };

  const dropUnused = async (): Promise<void> => {
    const unused = [...scopes].filter(([, scope]) => now() - scope.usedAt > unusedAfter).map(([id]) => id);
    if (unused.length === 0) return;
    for (const id of unused) {
      scopes.delete(id);
      known.delete(id);
    }
    await lanes.packet(leaveStatement(family, server, unused));
  };

  const writesDown = (): boolean => {
    if (refused) return false;
    for (const { state } of scopes.values()) if (state !== 'memory') return true;
    return false;
  };

  const schedule = (): void => {
    if (timer || closed) return;
    timer = setTimeout(() => {
      running = round()
        .catch((error: unknown) => {
          deps.logger.debug('FLOTILLA_OFFERS_ROUND', 'offers could not be compared with other servers', {
            error: messageOf(error),
          });
        })
        .finally(() => {
          timer = null;
          if (scopes.size > 0) schedule();
        });
    }, tick);
    timer.unref();
  };

  /** A database without our tables, or an account that may not write them: no other server can be asked. */
  const refuse = (error: unknown): void => {
    if (!(error instanceof FlotillaError) || !/^DATABASE_(SCHEMA|PRIVILEGE)$/.test(error.code)) throw error;
    if (!refused)
      deps.logger.warn(
        'FLOTILLA_OFFERS_NOT_SHARED',
        'offers cannot be written to the table fleet_offer: two servers on one pool may offer the same address',
        { error: messageOf(error) },
      );
    refused = true;
  };

  return {
    get server() {
      return server;
    },
    join(subnetIds) {
      if (refused) return null;
      const unknown = [...new Set(subnetIds)].filter((id) => !scopes.has(id));
      if (unknown.length === 0) return null;
      // One at a time: of two batches that bring the same subnet the second finds it known.
      joining = (joining ?? Promise.resolve()).then(async () => {
        const left = unknown.filter((id) => !scopes.has(id));
        if (left.length > 0 && !refused) await enter(left).catch(refuse);
      });
      const mine = joining;
      joining = joining.catch(() => undefined);
      return mine;
    },
    placeOf(subnetId, milliseconds) {
      longestOffer = Math.max(longestOffer, milliseconds);
      if (refused) return 'memory';
      const scope = scopes.get(subnetId);
      if (!scope) return 'later';
      scope.usedAt = now();
      if (scope.state === 'joining' || !isKnown(scope)) return 'later';
      return scope.state === 'memory' ? 'memory' : 'table';
    },
    isAlone(subnetId) {
      const scope = scopes.get(subnetId);
      return scope?.state === 'memory' && isKnown(scope);
    },
    hold(address, owner, milliseconds, subnetId) {
      if (withdrawn.isOnItsWay(address) || !memory.hold(address, owner, milliseconds, subnetId)) return false;
      withdrawn.forget(address, owner);
      return true;
    },
    forget: (address, owner) => memory.release(address, owner),
    claimed(address, owner) {
      memory.release(address, owner);
      blocks.claimed(address);
    },
    withdraw(address, owner) {
      const isOthers = memory.isHeldByOther(address, owner);
      memory.release(address, owner);
      if (isOthers || blocks.takeBack(address)) return;
      if (writesDown()) withdrawn.add(address, owner);
    },
    takeWithdrawals: () => withdrawn.take(server),
    blocks,
    now,
    isHeldBy: (address, owner) => memory.isHeldBy(address, owner),
    isHeldByOther: (address, owner) => memory.isHeldByOther(address, owner),
    get writesDown() {
      return writesDown();
    },
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      await running;
      if (lanes.state === 'down' || refused) return;
      try {
        await blocks.close();
        for (const [id, { state }] of scopes) if (state === 'memory') await writeDown(id);
        if (scopes.size > 0) await lanes.packet(leaveStatement(family, server, [...scopes.keys()]));
      } catch {
        // They end by themselves.
      }
    },
  };
}
