// Statistics in Kea's shape: name → samples [value, local time], newest first, bounded by count or by age.
import type { Family } from '../addr/family.ts';
import { formatLocalTime, SampleRing, type SampleLimit } from './sample-ring.ts';
import { StatisticBeginnings } from './statistic-beginnings.ts';
import { statisticNames } from './statistic-names-table.ts';

/** A number as Kea prints it; bigint only for totals that pass 2^53 (delegatable prefixes, IPv6 pools). */
export type StatisticValue = number | bigint;

/** `[value, "YYYY-MM-DD HH:MM:SS.ffffff"]` in the server's local time. */
export type StatisticSample = readonly [StatisticValue, string];

/** Counts events. Stays valid when its statistic is reset or removed (the next `add` creates it again). */
export interface StatisticCounter {
  readonly name: string;
  add(n?: number): void;
}

export interface StatisticsOptions {
  /** Registers every global name of this family at 0. */
  readonly family?: Family;
  /** Samples kept of each statistic; 0 hands the limit to `sampleAge`. */
  readonly sampleCount?: number;
  /** Seconds; 0 = not limited by age. */
  readonly sampleAge?: number;
}

export interface StatisticsDeps {
  /** Milliseconds since the epoch; a fraction gives the microseconds of the printed times. */
  readonly clock: () => number;
}

/** Every statistic of one server process. */
export class Statistics {
  readonly #clock: () => number;
  readonly #rings = new Map<string, SampleRing>();
  /** Of statistics that there are: a counter that is held outlives its removal, but nothing here holds it. */
  readonly #counters = new Map<string, Counter>();
  readonly #beginnings = new StatisticBeginnings();
  readonly #attach = (name: string): SampleRing => this.#ring(name);
  #limit: SampleLimit;

  constructor(options: StatisticsOptions & StatisticsDeps) {
    this.#clock = options.clock;
    this.#limit = defaultLimit(options.sampleCount ?? 20, options.sampleAge ?? 0);
    if (options.family !== undefined) for (const name of statisticNames[options.family]) this.set(name, 0);
  }

