// The fleet at a glance, read from SQL: which edge has applied what, how far behind it is, when it was last heard.
import type { Connection, Pool, RowDataPacket } from 'mysql2/promise';
import type { Family } from '../addr/family.ts';

export interface EdgeStatus {
  readonly instance: string;
  readonly family: Family;
  readonly tag: string;
  readonly version: string;
  readonly address: string;
  /** As the edge said it last; see `secondsSilent` for how long ago. */
  readonly state: string;
  readonly appliedEpoch: number | null;
  /** Epochs behind the database. Null: nothing applied yet, or applied from a log that this database does not have. */
  readonly lag: number | null;
  readonly configHash: string | null;
  /** Milliseconds that the edge's clock is ahead of the database's. */
  readonly clockSkewMs: number | null;
  /** UTC, `2026-11-21 02:03:04`. */
  readonly startedAt: string;
  readonly lastContact: string;
  readonly secondsSilent: number;
  readonly rejections: number;
  readonly lastError: string | null;
}

/** Every edge that ever reported, by family, tag and name. */
export async function readFleet(connection: Connection | Pool): Promise<EdgeStatus[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT s.*, e.epoch AS newest_epoch, TIMESTAMPDIFF(SECOND, s.last_contact, NOW()) AS silent, ' +
      '(e.epoch = s.applied_epoch AND e.token = s.applied_token) OR EXISTS (SELECT 1 FROM fleet_change c WHERE ' +
      'c.scope = e.scope AND c.epoch = s.applied_epoch AND c.token = s.applied_token) AS is_in_log, ' +
      '(SELECT COUNT(*) FROM fleet_rejection r WHERE r.instance = s.instance AND r.family = s.family) AS rejections ' +
      "FROM fleet_server s LEFT JOIN fleet_epoch e ON e.scope = CONCAT('config', s.family) " +
      'ORDER BY s.family, s.tag, s.instance',
  );
  return rows.map((row) => ({
    instance: String(row.instance),
    family: Number(row.family) as Family,
    tag: String(row.tag ?? ''),
    version: String(row.version ?? ''),
    address: String(row.address ?? ''),
    state: String(row.state),
    appliedEpoch: numberOrNull(row.applied_epoch),
    lag: Number(row.is_in_log) === 1 ? Number(row.newest_epoch) - Number(row.applied_epoch) : null,
    configHash: textOrNull(row.config_hash),
    clockSkewMs: numberOrNull(row.clock_skew_ms),
    startedAt: String(row.started_at),
    lastContact: String(row.last_contact),
    secondsSilent: Number(row.silent),
    rejections: Number(row.rejections),
    lastError: textOrNull(row.last_error),
  }));
}

export interface RejectionStatus {
  readonly instance: string;
  readonly family: Family;
  readonly objectType: string;
  readonly objectKey: string;
  readonly reason: string;
  readonly epoch: number;
  readonly lastGoodKept: boolean;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** What is not in force, edge by edge. */
export async function readRejections(connection: Connection | Pool): Promise<RejectionStatus[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT * FROM fleet_rejection ORDER BY family, instance, object_type, object_key',
  );
  return rows.map((row) => ({
    instance: String(row.instance),
    family: Number(row.family) as Family,
    objectType: String(row.object_type),
    objectKey: String(row.object_key),
    reason: String(row.reason),
    epoch: Number(row.epoch),
    lastGoodKept: Number(row.last_good_kept) === 1,
    firstSeen: String(row.first_seen),
    lastSeen: String(row.last_seen),
  }));
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
