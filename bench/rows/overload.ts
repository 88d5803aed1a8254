// Three times the rate that a server holds, then half of it: goodput, latency of what is answered, and recovery.
import type { Product } from '../lab/product.ts';
import { exchangesAt, highest, type LoadProbe } from './rates.ts';
import { products, type BenchContext, type BenchRow } from './row.ts';

interface Found {
  /** The worst second's goodput by the peak. */
  readonly worst: number;
  readonly mean: number;
  readonly p99: number;
  /** Seconds until the latency was normal again. */
  readonly recovery: number;
}

export const overload: BenchRow = {
  name: 'overload',
  title: 'three times the capacity',
  async run(context) {
    const found = new Map<string, Found>();
    for (const product of products(context)) found.set(product.name, await measure(context, product));
    const [ours, theirs] = [found.get('flotilla')!, found.get('kea')];
    return [
      {
        what: 'goodput of the worst second, of the peak',
        unit: '×',
        better: 'more',
        flotilla: ours.worst,
        kea: theirs?.worst ?? null,
        bar: '≥ 0.9',
        met: ours.worst >= 0.9,
      },
      {
        what: 'mean goodput, of the peak',
        unit: '×',
        better: 'more',
        flotilla: ours.mean,
        kea: theirs?.mean ?? null,
        bar: '',
        met: null,
      },
      {
        what: 'p99 of what is answered',
        unit: 'ms',
        better: 'less',
        flotilla: ours.p99,
        kea: theirs?.p99 ?? null,
        bar: '< 1000',
        met: ours.p99 < 1000,
        note: 'counted up to 2 s',
      },
      {
        what: 'normal latency after',
        unit: 's',
        better: 'less',
        flotilla: ours.recovery,
        kea: theirs?.recovery ?? null,
        bar: '≤ 2',
        met: ours.recovery <= 2,
      },
    ];
  },
};

async function measure(context: BenchContext, product: Product): Promise<Found> {
  const { lab, quick } = context;
  const database = await lab.createDatabase(product);
  const server = await lab.serve(product, 0, { database });
  const to = [server.address];
  const peak = await highest(context, product.name, 1_000, (rate, seconds) =>
    exchangesAt(context, to, rate, seconds),
  );
  const seconds = quick ? 10 : 60;
  let capacity = peak.rate;
  let over: LoadProbe;
  let goodput: readonly number[];
  // A search that was disturbed finds too little, and three times that is no overload: what is served then shows it.
  for (let again = 0; ; again++) {
    over = await exchangesAt(context, to, Math.round(capacity * 3), seconds, ['-d', 2, '-W', 0]);
    goodput = over.report.bySecond.slice(0, seconds).map(({ completed }) => completed);
    context.progress(`${product.name}: 3 × ${capacity.toFixed(0)}, completed by second ${goodput.join(' ')}`);
    const served = mean(goodput);
    if (served <= capacity * 1.1 || again === 2) break;
    capacity = served;
  }
  const half = Math.round(capacity / 2);
  const after = await exchangesAt(context, to, half, 8);
  const normal = await exchangesAt(context, to, half, 3);
  await server.process.stop();
  await lab.dropDatabase(database);

  const usual = Math.max(...normal.report.bySecond.map(({ p50 }) => p50));
  const late = after.report.bySecond.findLastIndex(({ p50, lost }) => p50 > 3 * usual || lost > half / 100);
  return {
    // The first second is the way up.
    worst: Math.min(...goodput.slice(1)) / capacity,
    mean: mean(goodput) / capacity,
    p99: Math.max(...Object.values(over.report.stages).map(({ latency }) => latency.p99)),
    recovery: late + 1,
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
