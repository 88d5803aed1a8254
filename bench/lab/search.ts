// The highest rate with less than one percent lost: doubled until too much is lost, halved in, then held for longer.
import { setTimeout as pause } from 'node:timers/promises';
import { machineSpeed } from './machine-speed.ts';

/** What one run at a rate came to. */
export interface Probe {
  /** Served per second. */
  readonly rate: number;
  readonly lossPercent: number;
}

export interface SearchOptions<P extends Probe> {
  /** Runs the load at `rate` for `seconds`. */
  readonly probe: (rate: number, seconds: number) => Promise<P>;
  readonly from: number;
  readonly probeSeconds: number;
  readonly confirmSeconds: number;
  readonly progress: (text: string) => void;
}

const allowedLoss = 1;
/** Bisecting ends when the limits are this close, and what does not hold for longer is lowered by as much. */
const precision = 0.06;
/** Of the rate that the search begins with: nothing below this is tried. */
const leastShare = 0.05;
/** After a rate that was too much: what still waits in the server, or keeps the machine busy, is not the next run's. */
const overloadedMilliseconds = 1_500;
const highest = 40_000;
/** Runs that were too much while the machine was slow are made again, so often. */
const patience = 1;

/** The run under way, of whichever search; whether it was too much. */
let latest: Promise<unknown> = Promise.resolve();
let overloaded = false;

/** First come, first served. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = latest.then(work);
  latest = mine.catch(() => undefined);
  return mine;
}

/**
 * The confirmed run; one with more loss only when not even a twentieth of `from` could be held. Searches that are begun
 * together take turns, run by run: what the machine does at one time it does to all of them.
 */
export async function highestRate<P extends Probe>(options: SearchOptions<P>): Promise<P> {
  const speed = machineSpeed();
  const run = (rate: number, seconds: number): Promise<P> => inTurn(() => runNow(rate, seconds));
  const runNow = async (rate: number, seconds: number): Promise<P> => {
    for (let again = 0; ; again++) {
      if (overloaded) await pause(overloadedMilliseconds);
      await speed.calm(options.progress);
      let isSlow = speed.isSlow();
      const found = await options.probe(Math.round(rate), seconds);
      overloaded = found.lossPercent >= allowedLoss;
      isSlow = (overloaded && speed.isSlow()) || isSlow;
      const goesAgain = overloaded && isSlow && again < patience;
      options.progress(
        `${Math.round(rate)}/s for ${seconds} s: ${found.rate.toFixed(0)}/s, ${found.lossPercent.toFixed(2)} % lost` +
          (goesAgain ? ', on a machine that was slow: again' : ''),
      );
      if (!goesAgain) return found;
    }
  };
  const holds = async (rate: number): Promise<boolean> =>
    (await run(rate, options.probeSeconds)).lossPercent < allowedLoss;
  let [low, high] = [0, options.from];
  // What is too much here bounds everything after it, so it is tried twice: the first may have been somebody else's work.
  while (high <= highest && ((await holds(high)) || (await holds(high)))) [low, high] = [high, high * 2];
  if (low === 0) low = high / 8;
  while ((high - low) / high > precision) {
    const middle = (low + high) / 2;
    if (await holds(middle)) low = middle;
    else high = middle;
  }
  for (let attempt = 0; ; attempt++) {
    const found = await run(low, options.confirmSeconds);
    if (found.lossPercent < allowedLoss || low < options.from * leastShare) return found;
    // Once more at the same rate: it may have been somebody else's work on the machine.
    if (attempt % 2 === 1) low *= 1 - precision;
  }
}

/** Of the rate: so much higher after a run that was held, so much lower after one that was not. */
const step = 0.04;
/** The same until the first turn: where it begins says nothing. */
const firstStep = 0.1;

/**
 * The rate that is held in half of all runs. On a machine that is now fast, now slow, one search ends where its last runs
 * happened to be: two of them compare the moments. This one does not end, and its mean is of many moments; in turn with
 * another one's, as {@link highestRate}, of the same.
 */
export async function balancedRate<P extends Probe>({
  probe,
  from,
  seconds,
  runs,
  progress,
}: {
  readonly probe: SearchOptions<P>['probe'];
  readonly from: number;
  readonly seconds: number;
  /** That count. */
  readonly runs: number;
  readonly progress: (text: string) => void;
}): Promise<{ readonly rate: number; readonly probes: readonly P[] }> {
  const rates: number[] = [];
  const probes: P[] = [];
  let [rate, turned] = [from, false];
  while (rates.length < runs) {
    const found = await inTurn(async () => {
      for (let again = 0; ; again++) {
        if (overloaded) await pause(overloadedMilliseconds);
        await machineSpeed().calm(progress);
        const result = await probe(Math.round(rate), seconds);
        overloaded = result.lossPercent >= allowedLoss;
        if (!(overloaded && machineSpeed().isSlow()) || again === patience) return result;
      }
    });
    const wasTooMuch = found.lossPercent >= allowedLoss;
    progress(
      `${Math.round(rate)}/s: ${wasTooMuch ? 'not held' : 'held'}, ${found.lossPercent.toFixed(2)} % lost`,
    );
    const before = probes.at(-1);
    turned ||= before !== undefined && before.lossPercent >= allowedLoss !== wasTooMuch;
    if (turned) rates.push(rate);
    probes.push(found);
    const by = turned ? step : firstStep;
    rate *= wasTooMuch ? 1 - by : 1 + by;
    // Nothing is held, or everything.
    if (!turned && probes.length > runs) return { rate, probes };
  }
  return { rate: rates.reduce((sum, each) => sum + each, 0) / rates.length, probes };
}
