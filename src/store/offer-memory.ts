// Addresses lately set aside for a client, in memory: so that two clients are not offered the same one.
import { addressKey } from '../addr/address-key.ts';
import type { Address } from '../addr/family.ts';

export interface OfferMemory {
  /** False when somebody else holds it. For `milliseconds`, else for the usual time. `scope`: see {@link OfferMemory.of}. */
  hold(address: Address, owner: string, milliseconds?: number, scope?: number): boolean;
  release(address: Address, owner: string): void;
  isHeldByOther(address: Address, owner: string): boolean;
  isHeldBy(address: Address, owner: string): boolean;
  /** What the owner got last, if it still holds it. */
  heldBy(owner: string): Address | null;
  /** What is held in one scope (a subnet), oldest first. */
  of(scope: number): RememberedOffer[];
}

export interface RememberedOffer {
  readonly address: Address;
  readonly owner: string;
  /** Milliseconds left. */
  readonly left: number;
}

interface HeldOffer {
  readonly address: Address;
  readonly owner: string;
  /** Milliseconds of the clock. */
  readonly until: number;
  readonly scope: number;
}

/** At most `offerLimit` addresses, each for `offerHold` milliseconds; the oldest goes first. */
export function createOfferMemory(
  options: { readonly offerHold: number; readonly offerLimit: number },
  deps: { readonly clock: () => number },
): OfferMemory {
  /** By {@link addressKey}. */
  const held = new Map<Address, HeldOffer>();
  const last = new Map<string, Address>();
  /** Before this moment the oldest entry has not ended. */
  let nextEnd = 0;

  const entryAt = (address: Address): HeldOffer | undefined => held.get(addressKey(address));

  const isHeldByOther = (address: Address, owner: string): boolean => {
    const entry = entryAt(address);
    return entry !== undefined && entry.owner !== owner && entry.until > deps.clock();
  };

  const drop = (key: Address, { address, owner }: HeldOffer): void => {
    held.delete(key);
    if (last.get(owner) === address) last.delete(owner);
  };

  return {
    hold(address, owner, milliseconds = options.offerHold, scope = 0) {
      // Once: a key costs as much as a look into the map.
      const key = addressKey(address);
      const entry = held.get(key);
      const now = deps.clock();
      if (entry) {
        if (entry.owner !== owner && entry.until > now) return false;
        drop(key, entry);
      }
      held.set(key, { address, owner, until: now + milliseconds, scope });
      last.set(owner, address);
      if (held.size <= options.offerLimit && now < nextEnd) return true;
      // Map order is age: what is held anew was deleted first.
      for (const [oldest, offer] of held) {
        nextEnd = offer.until;
        if (held.size <= options.offerLimit && offer.until > now) break;
        drop(oldest, offer);
      }
      return true;
    },
    release(address, owner) {
      const key = addressKey(address);
      const entry = held.get(key);
      if (entry?.owner === owner) drop(key, entry);
    },
    isHeldByOther,
    isHeldBy(address, owner) {
      const entry = entryAt(address);
      return entry !== undefined && entry.owner === owner && entry.until > deps.clock();
    },
    heldBy(owner) {
      const address = last.get(owner);
      const entry = address === undefined ? undefined : entryAt(address);
      return entry && entry.owner === owner && entry.until > deps.clock() ? address! : null;
    },
    of(scope) {
      const now = deps.clock();
      const offers: RememberedOffer[] = [];
      for (const { address, owner, until, scope: of } of held.values()) {
        if (of === scope && until > now) offers.push({ address, owner, left: until - now });
      }
      return offers;
    },
  };
}
