// `npm run bench`: every row of the table, Flotilla and Kea in one run on one durable database, the same load for both.
// npm run bench -- [--quick] [--only ROW[,ROW]] [--kea-root DIR] [--database-root DIR]
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { formatTable } from '../src/tools/table.ts';
import { namespacesMissing } from '../test/support/netns.ts';
import { flotilla } from './lab/flotilla.ts';
import { kea } from './lab/kea.ts';
import { openLab } from './lab/lab.ts';
import { machineSpeed } from './lab/machine-speed.ts';
import { avalanche } from './rows/avalanche.ts';
import { dora } from './rows/dora.ts';
import { fullPool } from './rows/full-pool.ts';
import { loneClient } from './rows/lone-client.ts';
import { nearFull } from './rows/near-full.ts';
import { overload } from './rows/overload.ts';
import { renewals } from './rows/renewals.ts';
import { restart } from './rows/restart.ts';
import { ratioOf, type BenchLine, type BenchRow } from './rows/row.ts';
import { slowDatabase } from './rows/slow-database.ts';
import { slowHook } from './rows/slow-hook.ts';
import { twoServers } from './rows/two-servers.ts';

const rows: readonly BenchRow[] = [
  dora,
  renewals,
  twoServers,
  fullPool,
  overload,
  slowDatabase,
  slowHook,
  avalanche,
  nearFull,
  loneClient,
  restart,
];
/** Each row once for each of its families. */
const runs = rows.flatMap((row) =>
  row.families.map((family) => ({
    ...row,
    family,
    name: family === 4 ? row.name : `${row.name}${family}`,
    title: `DHCPv${family}: ${row.title}`,
  })),
);
const root = resolve(import.meta.dirname, '..');

interface Flags {
  readonly quick?: boolean;
  readonly only?: string;
  readonly keaRoot?: string;
  readonly databaseRoot?: string;
}

interface Measured extends BenchLine {
  readonly row: string;
  readonly ratio: number | null;
}

const flags = new Command('bench')
  .option('--quick', 'short runs: for a first look')
  .option('--only <rows>', `some rows: ${runs.map(({ name }) => name).join(', ')}`)
  .option('--kea-root <directory>', 'use the Kea inside this chroot')
  .option('--database-root <directory>', 'use the mysqld inside this chroot')
  .parse()
  .opts<Flags>();
const missing = namespacesMissing();
const only = flags.only?.split(',');
const unknown = only?.find((name) => !runs.some((run) => run.name === name));
if (missing) {
  console.error(`the bench cannot run: ${missing}`);
  process.exitCode = 1;
} else if (unknown !== undefined) {
  console.error(`there is no row '${unknown}': ${runs.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
} else await bench(runs.filter(({ name }) => only === undefined || only.includes(name)));

async function bench(chosen: typeof runs): Promise<void> {
  const progress = (text: string): void => console.error(`  ${text}`);
  const found = kea(flags.keaRoot === undefined ? '' : resolve(flags.keaRoot));
  const peer = typeof found === 'string' ? null : found;
  if (typeof found === 'string') console.error(`without Kea: ${found}`);
  const lab = await openLab(join(root, 'var/bench'), flags.databaseRoot && resolve(flags.databaseRoot));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void lab.close().finally(() => process.exit(1)));
  const product = flotilla();
  const about = {
    date: new Date().toISOString(),
    quick: flags.quick === true,
    flotilla: product.version,
    commit: commitOf(),
    kea: peer?.version ?? null,
    database: lab.database.version,
    node: process.version,
    cpus: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memory: totalmem(),
    /** Of the minute before: above about half a core, others disturb. */
    loadBefore: loadavg()[0],
  };
  console.error(JSON.stringify(about));
  const lines: Measured[] = [];
  const failed: string[] = [];
  const seconds: Record<string, number> = {};
  const folder = join(root, 'bench/results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${about.date.replaceAll(':', '-')}.json`);
  try {
    for (const row of chosen) {
      console.error(`${row.name}: ${row.title}`);
      await machineSpeed().calm(progress);
      const began = performance.now();
      try {
        const { quick } = about;
        const measured = await row.run({
          family: row.family,
          lab,
          flotilla: product,
          kea: peer,
          quick,
          progress,
        });
        lines.push(...measured.map((line) => ({ ...line, row: row.name, ratio: ratioOf(line) })));
      } catch (error) {
        failed.push(`${row.name}: ${error instanceof Error ? error.message : String(error)}`);
        console.error(`  failed: ${failed.at(-1)}`);
      } finally {
        await lab.stopServers();
        seconds[row.name] = Math.round((performance.now() - began) / 1000);
        // After each row: a run that is cut short has what it found.
        writeFileSync(file, JSON.stringify({ about, lines, failed, seconds }, null, 2) + '\n');
      }
    }
  } finally {
    await lab.close();
  }
  console.log(tableOf(lines));
  for (const reason of failed) console.log(`failed: ${reason}`);
  console.error(`written: ${file}`);
  if (failed.length > 0) process.exitCode = 1;
}

function tableOf(lines: readonly Measured[]): string {
  const figure = (value: number | null): string =>
    value === null || !Number.isFinite(value) ? '–' : value >= 100 ? value.toFixed(0) : value.toFixed(2);
  return formatTable<Measured>(
    [
      { title: 'row', cell: ({ row }) => row },
      { title: 'what', cell: ({ what, unit }) => (unit === '' ? what : `${what} (${unit})`) },
      { title: 'Flotilla', cell: ({ flotilla: value }) => figure(value), align: 'right' },
      { title: 'Kea', cell: ({ kea: value }) => figure(value), align: 'right' },
      {
        title: 'ratio',
        cell: ({ ratio }) => (ratio === null ? '' : `${ratio.toFixed(2)} ×`),
        align: 'right',
      },
      { title: 'bar', cell: ({ bar }) => bar },
      { title: 'met', cell: ({ met }) => (met === null ? '' : met ? 'yes' : 'NO') },
      { title: 'note', cell: ({ note }) => note ?? '' },
    ],
    lines,
  );
}

function commitOf(): string | null {
  try {
    return execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
