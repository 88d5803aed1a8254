// Addresses lately set aside for a client, in memory: so that two clients are not offered the same one.
import type { Address } from '../addr/family.ts';

export interface OfferMemory {
  /** False when somebody else holds it. For `milliseconds`, else for the usual time. `scope`: see {@link OfferMemory.of}. */
  hold(address: Address, owner: string, milliseconds?: number, scope?: number): boolean;
  release(address: Address, owner: string): void;
  isHeldByOther(address: Address, owner: string): boolean;
  /** What is held in one scope (a subnet), oldest first. */
  of(scope: number): RememberedOffer[];
}

export interface RememberedOffer {
  readonly address: Address;
  readonly owner: string;
  /** Milliseconds left. */
  readonly left: number;
}

/** At most `offerLimit` addresses, each for `offerHold` milliseconds; the oldest goes first. */
export function createOfferMemory(
  options: { readonly offerHold: number; readonly offerLimit: number },
  deps: { readonly clock: () => number },
): OfferMemory {
  const held = new Map<Address, { readonly owner: string; readonly until: number; readonly scope: number }>();

  const isHeldByOther = (address: Address, owner: string): boolean => {
    const entry = held.get(address);
    return entry !== undefined && entry.owner !== owner && entry.until > deps.clock();
  };

  return {
    hold(address, owner, milliseconds = options.offerHold, scope = 0) {
      if (isHeldByOther(address, owner)) return false;
      const now = deps.clock();
      held.delete(address);
      held.set(address, { owner, until: now + milliseconds, scope });
      // Map order is age: what is held anew was deleted first.
      for (const [oldest, { until }] of held) {
        if (held.size <= options.offerLimit && until > now) break;
        held.delete(oldest);
      }
      return true;
    },
    release(address, owner) {
      if (held.get(address)?.owner === owner) held.delete(address);
    },
    isHeldByOther,
    of(scope) {
      const now = deps.clock();
      const offers: RememberedOffer[] = [];
      for (const [address, entry] of held) {
        if (entry.scope === scope && entry.until > now)
          offers.push({ address, owner: entry.owner, left: entry.until - now });
      }
      return offers;
    },
  };
}
