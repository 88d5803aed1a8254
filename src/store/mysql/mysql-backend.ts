// Leases in MySQL or MariaDB: each batch of lookups or writes is one packet to the database and one back.
import { addressKey } from '../../addr/address-key.ts';
import type { DatabaseAddress } from '../../db/address.ts';
import { FlotillaError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { distinctRuns } from '../distinct-writes.ts';
import { judgeWrite, reclaimDeletes, reclaimedRow } from '../judge.ts';
import { infiniteLifetime, leaseState, type Lease } from '../lease.ts';
import type { LeaseBackend, LeaseWrite, WriteOutcome } from '../lease-store.ts';
import { ownerName } from '../lease-owner.ts';
import { findFree } from './find-free.ts';
import { claimPacket, isForeseen, isRenewal, isRenewed, type Claim } from './claim-sql.ts';
import { openLanes, type LaneOptions, type PacketResult } from './lanes.ts';
import { findWithOffers } from './find-offers.ts';
import { hex } from './lease-columns.ts';
import { createOfferLedger } from './offer-ledger.ts';
import type { LeaseSql } from './lease-sql.ts';
import { lastTimestamp, writePacket, type WritePacket } from './write-sql.ts';

export interface MysqlBackendOptions<L extends Lease> extends LaneOptions {
  readonly table: LeaseSql<L>;
  readonly address: DatabaseAddress;
  /**
   * Count statistics once per batch, with the triggers switched off meanwhile. Only right where our triggers are
   * installed, which obey the switch; a schema that only Kea made must count by its triggers.
   */
  readonly ownStatistics: boolean;
  /** This server's name among those that share the pools: unique, and the same after a restart. Default: random. */
  readonly server?: string;
  /** Milliseconds; see offer-ledger.ts. */
  readonly soleAfter?: number;
  /** Fresh addresses a second from which blocks of them are reserved; see offer-blocks.ts. */
  readonly blocksFromRate?: number;
}

export interface MysqlBackendDeps {
  readonly logger: Logger;
  readonly random: () => number;
  /** Milliseconds, never backwards: for offers in memory. Default: the machine's. */
  readonly clock?: () => number;
}

export interface MysqlBackend<L extends Lease> extends LeaseBackend<L> {
  readonly state: 'up' | 'down';
  /** Round trips so far. */
  readonly packets: number;
  onState(listener: (state: 'up' | 'down') => void): void;
  /** Values that did not fit their column and were cut, and expiries that were clamped to the end of TIMESTAMP. */
  readonly misfits: { readonly cut: number; readonly clamped: number };
}

export const defaultLanes: LaneOptions = { connections: 3, queryTimeout: 10_000 };

/** Longer than any offer lasts. */
const defaultSoleAfter = 12_000;

/** Rows per reclamation or flush statement: short transactions, so that nobody waits for them. */
const chunk = 500;

/** Connects lazily: the first packet finds out whether the database is there. */
export function openMysqlBackend<L extends Lease>(
  options: MysqlBackendOptions<L>,
  deps: MysqlBackendDeps,
): MysqlBackend<L> {
  const { table, ownStatistics } = options;
  const lanes = openLanes(options.address, options, deps);
  const ledger = createOfferLedger(
    {
      table,
      server: options.server ?? `unnamed-${Math.floor(deps.random() * 2 ** 48).toString(16)}`,
      soleAfter: options.soleAfter ?? defaultSoleAfter,
      ...(options.blocksFromRate !== undefined && { blocksFromRate: options.blocksFromRate }),
    },
    {
      lanes,
      logger: deps.logger,
      random: deps.random,
      clock: deps.clock ?? (() => performance.now()),
    },
  );
  const misfits = { cut: 0, clamped: 0 };

  const fitLease = (lease: L): L => {
    const { lease: fitted, cut } = table.fit(lease);
    if (cut) misfits.cut++;
    return fitted;
  };
  const fit = (write: LeaseWrite<L>): LeaseWrite<L> => {
    if (write.verb === 'put') return { ...write, lease: fitLease(write.lease) };
    if (write.verb === 'replace') return write.by ? { ...write, by: fitLease(write.by) } : write;
    if (!write.client) return write;
    const client = table.fitClient(write.client);
    return write.verb === 'claim' ? { ...write, client, lease: fitLease(write.lease) } : { ...write, client };
  };

  const done = (write: LeaseWrite<L>, row: L | null, other: L | null, now: number): WriteOutcome<L> => {
    const outcome = judgeWrite(write, row, other, now);
    if (outcome.result === 'done' && outcome.after && isClamped(outcome.after)) misfits.clamped++;
    // The row itself keeps others off from now on.
    if (outcome.result === 'done' && write.verb === 'claim')
      ledger.claimed(write.lease.address, ownerName(write.client));
    return outcome;
  };

  /** `writes`: no address and no client twice. */
  const writeRun = async (given: readonly LeaseWrite<L>[]): Promise<WriteOutcome<L>[]> => {
    const writes = given.map(fit);
    const foreseen: Claim<L>[] = [];
    const others: LeaseWrite<L>[] = [];
    for (const write of writes) {
      if (isForeseen(write)) foreseen.push(write);
      else if (!isStrict(write)) others.push(write);
    }
    const outcomes = new Map<LeaseWrite<L>, WriteOutcome<L>>();
    // Packets of their own: a guess is tried otherwise only where nothing of its packet was done.
    await allDone(writeForeseen(foreseen, outcomes), writeJudged(others, outcomes));
    // An `onlyAsSeen` claim that did not go the short way went no way.
    return writes.map((write) => outcomes.get(write) ?? { result: 'absent' });
  };

  const writeForeseen = async (
    claims: readonly Claim<L>[],
    outcomes: Map<LeaseWrite<L>, WriteOutcome<L>>,
  ): Promise<void> => {
    if (claims.length === 0) return;
    const packet = claimPacket(table, claims, ownStatistics, lanes.returning);
    const answer = await lanes.guess(packet.sql);
    if (!answer) {
      await writeJudged(
        claims.filter((claim) => !isStrict(claim)),
        outcomes,
      );
      return;
    }
    const results = packet.results === 1 ? [answer] : answer;
    const now = Number((results[packet.clockAt] as readonly (readonly unknown[])[])[0]![0]);
    const matched = packet.updatesAt.map((at) => (results[at] as { affectedRows: number }).affectedRows);
    const isMissing = matched.reduce((sum, rows) => sum + rows, 0) !== packet.updates;
    /** Some of these were carried out. */
    const tried = isMissing ? claims.filter((claim) => isRenewal(table, claim)) : [];
    for (const claim of claims) {
      if (!tried.includes(claim)) outcomes.set(claim, done(claim, claim.seen!, null, now));
    }
    const again = tried.filter((claim) => !isStrict(claim));
    await findRenewed(tried.filter(isStrict), now, outcomes);
    await writeJudged(again, outcomes);
    for (const claim of again) {
      const outcome = outcomes.get(claim)!;
      if (outcome.result === 'done' && isRenewed(table, claim, outcome.before, now))
        outcomes.set(claim, { ...outcome, before: claim.seen! });
    }
  };

  /** Of claims of which some were carried out at this second, those whose row says so. */
  const findRenewed = async (
    claims: readonly Claim<L>[],
    triedAt: number,
    outcomes: Map<LeaseWrite<L>, WriteOutcome<L>>,
  ): Promise<void> => {
    if (claims.length === 0) return;
    const addresses = claims.map(({ lease }) => table.addressLiteral(lease.address));
    const found = await rowsOf(
      `SELECT ${table.selectList} FROM ${table.table} AS l FORCE INDEX (PRIMARY) WHERE l.address IN (${addresses.join(',')})`,
    );
    const rows = new Map(
      found.map((row) => {
        const lease = table.decode(row);
        return [addressKey(lease.address), lease];
      }),
    );
    for (const claim of claims) {
      const row = rows.get(addressKey(claim.lease.address)) ?? null;
      if (isRenewed(table, claim, row, triedAt)) outcomes.set(claim, done(claim, claim.seen!, null, triedAt));
    }
  };

  const writeJudged = async (
    writes: readonly LeaseWrite<L>[],
    outcomes: Map<LeaseWrite<L>, WriteOutcome<L>>,
  ): Promise<void> => {
    if (writes.length === 0) return;
    const sorted = [...writes].sort((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1));
    const packet = writePacket(table, sorted, ownStatistics);
    readJudged(packet, writes, await lanes.packet(packet.sql), outcomes);
  };

  const readJudged = (
    packet: WritePacket,
    writes: readonly LeaseWrite<L>[],
    answer: PacketResult,
    outcomes: Map<LeaseWrite<L>, WriteOutcome<L>>,
  ): void => {
    const results = answer as readonly (readonly (readonly unknown[])[])[];
    const now = Number(results[packet.clockAt]![0]![0]);
    const before = new Map<L['address'], L>();
    for (const row of results[packet.imagesAt]!) {
      const lease = table.decode(row);
      before.set(addressKey(lease.address), lease);
    }
    const row = (address: L['address'] | undefined): L | null =>
      address === undefined ? null : (before.get(addressKey(address)) ?? null);
    let overwritten = 0;
    for (const write of writes) {
      const also = write.verb === 'claim' ? write.alsoRemove : undefined;
      const outcome = done(write, row(addressOf(write)), row(also), now);
      if ('lease' in write && outcome.result === 'done' && outcome.before) overwritten++;
      outcomes.set(write, outcome);
    }
    if (packet.claimsAt === null) return;
    const { affectedRows } = results[packet.claimsAt] as unknown as { affectedRows: number };
    // Two spellings of one rule: should they ever differ, nobody may be told that a lease is theirs.
    if (affectedRows !== overwritten) {
      const message = `the database let ${affectedRows} claims of a batch overwrite a row, expected ${overwritten}`;
      throw new FlotillaError('DATABASE_QUERY', message);
    }
  };

  const writeAll = async (writes: readonly LeaseWrite<L>[]): Promise<WriteOutcome<L>[]> => {
    const outcomes = new Array<WriteOutcome<L>>(writes.length);
    for (const run of distinctRuns(writes)) {
      const results = await writeRun(run.map((index) => writes[index]!));
      for (const [i, index] of run.entries()) outcomes[index] = results[i]!;
    }
    return outcomes;
  };

  const rowsOf = async (select: string): Promise<readonly (readonly unknown[])[]> =>
    (await lanes.packet(select)) as readonly (readonly unknown[])[];

  return {
    backend: 'mysql',
    get state() {
      return lanes.state;
    },
    get packets() {
      return lanes.packets;
    },
    misfits,
    onState: (listener) => lanes.onState(listener),
    async findAll(given) {
      if (given.length === 0) return [];
      const queries = given.map((query) =>
        query.client ? { ...query, client: table.fitClient(query.client) } : query,
      );
      return await findWithOffers(table, queries, { lanes, ledger });
    },
    writeAll,
    async reclaim({ limit, remove }) {
      const reclaimed: L[] = [];
      const wanted = limit === 0 ? Infinity : limit;
      while (reclaimed.length < wanted) {
        const count = Math.min(chunk, wanted - reclaimed.length);
        const leases = (await rowsOf(expiredSelect(count))).map((row) => table.decode(row));
        // Read without locks, then replaced only where unchanged: of several servers one gets each lease.
        const outcomes = await writeAll(
          leases.map((lease) => ({
            verb: 'replace',
            address: lease.address,
            expected: lease,
            by: remove || reclaimDeletes(lease) ? null : reclaimedRow(lease),
          })),
        );
        const done = leases.filter((_, i) => outcomes[i]!.result === 'done');
        reclaimed.push(...done);
        if (leases.length < count || done.length === 0) break;
      }
      return reclaimed;
    },
    expired: async (limit) => (await rowsOf(expiredSelect(limit))).map((row) => table.decode(row)),
    async flushReclaimed(holdSeconds) {
      let flushed = 0;
      for (;;) {
        // State 2 is in no statistics, so the triggers have nothing to count here.
        const result = (await lanes.packet(
          `DELETE FROM ${table.table} WHERE state = 2 AND expire < FROM_UNIXTIME(GREATEST(UNIX_TIMESTAMP() - ${Math.floor(holdSeconds)}, 1)) ORDER BY address LIMIT ${chunk}`,
        )) as unknown as { affectedRows: number };
        flushed += result.affectedRows;
        if (result.affectedRows < chunk) return flushed;
      }
    },
    async ofClients(identifiers) {
      const { column, index } = table.identifier;
      const wanted = new Set(
        identifiers.filter(({ length }) => length > 0).map((bytes) => `X'${hex(bytes)}'`),
      );
      if (wanted.size === 0) return [];
      const rows = await rowsOf(
        `SELECT ${table.selectList} FROM ${table.table} AS l FORCE INDEX (${index}) ` +
          `WHERE l.${column} IN (${[...wanted].join(',')}) AND COALESCE(l.state, 0) <> ${leaseState.declined}`,
      );
      return rows.map((row) => table.decode(row));
    },
    async page(after, limit, subnetIds) {
      // Several subnets are read along the addresses: their rows are not in one order.
      const index = subnetIds?.length === 1 ? table.subnetIndex : 'PRIMARY';
      const where = [
        ...(after === null ? [] : [`l.address > ${table.addressLiteral(after)}`]),
        ...(subnetIds
          ? [`l.subnet_id IN (${subnetIds.length > 0 ? subnetIds.map(Number).join(',') : 'NULL'})`]
          : []),
      ];
      const rows = await rowsOf(
        `SELECT ${table.selectList} FROM ${table.table} AS l FORCE INDEX (${index}) ` +
          `${where.length > 0 ? `WHERE ${where.join(' AND ')} ` : ''}ORDER BY l.address LIMIT ${Math.floor(limit)}`,
      );
      return { leases: rows.map((row) => table.decode(row)) };
    },
    findFree: (ranges, start, limit, client) =>
      findFree(
        table,
        { ranges, start, limit, client: client ? table.fitClient(client) : null },
        { lanes, ledger },
      ),
    async counts() {
      const { countedStates, statKeys } = table;
      const select = (pool: string, from: string): string =>
        `SELECT ${['subnet_id', pool, 'state', ...statKeys].join(', ')}, leases FROM ${table.table}${from} WHERE leases > 0`;
      const selects = [select('pool_id', '_pool_stat')];
      // A registered address is from no pool.
      const poolless = countedStates.subnet.filter((state) => !countedStates.pool.includes(state));
      if (poolless.length > 0) selects.push(`${select('0', '_stat')} AND state IN (${poolless.join(', ')})`);
      const rows = await rowsOf(selects.join(' UNION ALL '));
      return rows.map((row) => ({
        subnetId: Number(row[0]),
        poolId: Number(row[1]),
        state: Number(row[2]),
        leaseType: table.statKeys.length > 0 ? Number(row[3]) : 0,
        leases: Number(row.at(-1)),
      }));
    },
    isAlone: (subnetId) => ledger.isAlone(subnetId),
    takeReserved: (subnetId, ranges) => ledger.blocks.take(subnetId, ranges),
    withdraw: (address, client) => ledger.withdraw(address, ownerName(table.fitClient(client))),
    async close() {
      await ledger.close();
      await lanes.close();
    },
  };

  /** Oldest first along the index on expire; infinite leases have an old expire and never expire. */
  function expiredSelect(limit: number): string {
    return (
      `SELECT ${table.selectList} FROM ${table.table} AS l FORCE INDEX (${table.table}_by_expire_state) ` +
      `WHERE l.expire < NOW() AND l.state <> 2 AND l.valid_lifetime <> ${infiniteLifetime} ` +
      `ORDER BY l.expire LIMIT ${limit}`
    );
  }
}

function addressOf<L extends Lease>(write: LeaseWrite<L>): L['address'] {
  return 'lease' in write ? write.lease.address : write.address;
}

/** Like Promise.all, but never before all have ended: what is under way keeps its addresses. */
async function allDone(...work: readonly Promise<unknown>[]): Promise<void> {
  for (const end of await Promise.allSettled(work)) if (end.status === 'rejected') throw end.reason;
}

const isStrict = (write: LeaseWrite): boolean => write.verb === 'claim' && write.onlyAsSeen === true;

function isClamped(lease: Lease): boolean {
  return lease.validLifetime !== infiniteLifetime && lease.cltt + lease.validLifetime > lastTimestamp;
}
