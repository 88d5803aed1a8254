// The lease file on disk: read with its leftovers, appended and synced batch by batch, cleaned up without a pause.
import { constants } from 'node:fs';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { FlotillaError, messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Lease } from '../lease.ts';
import type { LeaseRows } from './lease-rows.ts';
import type { LeaseTable } from './lease-table.ts';
import { loadLeaseFile } from './load-lease-file.ts';

export interface LeaseFile<L extends Lease> {
  /** Resolves when the rows are on disk; without `sync`, when the system has them. One at a time. Rejects with LEASE_FILE; then the file is as before. */
  append(text: string): Promise<void>;
  cleanUp(): Promise<void>;
  close(): Promise<void>;
  readonly rows: LeaseRows<L>;
}

export interface LeaseFileOptions<L extends Lease> {
  readonly rows: LeaseRows<L>;
  readonly path: string;
  readonly maxRowErrors: number;
  readonly sync: boolean;
}

const chunkRows = 2000;

/** Fills `table` from the file (and what an interrupted clean-up left beside it), then rewrites it unless it is clean. */
export async function openLeaseFile<L extends Lease>(
  table: LeaseTable<L>,
  options: LeaseFileOptions<L>,
  deps: { readonly logger: Logger },
): Promise<LeaseFile<L>> {
  const { path, rows, sync } = options;
  const fail = (doing: string, error: unknown): FlotillaError =>
    error instanceof FlotillaError
      ? error
      : new FlotillaError(
          'LEASE_FILE',
          `cannot ${doing} the lease file: ${messageOf(error)}`,
          { file: path },
          {
            cause: error,
          },
        );
  const header = rows.columns.join(',') + '\n';
  /** Null from the moment a copy takes the file's name until the file is open again: the next append tries too. */
  let handle: FileHandle | null = null;
  let length = 0;
  /** Rows appended while a clean-up copies the table: they follow the copy. */
  let tail: string[] | null = null;
  /** A row was taken back while the table was copied: the copy may hold it. */
  let spoiled = false;
  let cleaning: Promise<void> | null = null;
  let appending: Promise<void> = Promise.resolve();
  let broken: FlotillaError | null = null;

  try {
    const leftovers = await leftoverFiles(path);
    for (const file of leftovers) await loadLeaseFile(file, table, options, deps);
    const isClean = await loadLeaseFile(path, table, options, deps);
    if (!isClean) await writeClean();
    // The complete copy is named .completed first: from then on it stands for .2 and .1, so these can go one by one.
    for (const suffix of ['.1', '.2', '.output']) await rm(path + suffix, { force: true });
    if (!isClean) await takeOver();
    else await openToAppend();
  } catch (error) {
    throw fail('read', error);
  }

  // appendFile, not write: that one may write a part of the text and call it done when the disk is full.
  async function writeClean(): Promise<void> {
    const copy = await open(`${path}.output`, 'w', 0o640);
    try {
      await copy.appendFile(header);
      let text = '';
      let count = 0;
      for (const row of table.texts()) {
        text += row + '\n';
        if (++count % chunkRows === 0) {
          await copy.appendFile(text);
          text = '';
        }
      }
      await copy.appendFile(text);
      await copy.sync();
    } finally {
      await copy.close();
    }
    await rename(`${path}.output`, `${path}.completed`);
    await syncFolder();
  }

  async function takeOver(): Promise<void> {
    // What is written by a handle whose file has lost its name is gone after a restart.
    const old = handle;
    handle = null;
    await old?.close();
    await rename(`${path}.completed`, path);
    await openToAppend();
  }

  async function openToAppend(): Promise<FileHandle> {
    // Never created here: it would lack the header and the leases in memory.
    const opened = await open(path, constants.O_WRONLY | constants.O_APPEND);
    try {
      await syncFolder();
      // What a server that was killed has written and not synced counts from now on.
      if (sync) await opened.sync();
      length = (await opened.stat()).size;
    } catch (error) {
      await opened.close();
      throw error;
    }
    handle = opened;
    return opened;
  }

  async function syncFolder(): Promise<void> {
    const folder = await open(dirname(path), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  const write = async (text: string): Promise<void> => {
    if (broken) throw broken;
    try {
      const file = handle ?? (await openToAppend());
      await writeTo(file, text);
      length += Buffer.byteLength(text);
      tail?.push(text);
    } catch (error) {
      spoiled = true;
      throw fail('write', error);
    }
  };

  const writeTo = async (file: FileHandle, text: string): Promise<void> => {
    try {
      await file.appendFile(text);
      if (sync) await file.datasync();
    } catch (error) {
      // Half a row must not stay: the next one would be glued to it.
      await file.truncate(length).catch((second: unknown) => {
        broken = fail('repair', second);
      });
      throw error;
    }
  };

  const append = (text: string): Promise<void> => {
    const done = appending.then(() => write(text));
    appending = done.catch(() => undefined);
    return done;
  };

  const cleanUp = async (): Promise<void> => {
    tail = [];
    spoiled = false;
    try {
      await writeClean();
      // Between two appends: the copy gets what came meanwhile, and becomes the file.
      const swapped = appending.then(async () => {
        if (spoiled) throw new Error('a write failed meanwhile; the next clean-up tries again');
        const copy = await open(`${path}.completed`, 'a');
        try {
          await copy.appendFile(tail!.join(''));
          await copy.sync();
        } finally {
          await copy.close();
        }
        await takeOver();
      });
      appending = swapped.catch(() => undefined);
      await swapped;
    } catch (error) {
      // Half a copy would keep the room that the file needs.
      for (const suffix of ['.output', '.completed'])
        await rm(path + suffix, { force: true }).catch(() => undefined);
      throw fail('clean up', error);
    } finally {
      tail = null;
    }
  };

  return {
    rows,
    append,
    cleanUp: () =>
      (cleaning ??= cleanUp().finally(() => {
        cleaning = null;
      })),
    async close() {
      await cleaning?.catch(() => undefined);
      await appending;
      await handle?.close();
    },
  };
}

/** Kea's clean-up leaves `.completed` (stands for both others) or `.2` (older) and `.1` (newer); all are older than the file. */
async function leftoverFiles(path: string): Promise<string[]> {
  const names = new Set(await readdir(dirname(path)));
  const present = (suffix: string): boolean => names.has(basename(path) + suffix);
  if (present('.completed')) return [`${path}.completed`];
  return ['.2', '.1'].filter(present).map((suffix) => path + suffix);
}
