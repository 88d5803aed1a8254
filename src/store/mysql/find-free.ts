// The search for free addresses or prefixes of a pool: window after window, without what others are offered.
import { addressKey } from '../../addr/address-key.ts';
import { unitAt, unitFrom, unitShift } from '../../addr/address-units.ts';
import { wrapped } from '../address-ranges.ts';
import { ownerName } from '../lease-owner.ts';
import type { Lease } from '../lease.ts';
import type { AddressRange, ClientKey } from '../lease-store.ts';
import { firstWindow, gapsSelect, widestWindow, windowAt, type Window } from './free-sql.ts';
import type { Lanes } from './lanes.ts';
import type { LeaseSql } from './lease-sql.ts';
import { blockOf, blocksBetween, readBlocks } from './offer-block-sql.ts';
import type { OfferLedger } from './offer-ledger.ts';
import { ownerHash } from './offer-sql.ts';

type Rows = readonly (readonly unknown[])[];

export interface FreeSearch<L extends Lease> {
  readonly ranges: readonly AddressRange<L>[];
  readonly start: L['address'];
  readonly limit: number;
  /** Null: what is offered is free too. */
  readonly client: ClientKey | null;
}

/** See LeaseStore.findFree. */
export async function findFree<L extends Lease>(
  table: LeaseSql<L>,
  { ranges, start, limit, client }: FreeSearch<L>,
  { lanes, ledger }: { readonly lanes: Lanes; readonly ledger: OfferLedger },
): Promise<L['address'][]> {
  const name = client ? ownerName(client) : '';
  const owner = client && ledger.writesDown ? ownerHash(name) : null;

  /** The gaps, and the first addresses of the blocks in which only others offer. */
  const look = async (window: Window<L['address']>): Promise<readonly [Rows, ReadonlySet<L['address']>]> => {
    const gaps = gapsSelect(table, window, limit, owner);
    if (owner === null) return [(await lanes.packet(gaps)) as Rows, new Set()];
    const { first, last, shift } = window;
    const blocks = blocksBetween(table.family, ledger.server, blockOf(first, shift), last);
    const results = (await lanes.packet(`${gaps};\n${blocks}`)) as readonly Rows[];
    const others = new Set<L['address']>();
    for (const [key, block] of readBlocks(table.family, results[1]!))
      if (block.owner !== ledger.blocks.owner) others.add(key);
    return [results[0]!, others];
  };

  const free: L['address'][] = [];
  let looked = 0;
  /** As wide as what is missing takes at the rate so far: the scan of a window costs all of it. */
  const nextWidth = (): number => {
    if (looked === 0) return firstWindow;
    const needed = free.length === 0 ? Infinity : Math.ceil((looked / free.length) * (limit - free.length));
    return Math.min(widestWindow, Math.max(firstWindow, Math.min(needed, looked * 4)));
  };
  for (const range of wrapped(ranges, start)) {
    const shift = unitShift(range.delegatedLength);
    let next = unitFrom(range.first, shift);
    while (next <= range.last && free.length < limit) {
      const window = windowAt(next, range.last, shift, nextWidth());
      const [gaps, blocked] = await look(window);
      let n = 0;
      for (const [from, to] of gaps) {
        for (n = Number(from); n <= Number(to) && free.length < limit; n++) {
          const address = unitAt(window.first, n, shift);
          if (blocked.size > 0 && blocked.has(addressKey(blockOf(address, shift)))) continue;
          if (!client || !ledger.isHeldByOther(address, name)) free.push(address);
        }
      }
      // As many gaps as were asked for: there may be more behind them.
      const isCut = gaps.length === limit;
      const passed = isCut ? n : window.count;
      next = unitAt(window.first, passed, shift);
      looked += passed;
    }
    if (free.length >= limit) break;
  }
  return free;
}
