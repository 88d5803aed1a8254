// What was looked up for a client that was then offered an address: the REQUEST that follows need not look again.
import type { Snapshot } from '../config/snapshot.ts';
import type { Lease } from '../store/lease.ts';
import type { ClientKey } from '../store/lease-store.ts';
import { ownerName } from '../store/lease-owner.ts';

export interface RecentOffer<L extends Lease> {
  readonly snapshot: Snapshot;
  /** Name of the shared network, else id of the subnet. */
  readonly link: string | number;
  readonly address: L['address'];
  /** What had the address: nobody, or a lease that is over. */
  readonly row: L | null;
  /** Seconds of the store's clock. */
  readonly now: number;
}

interface Remembered<L extends Lease> {
  readonly offer: RecentOffer<L>;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** Well below the time for which an offered address is set aside. */
const lifetime = 5_000;
const capacity = 8_192;

/**
 * Only offers to clients that had no lease at all. The claim of the REQUEST names the row that was seen here and is judged
 * by the store against the row that is there by then: a memory that is no longer true costs time and nothing else.
 */
export class RecentOffers<L extends Lease> {
  readonly #now: () => number;
  readonly #byOwner = new Map<string, Remembered<L>>();

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  remember(client: ClientKey, offer: RecentOffer<L>): void {
    const owner = ownerName(client);
    if (owner === '') return;
    this.#byOwner.delete(owner);
    if (this.#byOwner.size >= capacity) this.#byOwner.delete(this.#byOwner.keys().next().value!);
    this.#byOwner.set(owner, { offer, at: this.#now() });
  }

  /** Once: what the client was offered last, if that was a moment ago, with the store's clock as it is by now. */
  take(client: ClientKey): RecentOffer<L> | null {
    const owner = ownerName(client);
    const found = this.#byOwner.get(owner);
    if (!found) return null;
    this.#byOwner.delete(owner);
    const age = this.#now() - found.at;
    if (age >= lifetime) return null;
    return { ...found.offer, now: found.offer.now + Math.floor(age / 1000) };
  }
}
