// `flotilla fleet status | changes | rejections`: the fleet tables as tables on a terminal.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Pool } from 'mysql2/promise';
import { parseDatabaseUrl } from '../db/address.ts';
import { openPool } from '../db/connect.ts';
import { FlotillaError } from '../errors.ts';
import { changedColumns, readChanges, type Change, type ChangeScope } from '../fleet/change-log.ts';
import { readFleet, readRejections, type EdgeStatus, type RejectionStatus } from '../fleet/status.ts';
import { formatTable, type TableColumn } from './table.ts';

export interface FleetCommandDeps {
  readonly write: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Throws FlotillaError: USAGE without a database, DATABASE_* when it cannot be read. */
export function fleetCommand(
  deps: FleetCommandDeps = {
    write: (text) => void process.stdout.write(`${text}\n`),
    environment: process.env,
  },
): Command {
  const command = new Command('fleet');
  const verb = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .option('-d, --database <url>', 'mysql://user:password@host:port/name (default: $DATABASE_URL)')
      .option('--json', 'print JSON');

  verb('status', 'every edge: applied epoch, how far behind, state, last contact').action(
    async (options: CommonOptions) => {
      const edges = await withDatabase(deps, options, readFleet);
      deps.write(printed(options, edgeColumns, edges, 'no edge has reported yet'));
    },
  );
  verb('changes', 'who changed what in the configuration, newest first')
    .addOption(new Option('-s, --scope <scope>', 'one scope').choices(['config4', 'config6', 'hosts']))
    .option('-t, --table <name>', 'one table')
    .option('-a, --after <epoch>', 'only epochs above this one', positiveInteger)
    .option('-n, --limit <count>', 'how many', positiveInteger, 20)
    .action(async (options: CommonOptions & ChangeOptions) => {
      const changes = await withDatabase(deps, options, (pool) => readChanges(pool, options));
      deps.write(printed(options, changeColumns, changes, 'no such change'));
    });
  verb('rejections', 'objects that are not in force, and why').action(async (options: CommonOptions) => {
    const rejections = await withDatabase(deps, options, readRejections);
    deps.write(printed(options, rejectionColumns, rejections, 'no rejections: every object is in force'));
  });
  return command;
}

interface CommonOptions {
  readonly database?: string;
  readonly json?: true;
}

interface ChangeOptions {
  readonly scope?: ChangeScope;
  readonly table?: string;
  readonly after?: number;
  readonly limit: number;
}

const edgeColumns: readonly TableColumn<EdgeStatus>[] = [
  { title: 'edge', cell: ({ instance }) => instance },
  { title: 'family', cell: ({ family }) => `v${family}` },
  { title: 'tag', cell: ({ tag }) => tag },
  { title: 'address', cell: ({ address }) => address },
  { title: 'version', cell: ({ version }) => version },
  { title: 'state', cell: ({ state }) => state },
  { title: 'epoch', cell: ({ appliedEpoch }) => numberText(appliedEpoch), align: 'right' },
  { title: 'behind', cell: ({ lag }) => numberText(lag), align: 'right' },
  { title: 'rejected', cell: ({ rejections }) => String(rejections), align: 'right' },
  { title: 'skew ms', cell: ({ clockSkewMs }) => numberText(clockSkewMs), align: 'right' },
  { title: 'last contact', cell: ({ secondsSilent }) => `${secondsSilent} s ago`, align: 'right' },
  { title: 'last error', cell: ({ lastError }) => lastError ?? '' },
];

const changeColumns: readonly TableColumn<Change>[] = [
  { title: 'time (UTC)', cell: ({ changedAt }) => changedAt },
  { title: 'scope', cell: ({ scope }) => scope },
  { title: 'epoch', cell: ({ epoch }) => String(epoch), align: 'right' },
  { title: 'user', cell: ({ user, actor }) => (actor === null ? user : `${user} for ${actor}`) },
  { title: 'operation', cell: ({ operation }) => operation },
  { title: 'table', cell: ({ table }) => table },
  { title: 'key', cell: ({ key }) => key },
  {
    title: 'change',
    cell: (change) =>
      [...changedColumns(change), ...(change.cause === null ? [] : [`(${change.cause})`])].join(', '),
  },
];

const rejectionColumns: readonly TableColumn<RejectionStatus>[] = [
  { title: 'edge', cell: ({ instance }) => instance },
  { title: 'family', cell: ({ family }) => `v${family}` },
  { title: 'object', cell: ({ objectType, objectKey }) => `${objectType} ${objectKey}` },
  { title: 'in force', cell: ({ lastGoodKept }) => (lastGoodKept ? 'last good version' : 'nothing') },
  { title: 'since', cell: ({ firstSeen }) => firstSeen },
  { title: 'reason', cell: ({ reason }) => reason },
];

async function withDatabase<Result>(
  { environment }: FleetCommandDeps,
  options: CommonOptions,
  read: (pool: Pool) => Promise<Result>,
): Promise<Result> {
  const url = options.database ?? environment.DATABASE_URL;
  if (url === undefined || url === '')
    throw new FlotillaError('USAGE', 'name the database with --database or DATABASE_URL');
  const pool = openPool(parseDatabaseUrl(url), 1);
  try {
    return await read(pool);
  } catch (error) {
    throw databaseError(error);
  } finally {
    await pool.end();
  }
}

function databaseError(error: unknown): FlotillaError {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  if (code === 'ER_NO_SUCH_TABLE') {
    return new FlotillaError(
      'DATABASE_SCHEMA',
      `${message}: run flotilla db init first`,
      {},
      { cause: error },
    );
  }
  const isRefused = code?.startsWith('ER_') === true && code !== 'ER_ACCESS_DENIED_ERROR';
  return new FlotillaError(
    isRefused ? 'DATABASE_QUERY' : 'DATABASE_UNREACHABLE',
    message,
    {},
    { cause: error },
  );
}

function positiveInteger(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return Number(text);
}

function numberText(value: number | null): string {
  return value === null ? '-' : String(value);
}

/** A table, or a sentence where there would be none; with --json a list in either case. */
function printed<Row>(
  { json }: CommonOptions,
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  whenEmpty: string,
): string {
  if (json === true) return JSON.stringify(rows, null, 2);
  return rows.length === 0 ? whenEmpty : formatTable(columns, rows);
}
