// Which subnet of a shared network to try first: the one that last had an address for packets of the same classes.
import type { Subnet } from '../config/snapshot.ts';

/** Entries kept; the oldest goes first. */
const limit = 4096;

export class SubnetPreference {
  readonly #last = new Map<string, number>();

  /** The same subnets, the preferred one first, the others wrapping after it. */
  order(subnets: readonly Subnet[], classes: ReadonlySet<string>): readonly Subnet[] {
    const first = subnets.length < 2 ? undefined : this.#last.get(keyOf(subnets[0]!, classes));
    const at = first === undefined ? -1 : subnets.findIndex((subnet) => subnet.id === first);
    return at <= 0 ? subnets : [...subnets.slice(at), ...subnets.slice(0, at)];
  }

  succeeded(subnet: Subnet, classes: ReadonlySet<string>): void {
    if (subnet.networkName === null) return;
    const key = keyOf(subnet, classes);
    this.#last.delete(key);
    this.#last.set(key, subnet.id);
    if (this.#last.size > limit) this.#last.delete(this.#last.keys().next().value!);
  }
}

const keyOf = (subnet: Subnet, classes: ReadonlySet<string>): string =>
  `${subnet.networkName}\n${[...classes].join('\n')}`;
