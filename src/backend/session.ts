// One database session at work: several statements per round trip, a deadline, and one consistent snapshot for reading.
import { format, type Connection, type RowDataPacket } from 'mysql2/promise';
import { FlotillaError } from '../errors.ts';
import type { Row } from './column-values.ts';

/** What our statements bind; a list becomes the inside of `IN (?)`. */
export type SqlValue = string | number | null | readonly (string | number)[];

export interface Statement {
  readonly sql: string;
  readonly values?: readonly SqlValue[];
}

/** Runs SELECTs in one packet to the database and one back; one list of rows per statement. */
export async function selectAll(
  connection: Connection,
  statements: readonly Statement[],
): Promise<readonly (readonly Row[])[]> {
  if (statements.length === 0) return [];
  const sql = statements
    .map(({ sql, values = [] }) => format(sql, values as Parameters<typeof format>[1]))
    .join(';\n');
  // The text protocol: FLOAT columns come with their six digits on both engines, which the binary one pads.
  const [result] = await connection.query<RowDataPacket[] | RowDataPacket[][]>(sql);
  return statements.length === 1 ? [result as RowDataPacket[]] : (result as RowDataPacket[][]);
}

/**
 * Runs `work` in one read-only transaction that sees one moment of the database. The session itself is READ COMMITTED,
 * under which WITH CONSISTENT SNAPSHOT means nothing, so this one transaction is REPEATABLE READ.
 */
export async function inSnapshot<Result>(
  connection: Connection,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  await connection.query(
    'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
  );
  try {
    return await work(connection);
  } finally {
    await connection.query('ROLLBACK').catch(() => connection.destroy());
  }
}

/** Gives up and drops the connection when `work` takes longer: a dead network must not stop polling for good. */
export async function withDeadline<Result>(
  connection: Connection,
  milliseconds: number,
  after: (milliseconds: number, action: () => void) => () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  let cancel = (): void => undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    cancel = after(milliseconds, () => {
      connection.destroy();
      reject(
        new FlotillaError(
          'DATABASE_UNREACHABLE',
          `the database did not answer within ${Math.round(milliseconds / 1000)} s`,
        ),
      );
    });
  });
  try {
    return await Promise.race([work(), deadline]);
  } finally {
    cancel();
  }
}
