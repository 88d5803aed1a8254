// A pool of 65,536 addresses with 64 free against the same pool empty: what new clients wait.
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { fillDatabase } from '../lab/fill.ts';
import { perf } from '../lab/load.ts';
import type { Product } from '../lab/product.ts';
import { products, type BenchContext, type BenchRow } from './row.ts';

const size = 65_536;
const free = 64;
const rate = 50;
const subnets = [{ id: 1, subnet: '10.0.0.0/8', pool: '10.128.0.0-10.128.255.255' }];

interface Found {
  readonly empty: number;
  readonly full: number;
  readonly lossPercent: number;
}

export const nearFull: BenchRow = {
  name: 'near-full',
  title: `pool of ${size} with ${free} free, ${rate} new clients a second`,
  async run(context) {
    const found = new Map<string, Found>();
    for (const product of products(context)) found.set(product.name, await measure(context, product));
    const [ours, theirs] = [found.get('flotilla')!, found.get('kea')];
    const times = ({ empty, full }: Found): number => full / empty;
    return [
      {
        what: 'p99 of an OFFER, near-full by empty pool',
        unit: '×',
        better: 'less',
        flotilla: times(ours),
        kea: theirs ? times(theirs) : null,
        bar: '≤ 2',
        met: times(ours) <= 2,
        note: `Flotilla ${ours.full.toFixed(1)} and ${ours.empty.toFixed(1)} ms${theirs ? `, Kea ${theirs.full.toFixed(1)} and ${theirs.empty.toFixed(1)} ms` : ''}`,
      },
      {
        what: 'exchanges not completed, near-full',
        unit: '%',
        better: 'less',
        flotilla: ours.lossPercent,
        kea: theirs?.lossPercent ?? null,
        bar: '',
        met: null,
      },
    ];
  },
};

async function measure(context: BenchContext, product: Product): Promise<Found> {
  const { lab, quick } = context;
  const database = await lab.createDatabase(product);
  // Leases are given back as fast as they are taken, so that some stay free.
  const load = async (): Promise<{ readonly p99: number; readonly lossPercent: number }> => {
    const server = await lab.serve(product, 0, { database, subnets });
    const seconds = quick ? 5 : 20;
    const letters = ['-r', rate, '-F', rate, '-p', seconds, '-R', 100_000, '-d', 5];
    const report = await perf(lab.load, [server.address], [...letters, '-b', lab.clients.take(100_000)]);
    await server.process.stop();
    return {
      p99: report.stages['DISCOVER-OFFER']!.latency.p99,
      lossPercent: report.exchanges.lossPercent,
    };
  };
  const empty = await load();
  await lab.database.admin.query(`DELETE FROM ${database.database}.lease4`);
  await fillDatabase(lab.database.admin, database.database, {
    first: parseIpv4('10.128.0.0'),
    count: size - free,
    subnetOf: () => 1,
  });
  const full = await load();
  context.progress(`${product.name}: empty ${JSON.stringify(empty)}, near-full ${JSON.stringify(full)}`);
  await lab.dropDatabase(database);
  return { empty: empty.p99, full: full.p99, lossPercent: full.lossPercent };
}
