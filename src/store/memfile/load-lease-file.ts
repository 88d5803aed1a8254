// Reading one lease file line by line: the last row of an address wins, bad rows are counted and located.
import { open } from 'node:fs/promises';
import { FlotillaError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Lease } from '../lease.ts';
import { RowError, rowReader } from './csv-row.ts';
import { saysGone, type LeaseRows } from './lease-rows.ts';
import type { LeaseTable } from './lease-table.ts';

export interface LoadOptions<L extends Lease> {
  readonly rows: LeaseRows<L>;
  /** 0 = any number of bad rows. */
  readonly maxRowErrors: number;
}

/** Columns that the first version of the format already had. */
const required = new Set(['address', 'valid_lifetime', 'expire', 'subnet_id']);

/** A file that is absent is empty. Rejects with LEASE_FILE for a wrong header or too many bad rows. */
export async function loadLeaseFile<L extends Lease>(
  path: string,
  table: LeaseTable<L>,
  options: LoadOptions<L>,
  deps: { readonly logger: Logger },
): Promise<void> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!handle) return;
  let columns: ReadonlyMap<string, number> | null = null;
  let errors = 0;
  let line = 0;
  for await (const text of handle.readLines({ encoding: 'utf8' })) {
    line++;
    if (text === '') continue;
    if (!columns) {
      columns = headerOf(text, options.rows, path, line);
      continue;
    }
    try {
      const fields = text.split(',');
      if (fields.length < columns.size) throw new RowError(`has ${fields.length} of ${columns.size} fields`);
      const lease = options.rows.decode(rowReader(columns, fields));
      table.set(lease.address, saysGone(lease) ? null : lease);
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      errors++;
      deps.logger.error('DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR', `bad row skipped: ${error.message}`, {
        file: path,
        line,
      });
      if (options.maxRowErrors > 0 && errors > options.maxRowErrors) {
        await handle.close();
        const message = `more than ${options.maxRowErrors} bad rows (max-row-errors); the last one ${error.message}`;
        throw new FlotillaError('LEASE_FILE', message, { file: path, line });
      }
    }
  }
}

function headerOf<L extends Lease>(
  text: string,
  rows: LeaseRows<L>,
  file: string,
  line: number,
): ReadonlyMap<string, number> {
  const names = text.split(',').map((name) => name.trim());
  const known = new Set(rows.columns);
  const missing = [...required].filter((name) => !names.includes(name));
  const foreign = names.filter((name) => !known.has(name));
  if (missing.length > 0 || foreign.length > 0) {
    const what = missing.length > 0 ? `lacks ${missing.join(', ')}` : `has unknown ${foreign.join(', ')}`;
    throw new FlotillaError('LEASE_FILE', `the header of the lease file ${what}`, { file, line });
  }
  return new Map(names.map((name, index) => [name, index]));
}
