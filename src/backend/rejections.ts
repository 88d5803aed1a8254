// The quarantine's bookkeeping: what is not in force is in `fleet_rejection` and in the log, until it is fixed.
import type { Connection } from 'mysql2/promise';
import type { Family } from '../addr/family.ts';
import type { Rejection } from '../config/parts.ts';
import type { LogFields, Logger } from '../log.ts';

/** Lengths of the columns of fleet_rejection. */
const keyLength = 255;
const reasonLength = 4_000;
/** Lines per poll: a thousand bad rows must not become a thousand lines. */
const mostLines = 20;

export interface RejectionBook {
  /** What is not in force now. Logs what is new and what is gone. */
  note(rejections: readonly Rejection[]): void;
  /** Brings the table in line. `first_seen` of what stays is kept; `last_seen` shows that this edge still sees it. */
  write(connection: Connection, epoch: number): Promise<void>;
  readonly current: readonly Rejection[];
}

export function createRejectionBook(
  { instance, family }: { readonly instance: string; readonly family: Family },
  { log }: { readonly log: Logger },
): RejectionBook {
  let current: ReadonlyMap<string, Rejection> = new Map();
  /** At first too: an earlier run may have left rows. */
  let isTableBehind = true;
  return {
    get current() {
      return [...current.values()];
    },
    note(rejections) {
      const next = new Map(rejections.map((rejection) => [keyOf(rejection), rejection]));
      const news = [...next].filter(([key, { reason }]) => current.get(key)?.reason !== reason);
      const gone = [...current].filter(([key]) => !next.has(key));
      current = next;
      if (news.length > 0 || gone.length > 0) isTableBehind = true;
      for (const [, rejection] of news.slice(0, mostLines)) {
        log.warn(
          'FLOTILLA_CONFIG_QUARANTINED',
          `${rejection.objectType} ${rejection.objectKey} is not in force: ${rejection.reason}`,
          {
            objectType: rejection.objectType,
            objectKey: rejection.objectKey,
            lastGoodKept: rejection.lastGoodKept,
            ...placeOf(rejection.origin),
          },
        );
      }
      for (const [, rejection] of gone.slice(0, mostLines)) {
        log.info(
          'FLOTILLA_CONFIG_QUARANTINE_CLEARED',
          `${rejection.objectType} ${rejection.objectKey} is in force again or gone`,
        );
      }
      const untold = Math.max(0, news.length - mostLines) + Math.max(0, gone.length - mostLines);
      if (untold > 0) log.warn('FLOTILLA_CONFIG_QUARANTINED', `${untold} more changes, see fleet_rejection`);
    },
    async write(connection, epoch) {
      if (!isTableBehind) {
        if (current.size > 0) await touchRows(connection, instance, family);
        return;
      }
      const rows = [...current.values()].map((rejection) => [
        instance,
        family,
        rejection.objectType,
        rejection.objectKey.slice(0, keyLength),
        rejection.reason.slice(0, reasonLength),
        epoch,
        rejection.lastGoodKept ? 1 : 0,
      ]);
      // One transaction: readers never see an edge without its rejections.
      await connection.query('START TRANSACTION');
      try {
        if (rows.length > 0) {
          await connection.query(
            'INSERT INTO fleet_rejection (instance, family, object_type, object_key, reason, epoch, last_good_kept, ' +
              'first_seen, last_seen) VALUES ' +
              rows.map(() => '(?, NOW(), NOW())').join(', ') +
              ' ON DUPLICATE KEY UPDATE reason = VALUES(reason), epoch = VALUES(epoch), ' +
              'last_good_kept = VALUES(last_good_kept), last_seen = VALUES(last_seen)',
            rows,
          );
        }
        const stays = rows.map((row) => [row[2]!, row[3]!]);
        await connection.query(
          'DELETE FROM fleet_rejection WHERE instance = ? AND family = ?' +
            (stays.length === 0 ? '' : ' AND (object_type, object_key) NOT IN (?)'),
          stays.length === 0 ? [instance, family] : [instance, family, stays],
        );
        await connection.query('COMMIT');
        isTableBehind = false;
      } catch (error) {
        await connection.query('ROLLBACK').catch(() => connection.destroy());
        throw error;
      }
    },
  };
}

async function touchRows(connection: Connection, instance: string, family: Family): Promise<void> {
  await connection.query('UPDATE fleet_rejection SET last_seen = NOW() WHERE instance = ? AND family = ?', [
    instance,
    family,
  ]);
}

/** Row 0 is of no table: where an object came from is not known. */
function placeOf(origin: Rejection['origin']): LogFields {
  if (origin.kind === 'file') return { file: origin.file, line: origin.line };
  return origin.rowId === 0 ? {} : { row: origin.rowId };
}

function keyOf({ objectType, objectKey }: Rejection): string {
  return `${objectType} ${objectKey.slice(0, keyLength)}`;
}
