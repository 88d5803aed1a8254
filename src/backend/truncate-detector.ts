// TRUNCATE fires no trigger: before each poll the database looks whether a table was emptied behind the log's back.
import type { Connection } from 'mysql2/promise';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';

/** An account without EXECUTE can still follow everything else: that is said once, and not held against the poll. */
export function createTruncateDetector({
  log,
}: {
  readonly log: Logger;
}): (connection: Connection) => Promise<void> {
  let hasWarned = false;
  return async (connection) => {
    try {
      await connection.query('CALL fleet_detect_truncate()');
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (hasWarned) return;
      hasWarned = true;
      log.warn(
        'FLOTILLA_TRUNCATE_UNDETECTED',
        `a TRUNCATE of a configuration table would only be noticed by the hourly comparison: ${messageOf(error)}`,
      );
    }
  };
}

/** Missing privilege, or a database that is read-only. */
function isRefusal(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return (
    code === 'ER_PROCACCESS_DENIED_ERROR' ||
    code === 'ER_DBACCESS_DENIED_ERROR' ||
    code === 'ER_TABLEACCESS_DENIED_ERROR' ||
    code === 'ER_OPTION_PREVENTS_STATEMENT' ||
    code === 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION'
  );
}
