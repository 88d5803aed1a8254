// Three times the rate that a server holds between runs at that rate: goodput, latency of what is answered, and recovery.
import type { Product } from '../lab/product.ts';
import { exchangesAt, highest, warm, type LoadProbe } from './rates.ts';
import { products, type BenchContext, type BenchRow } from './row.ts';

interface Found {
  /** Exchanges per second, the highest goodput that any run of this product came to: what the load is reckoned from. */
  readonly peak: number;
  /** Exchanges per second when as much as the peak is offered, right before the overload or right after it: the better. */
  readonly capacity: number;
  /** Goodput of the worst ten seconds, of the worst second and of all, by the capacity. */
  readonly worstTen: number;
  readonly worst: number;
  readonly mean: number;
  /** The worst second when as much as the peak is offered, by the capacity: what the machine does by itself. */
  readonly worstUsual: number;
  /** What was really offered by the peak: a generator that cannot keep up offers less. */
  readonly offered: number;
  readonly p99: number;
  /** Seconds until the latency was normal again, and stayed so for three. */
  readonly recovery: number;
}

const times = 3;
const patience = 2;
/** Seconds of a run that only looks whether the load is high enough. */
const trialSeconds = 10;
/** Seconds of half the load after the overload. */
const restSeconds = 8;
/** Seconds that are looked at together. */
const windowSeconds = 10;

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
        what: `goodput of the worst ${windowSeconds} s, of the capacity`,
        unit: '×',
        better: 'more',
        flotilla: ours.worstTen,
        kea: theirs?.worstTen ?? null,
        bar: '≥ 0.9',
        met: ours.worstTen >= 0.9,
        note: `capacity: what is served before or after when only that is offered, the better. Flotilla ${about(ours)}${theirs ? `, Kea ${about(theirs)}` : ''}`,
      },
      {
        what: 'goodput of all of it, of the capacity',
        unit: '×',
        better: 'more',
        flotilla: ours.mean,
        kea: theirs?.mean ?? null,
        bar: '',
        met: null,
      },
      {
        what: 'goodput of the worst second, of the capacity',
        unit: '×',
        better: 'more',
        flotilla: ours.worst,
        kea: theirs?.worst ?? null,
        bar: '',
        met: null,
        note: `without overload, the worst second: Flotilla ${ours.worstUsual.toFixed(2)}${theirs ? `, Kea ${theirs.worstUsual.toFixed(2)}` : ''}`,
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
        note: 'at half of the peak; normal: at most three times the p50 of the same load before, under 1 % lost, for three seconds in a row',
      },
    ];
  },
};

const about = ({ peak, capacity, offered }: Found): string =>
  `${capacity.toFixed(0)}/s; peak of all runs of the row ${peak.toFixed(0)}/s, ${offered.toFixed(1)} times as much offered`;

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
  const [whole, half] = [Math.round(peak), Math.round(peak / 2)];
  const [besideSeconds, seconds] = quick ? [8, 15] : [20, 60];
  // What the last trial left in the server is gone when this begins to count.
  await run(half, 4);
  const normal = await run(half, 6);
  const before = await run(whole, besideSeconds);
  const over = await overloaded(seconds);
  const rest = await run(half, restSeconds);
  const after = await run(whole, besideSeconds);
  await server.process.stop();
  await lab.dropDatabase(database);

  // The first second is the way up.
  const steady = goodputOf(over, seconds).slice(1);
  const beside = [before, after].map((found) => goodputOf(found, besideSeconds).slice(1));
  const capacity = Math.max(...beside.map(mean));
  context.progress(`${product.name}: completed by second ${steady.join(' ')}; ${beside.join(' / ')}`);
  const usual = Math.max(...normal.report.bySecond.slice(0, 6).map(({ p50 }) => p50));
  const isNormal = rest.report.bySecond
    .slice(0, restSeconds)
    .map(({ p50, lost }) => p50 <= 3 * usual && lost <= half / 100);
  const normalFrom = isNormal.findIndex((_, i) => isNormal.slice(i, i + 3).filter(Boolean).length === 3);
  context.progress(
    `${product.name}: p50 by second ${rest.report.bySecond.map(({ p50 }) => p50.toFixed(0)).join(' ')} ms, before ${usual.toFixed(1)} ms`,
  );
  return {
    peak,
    capacity,
    worstTen: Math.min(...windows(steady).map(mean)) / capacity,
    worst: Math.min(...steady) / capacity,
    mean: mean(steady) / capacity,
    worstUsual: Math.min(...beside.flat()) / capacity,
    offered: over.report.exchanges.started / seconds / peak,
    p99: Math.max(...Object.values(over.report.stages).map(({ latency }) => latency.p99)),
    recovery: normalFrom < 0 ? restSeconds : normalFrom,
  };
}

/** Exchanges completed in each second of the run; what comes after its end is not counted. */
const goodputOf = ({ report }: LoadProbe, seconds: number): readonly number[] =>
  Array.from({ length: seconds }, (_, i) => report.bySecond[i]?.completed ?? 0);

/** All that are next to each other. */
const windows = (seconds: readonly number[]): readonly (readonly number[])[] =>
  seconds.slice(windowSeconds - 1).map((_, i) => seconds.slice(i, i + windowSeconds));

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
