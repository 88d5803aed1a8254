// The samples of one statistic: a ring that grows to its limit and then is written in place, so counting allocates nothing.
import type { StatisticSample, StatisticValue } from './statistics.ts';

/** Exactly one of the two is in force: `count` when it is not 0, else `ageMs`. */
export interface SampleLimit {
  readonly count: number;
  readonly ageMs: number;
}

/** A limit by age alone would let a busy counter fill the memory; the oldest samples beyond this many go first. */
export const maxSamplesByAge = 65_536;

/** Never without a sample once something was pushed; `latest` is 0 before. */
export class SampleRing {
  /** Set once its statistic is removed: who still holds the ring asks for the one that came after it. */
  isRemoved = false;
  #limit: SampleLimit;
  #values: StatisticValue[] = [0];
  #times: number[] = [0];
  #newest = 0;
  #length = 0;

  constructor(limit: SampleLimit) {
    this.#limit = limit;
  }

  get limit(): SampleLimit {
    return this.#limit;
  }

  get latest(): StatisticValue {
    return this.#values[this.#newest]!;
  }

  push(value: StatisticValue, now: number): void {
    if (this.#length > 0) {
      if (this.#limit.count === 0) this.#dropOlderThan(now - this.#limit.ageMs);
      if (this.#length === this.#values.length && this.#length < this.#maxLength()) this.#grow();
      this.#newest = this.#newest + 1 === this.#values.length ? 0 : this.#newest + 1;
    }
    if (this.#length < this.#values.length) this.#length++;
    this.#values[this.#newest] = value;
    this.#times[this.#newest] = now;
  }

  reset(now: number): void {
    const neutral = typeof this.latest === 'bigint' ? 0n : 0;
    this.#length = 0;
    this.push(neutral, now);
  }

  setLimit(limit: SampleLimit, now: number): void {
    this.#limit = limit;
    if (limit.count === 0) this.#dropOlderThan(now - limit.ageMs);
    const kept = Math.min(this.#length, this.#maxLength());
    const indexes = Array.from({ length: kept }, (_, back) => this.#indexOf(kept - 1 - back));
    this.#values = indexes.map((index) => this.#values[index]!);
    this.#times = indexes.map((index) => this.#times[index]!);
    this.#newest = Math.max(0, kept - 1);
    this.#length = kept;
    if (kept === 0) {
      this.#values = [0];
      this.#times = [0];
    }
  }

  /** Newest first. */
  samples(now: number): readonly StatisticSample[] {
    if (this.#limit.count === 0) this.#dropOlderThan(now - this.#limit.ageMs);
    return Array.from({ length: this.#length }, (_, back) => {
      const index = this.#indexOf(back);
      return [this.#values[index]!, formatLocalTime(this.#times[index]!)] as const;
    });
  }

  #maxLength(): number {
    return this.#limit.count === 0 ? maxSamplesByAge : this.#limit.count;
  }

  /** Place of the sample that is `back` steps older than the newest. */
  #indexOf(back: number): number {
    const index = this.#newest - back;
    return index < 0 ? index + this.#values.length : index;
  }

  #dropOlderThan(oldest: number): void {
    while (this.#length > 1 && this.#times[this.#indexOf(this.#length - 1)]! < oldest) this.#length--;
  }

  /** Unrolls the full ring, newest last, and makes room for more. */
  #grow(): void {
    const size = this.#values.length;
    const capacity = Math.min(this.#maxLength(), size * 2);
    const start = this.#newest + 1;
    this.#values = [...this.#values.slice(start), ...this.#values.slice(0, start)];
    this.#times = [...this.#times.slice(start), ...this.#times.slice(0, start)];
    for (let i = size; i < capacity; i++) {
      this.#values.push(0);
      this.#times.push(0);
    }
    this.#newest = size - 1;
  }
}

/** `2026-11-21 09:05:00.123456`, local time. */
export function formatLocalTime(milliseconds: number): string {
  const micros = Math.floor(milliseconds * 1000);
  const date = new Date(Math.floor(micros / 1000));
  const fraction = micros - Math.floor(micros / 1_000_000) * 1_000_000;
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time}.${String(fraction).padStart(6, '0')}`;
}
