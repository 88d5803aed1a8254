// What many statistics are before anything was counted: one record per subnet or pool instead of an object for each.
import type { StatisticValue } from './statistics.ts';

/** The one sample of a statistic that began and has not changed since. */
export interface Beginning {
  readonly value: StatisticValue;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

type Values = Readonly<Record<string, StatisticValue>>;

interface Group {
  /** One record for all groups of a kind. */
  readonly shared: Values;
  /** Those of this group alone. */
  readonly own: Values;
  readonly time: number;
  /** Names that were removed one by one. */
  readonly removed: ReadonlySet<string>;
}

/** Statistics by prefix, which ends in a dot, and name, which has none. */
export class StatisticBeginnings {
  readonly #groups = new Map<string, Group>();

  /** A group that is there stays as it is, which is then false; what was removed of it is there again. */
  add(prefix: string, shared: Values, own: Values, time: number): boolean {
    const group = this.#groups.get(prefix);
    if (!group) this.#groups.set(prefix, { shared, own, time, removed: none });
    else if (group.removed.size > 0) this.#groups.set(prefix, { ...group, removed: none });
    return !group;
  }

  find(name: string): Beginning | undefined {
    const end = name.lastIndexOf('.') + 1;
    const group = end === 0 ? undefined : this.#groups.get(name.slice(0, end));
    if (!group) return undefined;
    const last = name.slice(end);
    const value = group.removed.has(last) ? undefined : (group.own[last] ?? group.shared[last]);
    return value === undefined ? undefined : { value, time: group.time };
  }

  *names(): Iterable<string> {
    for (const [prefix, group] of this.#groups) {
      for (const name of namesOf(group)) if (!group.removed.has(name)) yield `${prefix}${name}`;
    }
  }

  /** False when it was not there. */
  remove(name: string): boolean {
    if (!this.find(name)) return false;
    const end = name.lastIndexOf('.') + 1;
    const group = this.#groups.get(name.slice(0, end))!;
    this.#groups.set(name.slice(0, end), {
      ...group,
      removed: new Set([...group.removed, name.slice(end)]),
    });
    return true;
  }

  /** All groups stay known, so that {@link StatisticBeginnings.delete} still tells their names. */
  removeAll(): void {
    for (const [prefix, group] of this.#groups)
      this.#groups.set(prefix, { ...group, removed: new Set(namesOf(group)) });
  }

  /** Every value becomes neutral. */
  reset(time: number): void {
    const neutral = (values: Values): Values =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, neutralOf(value)]));
    for (const [prefix, group] of this.#groups) {
      const { shared, own } = group;
      this.#groups.set(prefix, { ...group, shared: neutral(shared), own: neutral(own), time });
    }
  }

  /** The names of the group, those that were removed too. */
  delete(prefix: string): readonly string[] {
    const group = this.#groups.get(prefix);
    this.#groups.delete(prefix);
    return group ? namesOf(group) : [];
  }
}

const namesOf = ({ shared, own }: Group): readonly string[] => [...Object.keys(shared), ...Object.keys(own)];
const none: ReadonlySet<string> = new Set();
const neutralOf = (value: StatisticValue): StatisticValue => (typeof value === 'bigint' ? 0n : 0);
