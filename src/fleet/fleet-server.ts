// An edge reports itself: one row of `fleet_server`, rewritten after every poll.
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Family } from '../addr/family.ts';
import type { EdgeReport, ReportEdge } from '../backend/edge-report.ts';

/** Who the edge is; none of it changes while it runs. */
export interface EdgeIdentity {
  /** Unique among all edges. */
  readonly instance: string;
  readonly family: Family;
  readonly tag: string;
  readonly version: string;
  /** Where to find it: a host name or an address. */
  readonly address: string;
}

/** Lengths of the columns: a name that is too long must not keep an edge from reporting. */
const lengths = { instance: 128, tag: 64, version: 32, address: 64, error: 1_000 } as const;

/** Reports of one run: the first one sets `started_at`. Times are the database's. */
export function createEdgeReporter(
  identity: EdgeIdentity,
  { clock }: { readonly clock: { now(): number } },
): ReportEdge {
  let isFirst = true;
  return async (connection, report) => {
    const skew = await clockSkew(connection, clock);
    await upsertServer(connection, identity, report, skew, isFirst);
    isFirst = false;
  };
}

/** Milliseconds that our clock is ahead of the database's; the way there and back counts half. */
async function clockSkew(connection: Connection, clock: { now(): number }): Promise<number> {
  const before = clock.now();
  const [[row]] = (await connection.query<RowDataPacket[]>(
    'SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS now',
  )) as unknown as [[{ readonly now: number }]];
  return Math.round((before + clock.now()) / 2 - Number(row.now));
}

/** One row per edge, found by its primary key: edges never wait for each other. */
async function upsertServer(
  connection: Connection,
  { instance, family, tag, version, address }: EdgeIdentity,
  { state, applied, configHash, lastError }: EdgeReport,
  skew: number,
  isFirst: boolean,
): Promise<void> {
  await connection.query(
    'INSERT INTO fleet_server (instance, family, tag, version, address, state, applied_epoch, applied_token, ' +
      'config_hash, clock_skew_ms, last_error, started_at, last_contact) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NOW(), NOW()) ON DUPLICATE KEY UPDATE tag = VALUES(tag), ' +
      'version = VALUES(version), address = VALUES(address), state = VALUES(state), ' +
      'applied_epoch = VALUES(applied_epoch), applied_token = VALUES(applied_token), ' +
      'config_hash = VALUES(config_hash), clock_skew_ms = VALUES(clock_skew_ms), last_error = VALUES(last_error), ' +
      `${isFirst ? 'started_at = VALUES(started_at), ' : ''}last_contact = VALUES(last_contact)`,
    [
      instance.slice(0, lengths.instance),
      family,
      tag.slice(0, lengths.tag),
      version.slice(0, lengths.version),
      address.slice(0, lengths.address),
      state,
      applied?.epoch ?? null,
      applied?.token ?? null,
      configHash,
      skew,
      lastError?.slice(0, lengths.error) ?? null,
    ],
  );
}
