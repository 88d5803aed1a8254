// Who changed what, read from `fleet_change`: every row of configuration, by commit order.
import { isDeepStrictEqual } from 'node:util';
import type { Connection, Pool, RowDataPacket } from 'mysql2/promise';

export type ChangeScope = 'config4' | 'config6' | 'hosts';

export interface Change {
  readonly scope: ChangeScope;
  readonly epoch: number;
  /** UTC. */
  readonly changedAt: string;
  /** The database account, `name@host`. */
  readonly user: string;
  /** `@fleet_actor` of the session, e.g. the person behind a portal's account. */
  readonly actor: string | null;
  readonly table: string;
  readonly key: string;
  readonly operation: string;
  /** Why a row changed that no statement named, e.g. the cascade of its parent. */
  readonly cause: string | null;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

export interface ChangeFilter {
  readonly scope?: ChangeScope | undefined;
  /** Only epochs above this one. */
  readonly after?: number | undefined;
  readonly table?: string | undefined;
  /** Newest first, this many. */
  readonly limit: number;
}

/** The newest changes that match, newest first. */
export async function readChanges(connection: Connection | Pool, filter: ChangeFilter): Promise<Change[]> {
  const conditions = [
    ...(filter.scope === undefined ? [] : [{ sql: 'scope = ?', value: filter.scope }]),
    ...(filter.after === undefined ? [] : [{ sql: 'epoch > ?', value: filter.after }]),
    ...(filter.table === undefined ? [] : [{ sql: 'table_name = ?', value: filter.table }]),
  ];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')} `;
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT * FROM fleet_change ${where}ORDER BY changed_at DESC, scope, epoch DESC LIMIT ?`,
    [...conditions.map(({ value }) => value), filter.limit],
  );
  return rows.map((row) => ({
    scope: row.scope as ChangeScope,
    epoch: Number(row.epoch),
    changedAt: String(row.changed_at),
    user: String(row.db_user),
    actor: textOrNull(row.actor),
    table: String(row.table_name),
    key: imageText(row.row_key),
    operation: String(row.operation),
    cause: textOrNull(row.cause),
    before: image(row.before_image),
    after: image(row.after_image),
  }));
}

/** `column: before → after` of an update; nothing for inserts and deletes, whose key says it all. */
export function changedColumns({ before, after }: Pick<Change, 'before' | 'after'>): string[] {
  if (before === null || after === null) return [];
  const changed = Object.keys(after).filter((column) => !isDeepStrictEqual(before[column], after[column]));
  // Of dhcp6_subnet the database sets it with every UPDATE; alone it says that something beside the row changed.
  return changed
    .filter((column) => column !== 'modification_ts' || changed.length === 1)
    .map((column) => `${column}: ${imageText(before[column])} → ${imageText(after[column])}`);
}

function imageText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
}

/** JSON text, or parsed already where the column has the JSON type. */
function image(value: unknown): Readonly<Record<string, unknown>> | null {
  let parsed = value;
  if (typeof value === 'string') {
    try {
      parsed = JSON.parse(value);
    } catch {
      return null;
    }
  }
  return typeof parsed === 'object' ? (parsed as Readonly<Record<string, unknown>> | null) : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
