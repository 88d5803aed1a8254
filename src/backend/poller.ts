// The config backend of one edge: fetch at start, poll with jitter for ever, apply, then move the cursor.
import cron, { type ScheduledTask } from 'node-cron';
import type { Connection, Pool } from 'mysql2/promise';
import type { ConfigParts, Rejection } from '../config/parts.ts';
import { describeDatabase } from '../db/address.ts';
import { openPool } from '../db/connect.ts';
import { messageOf } from '../errors.ts';
import { pollDelay, retryDelay } from './back-off.ts';
import type {
  BackendStatus,
  ConfigBackend,
  ConfigBackendDeps,
  ConfigBackendOptions,
  PullResult,
} from './config-backend.ts';
import type { EdgeReport, EdgeState } from './edge-report.ts';
import { fetchAndCompare, fetchConfig, type FetchResult } from './fetch.ts';
import { describeDifference, type Fetched, type Position } from './fetched.ts';
import { createLastGoodFile, type LastGood, type LastGoodFile } from './last-good.ts';
import { createRejectionBook, type RejectionBook } from './rejections.ts';
import { createReservationCheck, type ReservationCheck } from './reservation-check.ts';
import { withDeadline } from './session.ts';
import { createTruncateDetector } from './truncate-detector.ts';

/** Milliseconds one poll may take, everything included. */
const pollDeadline = 120_000;
/** Milliseconds saying goodbye may take. */
const goodbyeDeadline = 2_000;
/** Seconds between reports of an edge that does not poll. */
const heartbeat = 30;

export function createConfigBackend(options: ConfigBackendOptions, deps: ConfigBackendDeps): ConfigBackend {
  return new Poller(options, deps);
}

class Poller implements ConfigBackend {
  readonly #options: ConfigBackendOptions;
  readonly #deps: ConfigBackendDeps;
  readonly #book: RejectionBook;
  readonly #lastGoodFile: LastGoodFile;
  readonly #detectTruncate: (connection: Connection) => Promise<void>;
  readonly #checkReservations: ReservationCheck;
  #pool: Pool | null = null;
  /** The one that is at work now. */
  #connection: Connection | null = null;
  /** What the last successful apply was given. Polls fetch relative to it: a failed apply is fetched again. */
  #fetched: Fetched | null = null;
  /** Where the running configuration stands; before the first fetch, that of the saved one. */
  #position: Position | null = null;
  #configHash: string | null = null;
  #hosts: Position | null = null;
  /** Of the configuration; those of reservations are found apart from it. */
  #rejections: readonly Rejection[] = [];
  #state: EdgeState = 'starting';
  #lastError: string | null = null;
  #failures = 0;
  #drifts = 0;
  #isStopped = false;
  #queue: Promise<unknown> = Promise.resolve();
  #cancelTimer = (): void => undefined;
  #comparison: ScheduledTask | null = null;

  constructor(options: ConfigBackendOptions, deps: ConfigBackendDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#book = createRejectionBook(options, deps);
    this.#lastGoodFile = createLastGoodFile(options);
    this.#detectTruncate = createTruncateDetector(deps);
    this.#checkReservations = deps.reservationScope
      ? createReservationCheck(deps.reservationScope, deps)
      : () => Promise.resolve([]);
  }

