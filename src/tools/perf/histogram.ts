// Latencies in buckets that grow with the value: constant memory, every percentile within 1.6 % of the exact one.

/** Values below this have a bucket each; above, each doubling is cut into half as many buckets. */
const linear = 128;
const perDoubling = linear / 2;
const doublings = 25;

/** What a report says of a histogram; milliseconds. All zero when nothing was recorded. */
export interface LatencySummary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export class Histogram {
  readonly #buckets = new Uint32Array(linear + doublings * perDoubling);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** Whole microseconds; negative counts as zero, more than an hour as an hour. */
  record(microseconds: number): void {
    const value = Math.min(3_600_000_000, Math.max(0, Math.round(microseconds)));
    this.#buckets[bucketOf(value)]!++;
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** Microseconds that the fraction `share` (0…1) of the values does not exceed; 0 when there are none. */
  percentile(share: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let index = 0; index < this.#buckets.length; index++) {
      seen += this.#buckets[index]!;
      if (seen >= rank) return Math.min(this.#max, Math.max(this.#min, highestIn(index)));
    }
    return this.#max;
  }

  /** Takes over what another one recorded. */
  add(other: Histogram): void {
    for (let index = 0; index < this.#buckets.length; index++)
      this.#buckets[index]! += other.#buckets[index]!;
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  clear(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#min = Infinity;
    this.#max = 0;
  }

  summary(): LatencySummary {
    const ms = (microseconds: number): number => microseconds / 1000;
    return {
      count: this.#count,
      min: this.#count === 0 ? 0 : ms(this.#min),
      mean: this.#count === 0 ? 0 : ms(Math.round(this.#sum / this.#count)),
      p50: ms(this.percentile(0.5)),
      p90: ms(this.percentile(0.9)),
      p99: ms(this.percentile(0.99)),
      p999: ms(this.percentile(0.999)),
      max: ms(this.#max),
    };
  }
}

function bucketOf(value: number): number {
  if (value < linear) return value;
  const shift = 25 - Math.clz32(value); // leaves 64…127
  return linear + (shift - 1) * perDoubling + (value >>> shift) - perDoubling;
}

/** The largest value that falls into a bucket. */
function highestIn(index: number): number {
  if (index < linear) return index;
  const shift = Math.floor((index - linear) / perDoubling) + 1;
  const within = ((index - linear) % perDoubling) + perDoubling;
  return (within + 1) * 2 ** shift - 1;
}
