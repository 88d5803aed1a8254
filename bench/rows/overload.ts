// Three times the rate that a server holds, then half of it: goodput, latency of what is answered, and recovery.
import type { Product } from '../lab/product.ts';
import { exchangesAt, highest, warm, type LoadProbe } from './rates.ts';
import { products, type BenchContext, type BenchRow } from './row.ts';

interface Found {
  /** Exchanges per second, the highest goodput that any run of this product came to. */
  readonly peak: number;
  /** The worst second's goodput by the peak. */
  readonly worst: number;
  /** The same of five seconds. */
  readonly worstFive: number;
  readonly mean: number;
  /** What was really offered by the peak: a generator that cannot keep up offers less. */
  readonly offered: number;
  readonly p99: number;
  /** Seconds until the latency was normal again. */
  readonly recovery: number;
}

const times = 3;
const patience = 2;
/** Seconds of a run that only looks whether the load is high enough. */
const trialSeconds = 10;

export const overload: BenchRow = {
  name: 'overload',
  title: `${times} times the capacity`,
  families: [4],
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
        note: `the peak is the highest goodput of all runs of this row: Flotilla ${about(ours)}${theirs ? `, Kea ${about(theirs)}` : ''}`,
      },
      {
        what: 'goodput of the worst five seconds, of the peak',
        unit: '×',
        better: 'more',
        flotilla: ours.worstFive,
        kea: theirs?.worstFive ?? null,
        bar: '',
        met: null,
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
        note: `of OFFER and ACK the higher; an answer after ${patience} s is none`,
      },
      {
        what: 'normal latency after',
        unit: 's',
        better: 'less',
        flotilla: ours.recovery,
        kea: theirs?.recovery ?? null,
        bar: '≤ 2',
        met: ours.recovery <= 2,
        note: 'at half of the peak; normal: at most three times the p50 of the same load before, under 1 % lost',
      },
    ];
  },
};

const about = ({ peak, offered }: Found): string =>
  `${peak.toFixed(0)}/s, ${offered.toFixed(1)} times as much offered`;

async function measure(context: BenchContext, product: Product): Promise<Found> {
  const { lab, quick } = context;
  const database = await lab.createDatabase(product);
  const server = await lab.serve(product, 0, { database });
  const to = [server.address];
  await warm(context, to);
  let peak = 0;
  const run = async (rate: number, seconds: number, ...more: (string | number)[]): Promise<LoadProbe> => {
    const found = await exchangesAt(context, to, rate, seconds, more);
    peak = Math.max(peak, mean(goodputOf(found, seconds)));
    return found;
  };
  await highest(context, product.name, 1_000, run);
  // Past the rate that a server holds without a loss it may serve more; and a search that was disturbed finds too little.
  const overloaded = (seconds: number): Promise<LoadProbe> =>
    run(Math.round(peak * times), seconds, '-d', patience, '-W', 0);
  for (let again = 0; again < 3; again++) {
    const before = peak;
    await overloaded(trialSeconds);
    context.progress(`${product.name}: peak ${before.toFixed(0)}/s, overloaded ${peak.toFixed(0)}/s`);
    if (peak <= before * 1.05) break;
  }
  const half = Math.round(peak / 2);
  // What the last trial left in the server is gone when this begins to count.
  await run(half, 4);
  const normal = await run(half, 6);
  const seconds = quick ? 15 : 60;
  const over = await overloaded(seconds);
  const after = await run(half, 8);
  await server.process.stop();
  await lab.dropDatabase(database);

  const goodput = goodputOf(over, seconds);
  context.progress(`${product.name}: completed by second ${goodput.join(' ')}`);
  const usual = Math.max(...normal.report.bySecond.slice(0, 6).map(({ p50 }) => p50));
  const late = after.report.bySecond
    .slice(0, 8)
    .findLastIndex(({ p50, lost }) => p50 > 3 * usual || lost > half / 100);
  context.progress(
    `${product.name}: p50 by second ${after.report.bySecond.map(({ p50 }) => p50.toFixed(0)).join(' ')} ms, before ${usual.toFixed(1)} ms`,
  );
  // The first second is the way up.
  const steady = goodput.slice(1);
  return {
    peak,
    worst: Math.min(...steady) / peak,
    worstFive: Math.min(...steady.slice(4).map((_, i) => mean(steady.slice(i, i + 5)))) / peak,
    mean: mean(goodput) / peak,
    offered: over.report.exchanges.started / seconds / peak,
    p99: Math.max(...Object.values(over.report.stages).map(({ latency }) => latency.p99)),
    recovery: late + 1,
  };
}

/** Exchanges completed in each second of the run; what comes after its end is not counted. */
const goodputOf = ({ report }: LoadProbe, seconds: number): readonly number[] =>
  Array.from({ length: seconds }, (_, i) => report.bySecond[i]?.completed ?? 0);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