  async start(): Promise<'database' | 'last-good' | 'nothing'> {
    const lastGood = await this.#loadLastGood();
    if (lastGood !== null) this.#deps.remember?.(lastGood.parts);
    const { outcome } = await this.#inTurn(() => this.#poll('ON_DEMAND'));
    let source: 'database' | 'last-good' | 'nothing' = 'database';
    if (outcome === 'failed') {
      source =
        lastGood !== null && (await this.#inTurn(() => this.#applyLastGood(lastGood)))
          ? 'last-good'
          : 'nothing';
    }
    this.#schedule();
    this.#scheduleComparison();
    return source;
  }

  async pull(): Promise<PullResult> {
    const result = await this.#inTurn(() => this.#poll('ON_DEMAND'));
    this.#schedule();
    return result;
  }

  async compare(): Promise<boolean> {
    return this.#inTurn(() => this.#compare());
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#comparison?.destroy();
    let cancel = (): void => undefined;
    const patience = new Promise<void>((resolve) => {
      cancel = this.#deps.clock.after(goodbyeDeadline, () => {
        // A poll that hangs must not hold up the end of the process.
        this.#connection?.destroy();
        resolve();
      });
    });
    await Promise.race([this.#inTurn(() => this.#sayGoodbye()), patience]);
    cancel();
  }

  async #sayGoodbye(): Promise<void> {
    this.#state = 'stopped';
    const pool = this.#pool;
    if (pool === null) return;
    try {
      if (this.#failures === 0) {
        await this.#connected(goodbyeDeadline, (connection) => this.#report(connection));
      }
    } catch (error) {
      this.#deps.log.warn(
        'FLOTILLA_EDGE_REPORT_FAIL',
        `could not say that this edge stops: ${messageOf(error)}`,
      );
    }
    this.#pool = null;
    await pool.end();
  }

  status(): BackendStatus {
    return {
      state: this.#state,
      position: this.#position,
      configHash: this.#configHash,
      rejections: this.#book.current,
      lastError: this.#lastError,
      failedPollsInARow: this.#failures,
      driftsRepaired: this.#drifts,
    };
  }

  /** One after the other: polls, pulls and comparisons share a connection and a cursor. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #poll(occasion: 'PERIODIC' | 'ON_DEMAND'): Promise<PullResult> {
    if (this.#isStopped)
      return { outcome: 'failed', position: this.#position, error: 'the edge is stopping' };
    try {
      const outcome = await this.#connected(pollDeadline, async (connection) => {
        await this.#detectTruncate(connection);
        const result = await fetchConfig(connection, this.#options, this.#fetched);
        if (result.how !== 'unchanged') await this.#take(result);
        await this.#succeeded(connection, result);
        return result.how === 'unchanged' ? 'unchanged' : 'applied';
      });
      return { outcome, position: this.#position, error: null };
    } catch (error) {
      this.#failed(occasion, error);
      return { outcome: 'failed', position: this.#position, error: this.#lastError };
    }
  }

  async #compare(): Promise<boolean> {
    if (this.#isStopped || this.#fetched === null) return false;
    const { log } = this.#deps;
    const previous = this.#fetched;
    try {
      return await this.#connected(pollDeadline, async (connection) => {
        const { expected, actual } = await fetchAndCompare(connection, this.#options, previous);
        const differences = describeDifference(expected, actual.fetched.parts);
        const hasMoved = actual.fetched.position.token !== previous.position.token;
        if (hasMoved || actual.fetched.parts !== previous.parts) await this.#take(actual);
        if (differences.length > 0) {
          this.#drifts++;
          log.error(
            'FLOTILLA_CONFIG_DRIFT',
            `the change log missed changes, repaired by a full fetch: ${differences.join(', ')}`,
            { epoch: actual.fetched.position.epoch },
          );
        }
        await this.#succeeded(connection, actual);
        return differences.length > 0;
      });
    } catch (error) {
      this.#failed('PERIODIC', error);
      return false;
    }
  }

  /** Applies what was fetched; only then the cursor moves. */
  async #take({ fetched, how, reason, changes }: FetchResult): Promise<void> {
    const { log, apply } = this.#deps;
    const applied = await apply(fetched.parts, fetched.position);
    const isSame = fetched.parts === this.#fetched?.parts;
    this.#fetched = fetched;
    this.#position = fetched.position;
    this.#configHash = applied.hash;
    this.#rejections = [...applied.rejections, ...fetched.unassigned];
    log.info(
      'FLOTILLA_CONFIG_APPLIED',
      how === 'changes' ? `applied ${changes} changes` : `applied a full fetch: ${reason}`,
      { epoch: fetched.position.epoch, rejections: this.#rejections.length },
    );
    if (!isSame) await this.#saveLastGood(applied.inForce, fetched.position);
  }

  /** Bookkeeping after a good poll; the report of the epoch comes last of all. */
  async #succeeded(connection: Connection, { fetched, hosts }: FetchResult): Promise<void> {
    this.#failures = 0;
    this.#lastError = null;
    this.#state = (this.#deps.isReady?.() ?? true) ? 'serving' : 'starting';
    if (hosts.epoch !== this.#hosts?.epoch || hosts.token !== this.#hosts.token) {
      this.#hosts = hosts;
      this.#deps.onHostsChanged?.(hosts);
    }
    this.#book.note([...this.#rejections, ...(await this.#checkReservations(connection, hosts))]);
    try {
      await this.#book.write(connection, fetched.position.epoch);
      await this.#report(connection);
    } catch (error) {
      // The configuration is in force all the same, and the next poll reports again.
      this.#deps.log.warn(
        'FLOTILLA_EDGE_REPORT_FAIL',
        `cannot report to the fleet tables: ${messageOf(error)}`,
      );
    }
  }

  #failed(occasion: 'PERIODIC' | 'ON_DEMAND', error: unknown): void {
    const { log } = this.#deps;
    const { family, address } = this.#options;
    this.#failures++;
    this.#noteError(error);
    log.error(
      `DHCP${family}_CB_${occasion}_FETCH_UPDATES_FAIL`,
      `cannot follow the configuration in ${describeDatabase(address)}, keeping what is in force: ${this.#lastError}`,
      { failures: this.#failures },
    );
  }

  #noteError(error: unknown): void {
    this.#lastError = messageOf(error);
    if (this.#state === 'serving') this.#state = 'degraded';
  }

  #report(connection: Connection): Promise<void> {
    const report: EdgeReport = {
      state: this.#state,
      applied: this.#position,
      configHash: this.#configHash,
      lastError: this.#lastError,
    };
    return this.#deps.report?.(connection, report) ?? Promise.resolve();
  }

  /** One connection, made when there is none; each new one resolves the name of the host again. */
  async #connected<Result>(
    deadline: number,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    this.#pool ??= openPool(this.#options.address, 1);
    const connection = await this.#pool.getConnection();
    this.#connection = connection;
    try {
      return await withDeadline(connection, deadline, this.#deps.clock.after, () => work(connection));
    } catch (error) {
      // What failed may not be the connection: then the fleet hears why.
      this.#noteError(error);
      await this.#report(connection).catch(() => undefined);
      throw error;
    } finally {
      this.#connection = null;
      connection.release();
    }
  }

  async #loadLastGood(): Promise<LastGood | null> {
    try {
      return await this.#lastGoodFile.load();
    } catch (error) {
      this.#deps.log.error('FLOTILLA_LAST_GOOD_UNUSABLE', messageOf(error));
      return null;
    }
  }

  async #applyLastGood({ parts, position, savedAt }: LastGood): Promise<boolean> {
    const { log, apply } = this.#deps;
    try {
      const applied = await apply(parts, position);
      this.#position = position;
      this.#configHash = applied.hash;
      this.#state = 'degraded';
      log.warn('FLOTILLA_LAST_GOOD_APPLIED', `serving the configuration saved at ${savedAt}`, {
        epoch: position.epoch,
      });
      return true;
    } catch (error) {
      log.error('FLOTILLA_LAST_GOOD_UNUSABLE', messageOf(error));
      return false;
    }
  }

  async #saveLastGood(parts: ConfigParts, position: Position): Promise<void> {
    const savedAt = new Date(this.#deps.clock.now()).toISOString();
    try {
      await this.#lastGoodFile.save({ position, savedAt, parts });
    } catch (error) {
      this.#deps.log.error('FLOTILLA_LAST_GOOD_SAVE_FAIL', messageOf(error));
    }
  }

  #schedule(): void {
    this.#cancelTimer();
    if (this.#isStopped) return;
    const { fetchWaitTime } = this.#options;
    const { clock, random } = this.#deps;
    const isPolling = fetchWaitTime > 0;
    const delay =
      this.#failures > 0
        ? retryDelay(this.#failures, fetchWaitTime, random)
        : pollDelay(isPolling ? fetchWaitTime : heartbeat, random);
    // Without polling an edge still gets its first configuration and shows that it lives.
    const tick: () => Promise<unknown> =
      isPolling || this.#fetched === null ? () => this.#poll('PERIODIC') : () => this.#beat();
    this.#cancelTimer = clock.after(delay, () => {
      void this.#inTurn(tick).then(() => this.#schedule());
    });
  }

  async #beat(): Promise<void> {
    try {
      await this.#connected(pollDeadline, (connection) => this.#report(connection));
      this.#failures = 0;
    } catch (error) {
      this.#failed('PERIODIC', error);
    }
  }

  #scheduleComparison(): void {
    const { comparisonMinute, instance } = this.#options;
    if (comparisonMinute === null || this.#isStopped) return;
    const minute =
      comparisonMinute ?? [...instance].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 60, 7);
    this.#comparison = cron.schedule(`${minute} * * * *`, () => this.compare().then(() => undefined), {
      noOverlap: true,
      name: `compare-${instance}`,
    });
  }
}
