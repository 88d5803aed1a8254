// Offers that are no longer meant: gathered, and told to the database with one of the next packets.
import { addressKey } from '../../addr/address-key.ts';
import type { Address, Family } from '../../addr/family.ts';
import { ownerHash, withdrawStatement } from './offer-sql.ts';

export interface WithdrawalPacket {
  readonly sql: string;
  /** When it has come back, whatever became of it. */
  done(): void;
}

export interface Withdrawals {
  add(address: Address, owner: string): void;
  /** The owner is offered it again. */
  forget(address: Address, owner: string): void;
  /** Then it is not set aside anew: the two packets might overtake. */
  isOnItsWay(address: Address): boolean;
  /** What goes out now, in the name of this server. Null: nothing. */
  take(server: string): WithdrawalPacket | null;
}

export function createWithdrawals(family: Family): Withdrawals {
  /** By {@link addressKey}, as the next. */
  const waiting = new Map<Address, string>();
  const onTheirWay = new Set<Address>();
  return {
    add: (address, owner) => void waiting.set(addressKey(address), owner),
    forget(address, owner) {
      const key = addressKey(address);
      if (waiting.get(key) === owner) waiting.delete(key);
    },
    isOnItsWay: (address) => onTheirWay.has(addressKey(address)),
    take(server) {
      if (waiting.size === 0) return null;
      const offers = Array.from(waiting, ([key, owner]) => ({
        address: addressKey(key),
        owner: ownerHash(owner),
      }));
      const keys = [...waiting.keys()];
      waiting.clear();
      for (const key of keys) onTheirWay.add(key);
      return {
        sql: withdrawStatement(family, server, offers),
        done: () => {
          for (const key of keys) onTheirWay.delete(key);
        },
      };
    },
  };
}