  /** A handle of this name. The statistic itself appears, at 0, when it was not there. */
  counter(name: string): StatisticCounter {
    let counter = this.#counters.get(name);
    if (!counter) {
      counter = new Counter(name, this.#clock, this.#attach);
      this.#counters.set(name, counter);
    }
    if (!this.#rings.has(name) && !this.#beginnings.find(name)) this.set(name, 0);
    return counter;
  }

  /**
   * Statistics that begin together, `prefix` ending in a dot; false: they are there already and stay as they are. Thousands
   * of subnets have a dozen each of which most never change: until one does it costs nothing of its own. `shared` is
   * one record for all of a kind, `own` has those that begin with values of their own.
   */
  begin(
    prefix: string,
    shared: Readonly<Record<string, StatisticValue>>,
    own: Readonly<Record<string, StatisticValue>> = {},
  ): boolean {
    return this.#beginnings.add(prefix, shared, own, this.#clock());
  }

  /** Removes what began together. */
  end(prefix: string): void {
    for (const name of this.#beginnings.delete(prefix)) this.remove(`${prefix}${name}`);
  }

  set(name: string, value: StatisticValue): void {
    this.#ring(name).push(value, this.#clock());
  }

  /** Adds to a statistic that may be negative or signed, e.g. assigned addresses; creates a missing one. */
  add(name: string, n: number): void {
    const ring = this.#ring(name);
    ring.push(plus(ring.latest, n), this.#clock());
  }

  get(name: string): StatisticValue | undefined {
    const ring = this.#rings.get(name);
    return ring ? ring.latest : this.#beginnings.find(name)?.value;
  }

  samples(name: string): readonly StatisticSample[] | undefined {
    const ring = this.#rings.get(name);
    if (ring) return ring.samples(this.#clock());
    const beginning = this.#beginnings.find(name);
    return beginning && [[beginning.value, formatLocalTime(beginning.time)]];
  }

  /** Names in alphabetical order. */
  names(): readonly string[] {
    return [...new Set([...this.#rings.keys(), ...this.#beginnings.names()])].sort();
  }

  all(): Readonly<Record<string, readonly StatisticSample[]>> {
    return Object.fromEntries(this.names().map((name) => [name, this.samples(name)!]));
  }

  /** One sample with the neutral value stays. False when there is no such statistic. */
  reset(name: string): boolean {
    const ring = this.#existing(name);
    ring?.reset(this.#clock());
    return ring !== undefined;
  }

  resetAll(): void {
    const now = this.#clock();
    for (const ring of this.#rings.values()) ring.reset(now);
    this.#beginnings.reset(now);
  }

  remove(name: string): boolean {
    this.#counters.delete(name);
    const wasBeginning = this.#beginnings.remove(name);
    const ring = this.#rings.get(name);
    if (ring) ring.isRemoved = true;
    return this.#rings.delete(name) || wasBeginning;
  }

  removeAll(): void {
    this.#counters.clear();
    for (const ring of this.#rings.values()) ring.isRemoved = true;
    this.#rings.clear();
    this.#beginnings.removeAll();
  }

  /** Keeps `count` (≥ 1) samples of one statistic and stops limiting it by age. False when it does not exist. */
  setSampleCount(name: string, count: number): boolean {
    return this.#setLimit(name, countLimit(count));
  }

  /** Keeps samples of the last `seconds` and stops limiting by count. The newest sample always stays. */
  setSampleAge(name: string, seconds: number): boolean {
    return this.#setLimit(name, ageLimit(seconds));
  }

  /** For every statistic, and for those to come. */
  setSampleCountAll(count: number): void {
    this.#setLimitAll(countLimit(count));
  }

  setSampleAgeAll(seconds: number): void {
    this.#setLimitAll(ageLimit(seconds));
  }

  /** `statistic-default-sample-count` and `-age`: the limit of every statistic that has none of its own. */
  setDefaults(sampleCount: number, sampleAge: number): void {
    const before = this.#limit;
    this.#limit = defaultLimit(sampleCount, sampleAge);
    const now = this.#clock();
    for (const ring of this.#rings.values()) if (ring.limit === before) ring.setLimit(this.#limit, now);
  }

  #ring(name: string): SampleRing {
    let ring = this.#rings.get(name);
    if (!ring) {
      ring = new SampleRing(this.#limit);
      this.#rings.set(name, ring);
      const beginning = this.#beginnings.find(name);
      if (beginning) ring.push(beginning.value, beginning.time);
    }
    return ring;
  }

  #existing(name: string): SampleRing | undefined {
    return this.#rings.get(name) ?? (this.#beginnings.find(name) && this.#ring(name));
  }

  #setLimit(name: string, limit: SampleLimit): boolean {
    const ring = this.#existing(name);
    ring?.setLimit(limit, this.#clock());
    return ring !== undefined;
  }

  #setLimitAll(limit: SampleLimit): void {
    this.#limit = limit;
    const now = this.#clock();
    for (const ring of this.#rings.values()) ring.setLimit(limit, now);
  }
}

class Counter implements StatisticCounter {
  readonly name: string;
  readonly #clock: () => number;
  readonly #attach: (name: string) => SampleRing;
  #ring: SampleRing | null = null;

  constructor(name: string, clock: () => number, attach: (name: string) => SampleRing) {
    this.name = name;
    this.#clock = clock;
    this.#attach = attach;
  }

  add(n = 1): void {
    let ring = this.#ring;
    if (!ring || ring.isRemoved) this.#ring = ring = this.#attach(this.name);
    ring.push(plus(ring.latest, n), this.#clock());
  }
}

const plus = (value: StatisticValue, n: number): StatisticValue =>
  typeof value === 'number' ? value + n : value + BigInt(n);

const countLimit = (count: number): SampleLimit => ({ count: Math.max(1, Math.trunc(count)), ageMs: 0 });
const ageLimit = (seconds: number): SampleLimit => ({ count: 0, ageMs: Math.max(0, seconds) * 1000 });
const defaultLimit = (count: number, age: number): SampleLimit =>
  count > 0 ? countLimit(count) : ageLimit(age);
