// The leases that this server wrote last, as they stand in the store unless somebody else changed them: a renewal need not look them up.
import { infiniteLifetime, type Lease } from '../store/lease.ts';
import type { ClientKey } from '../store/lease-store.ts';
import { ownerName } from '../store/lease-owner.ts';

export interface KnownLease<L extends Lease> {
  readonly lease: L;
  /** The store's clock by now, seconds. */
  readonly now: number;
}

const defaultCapacity = 65_536;
/** Seconds: what ends so soon may be another client's by the time it is written. */
const margin = 10;
/** A memory that was right earns one, one that was wrong costs the price: wrong more often than one in nine, they are not worth it. */
const [fullTrust, firstTrust, price] = [64, 16, 8];
const pause = 10_000;

/**
 * Only of clients that have this one lease. Whoever uses it writes with `onlyAsSeen`, so a memory that is no longer true
 * costs time and nothing else; where servers renew each other's leases all the time the memories rest for a while.
 */
export class KnownLeases<L extends Lease> {
  readonly #now: () => number;
  readonly #capacity: number;
  /** Those remembered last, and those before them: the oldest half goes at once, one by one costs a search through a Map. */
  #young = new Map<string, L>();
  #old = new Map<string, L>();
  /** The store's clock (seconds) and this machine's (milliseconds) when a lease was written last. */
  #clock = { store: 0, at: 0 };
  #trust = firstTrust;
  #restsUntil = -Infinity;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number, capacity = defaultCapacity) {
    this.#now = now;
    this.#capacity = capacity;
  }

  /** As it was just committed: its `cltt` is the store's clock. */
  remember(client: ClientKey, lease: L): void {
    const at = this.#now();
    if (lease.cltt !== this.#clock.store) this.#clock = { store: lease.cltt, at };
    const owner = ownerName(client);
    if (owner === '') return;
    if (this.#young.size >= this.#capacity / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(owner, lease);
  }

  /** The client's lease, if it is of this address and far from its end. */
  get(client: ClientKey, address: L['address']): KnownLease<L> | null {
    const owner = ownerName(client);
    const lease = this.#young.get(owner) ?? this.#old.get(owner);
    if (!lease) return null;
    const at = this.#now();
    if (lease.address !== address || at < this.#restsUntil) return null;
    const now = this.#clock.store + Math.floor((at - this.#clock.at) / 1000);
    const isLasting =
      lease.validLifetime === infiniteLifetime || lease.cltt + lease.validLifetime > now + margin;
    return isLasting ? { lease, now } : null;
  }

  wasRight(): void {
    if (this.#trust < fullTrust) this.#trust++;
  }

  wasWrong(): void {
    this.#trust -= price;
    if (this.#trust >= 0) return;
    this.#trust = firstTrust;
    this.#restsUntil = this.#now() + pause;
  }
}
