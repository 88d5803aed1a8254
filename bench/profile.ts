// Where the CPU time of an edge goes under load: `npm run build && node --import tsx bench/profile.ts [rate] [seconds] [4|6] [letters of perf]`.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { formatTable } from '../src/tools/table.ts';
import { flotilla } from './lab/flotilla.ts';
import { openLab } from './lab/lab.ts';
import { perf } from './lab/load.ts';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const shown = 30;
const warmSeconds = 14;
const root = resolve(import.meta.dirname, '..');
const [rate = '2000', seconds = '8', familyText = '4', ...letters] = process.argv.slice(2);
const family = familyText === '6' ? 6 : 4;

const lab = await openLab(join(root, 'var/bench'));
try {
  const directory = lab.directory('profile');
  const product = flotilla(['--cpu-prof', '--cpu-prof-dir', directory]);
  const database = await lab.createDatabase(product);
  const server = await lab.serve(product, 0, { family, database });
  const load = (atRate: string, forSeconds: string) =>
    perf(
      lab.load,
      [server.address],
      [...['-r', atRate, '-p', forSeconds, '-R', 1_000_000, '-b', lab.clients.take(1_000_000)], ...letters],
    );
  // Compiled code, and a server that knows by then that it is alone: only then are its offers in memory.
  await load('200', String(warmSeconds));
  const report = await load(rate, seconds);
  await server.process.stop();
  const [file] = readdirSync(directory);
  if (file === undefined) throw new Error('the edge left no profile');
  const profile = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Profile;
  console.log(
    `${report.exchanges.completed} exchanges, ${report.exchanges.rate.toFixed(0)}/s, ${report.exchanges.lossPercent.toFixed(2)} % lost\n`,
  );
  print(profile, report.exchanges.completed);
} finally {
  await lab.close();
}

function print(profile: Profile, exchanges: number): void {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const byFunction = new Map<string, number>();
  const byPlace = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of profile.samples.entries()) {
    const frame = nodes.get(id)!;
    const took = profile.timeDeltas[index] ?? 0;
    if (frame.functionName === '(idle)' || frame.functionName === '(program)') continue;
    busy += took;
    const place = placeOf(frame.url);
    const name = `${frame.functionName || '(anonymous)'} ${frame.url === '' ? '' : `${shortOf(frame.url)}:${frame.lineNumber + 1}`}`;
    byFunction.set(name, (byFunction.get(name) ?? 0) + took);
    byPlace.set(place, (byPlace.get(place) ?? 0) + took);
  }
  const table = (title: string, times: ReadonlyMap<string, number>, limit: number): string =>
    formatTable<[string, number]>(
      [
        { title: '% of busy time', cell: ([, took]) => ((100 * took) / busy).toFixed(1), align: 'right' },
        { title: 'µs per exchange', cell: ([, took]) => (took / exchanges).toFixed(1), align: 'right' },
        { title, cell: ([name]) => name },
      ],
      [...times].sort((a, b) => b[1] - a[1]).slice(0, limit),
    );
  console.log(table('where', byPlace, 20));
  console.log('');
  console.log(table('function', byFunction, shown));
}

/** The room of the source, the package, or Node itself. */
function placeOf(url: string): string {
  if (url === '') return 'engine of Node (garbage collection, native calls)';
  if (url.startsWith('node:')) return `node: ${url.replace(/^node:(internal\/)?/, '').split('/')[0]}`;
  const packaged = /node_modules\/([^/]+)/.exec(url)?.[1];
  if (packaged !== undefined) return packaged;
  return `src/${/dist\/src\/([^/]+)/.exec(url)?.[1] ?? url}`;
}

function shortOf(url: string): string {
  return url.replace(/^.*\/(dist\/src|node_modules)\//, '').replace(/\.js$/, '');
}
