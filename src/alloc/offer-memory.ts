// Addresses lately set aside by this process, so that two of its clients are not offered the same one.
import type { Address } from '../addr/family.ts';
import type { ClientKey } from '../store/lease-store.ts';
import { ownerKeys } from '../store/lease-owner.ts';

export interface OfferMemory {
  ownerOf(client: ClientKey): string;
  /** False when somebody else holds it. */
  hold(address: Address, owner: string): boolean;
  release(address: Address, owner: string): void;
  isHeldByOther(address: Address, owner: string): boolean;
}

/** At most `offerLimit` addresses, each for `offerHold` milliseconds; the oldest goes first. */
export function createOfferMemory(
  options: { readonly offerHold: number; readonly offerLimit: number },
  deps: { readonly clock: () => number },
): OfferMemory {
  const held = new Map<Address, { readonly owner: string; readonly until: number }>();

  const isHeldByOther = (address: Address, owner: string): boolean => {
    const entry = held.get(address);
    return entry !== undefined && entry.owner !== owner && entry.until > deps.clock();
  };

  return {
    ownerOf: (client) => ownerKeys(client)[0] ?? '',
    hold(address, owner) {
      if (isHeldByOther(address, owner)) return false;
      held.delete(address);
      held.set(address, { owner, until: deps.clock() + options.offerHold });
      // Map order is age: what is held anew was deleted first.
      for (const [oldest, { until }] of held) {
        if (held.size <= options.offerLimit && until > deps.clock()) break;
        held.delete(oldest);
      }
      return true;
    },
    release(address, owner) {
      if (held.get(address)?.owner === owner) held.delete(address);
    },
    isHeldByOther,
  };
}
