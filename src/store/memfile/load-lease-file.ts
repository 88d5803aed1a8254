// Reading one lease file row by row: the last row of an address wins, bad rows are counted and located.
import { open, type FileHandle } from 'node:fs/promises';
import { FlotillaError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Lease } from '../lease.ts';
import { CsvRow, RowError } from './csv-row.ts';
import { columnIndex, saysGone, type LeaseRows } from './lease-rows.ts';
import type { LeaseTable } from './lease-table.ts';

export interface LoadOptions<L extends Lease> {
  readonly rows: LeaseRows<L>;
  /** 0 = any number of bad rows. */
  readonly maxRowErrors: number;
}

/**
 * A file that is absent is empty. Rejects with LEASE_FILE for a wrong header or too many bad rows. Resolves to true when
 * the file is as a clean-up would write it, but for the order of its rows.
 */
export async function loadLeaseFile<L extends Lease>(
  path: string,
  table: LeaseTable<L>,
  options: LoadOptions<L>,
  deps: { readonly logger: Logger },
): Promise<boolean> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!handle) return false;
  const { rows, maxRowErrors } = options;
  const sizeBefore = table.size;
  let columns: ReadonlyMap<string, number> | null = null;
  let isOfToday = false;
  let errors = 0;
  let line = 0;
  let read = 0;

  const take = (text: string): void => {
    line++;
    if (text === '') return;
    if (!columns) {
      const names = headerOf(text, rows, path, line);
      columns = columnIndex(names);
      isOfToday = names.join(',') === rows.columns.join(',');
      return;
    }
    try {
      const fields = text.split(',');
      const lease = rows.decode(new CsvRow(columns, fields));
      if (saysGone(lease)) table.delete(lease.address);
      else table.set(lease, isOfToday && fields.length === columns.size ? text : rows.encode(lease));
      read++;
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      errors++;
      deps.logger.error('DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR', `bad row skipped: ${error.message}`, {
        file: path,
        line,
      });
      if (maxRowErrors > 0 && errors > maxRowErrors) {
        const message = `more than ${maxRowErrors} bad rows (max-row-errors); the last one ${error.message}`;
        throw new FlotillaError('LEASE_FILE', message, { file: path, line });
      }
    }
  };
  try {
    const isWhole = await forEachLine(handle, take);
    return isWhole && isOfToday && errors === 0 && sizeBefore === 0 && read === table.size;
  } finally {
    await handle.close();
  }
}

const chunkSize = 1 << 20;
const [newLine, carriageReturn] = [0x0a, 0x0d];

/**
 * Each line as a string of its own: parts of a larger one would keep all of that in memory. False when the last line has
 * no end.
 */
async function forEachLine(handle: FileHandle, take: (line: string) => void): Promise<boolean> {
  let buffer = Buffer.allocUnsafe(chunkSize);
  /** Bytes at the start of `buffer` that belong to a line whose end is still to come. */
  let pending = 0;
  const textOf = (start: number, end: number): string =>
    buffer.toString('utf8', start, end > start && buffer[end - 1] === carriageReturn ? end - 1 : end);
  for (;;) {
    if (pending === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    const { bytesRead } = await handle.read(buffer, pending, buffer.length - pending, null);
    const length = pending + bytesRead;
    let start = 0;
    for (let end = buffer.indexOf(newLine, pending); end >= 0 && end < length;) {
      take(textOf(start, end));
      start = end + 1;
      end = buffer.indexOf(newLine, start);
    }
    buffer.copy(buffer, 0, start, length);
    pending = length - start;
    if (bytesRead > 0) continue;
    if (pending > 0) take(textOf(0, pending));
    return pending === 0;
  }
}

function headerOf<L extends Lease>(
  text: string,
  rows: LeaseRows<L>,
  file: string,
  line: number,
): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const known = new Set(rows.columns);
  const missing = rows.required.filter((name) => !names.includes(name));
  const foreign = names.filter((name) => !known.has(name));
  if (missing.length > 0 || foreign.length > 0) {
    const what = missing.length > 0 ? `lacks ${missing.join(', ')}` : `has unknown ${foreign.join(', ')}`;
    throw new FlotillaError('LEASE_FILE', `the header of the lease file ${what}`, { file, line });
  }
  return names;
}
