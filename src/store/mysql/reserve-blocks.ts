// One packet that reserves blocks and tells what is free in those that became this server's.
import { addressKey } from '../../addr/address-key.ts';
import { unitOf } from '../../addr/address-units.ts';
import type { Address } from '../../addr/family.ts';
import { addressesOf, joined, type BlockPlace } from './block-space.ts';
import { usedSelect } from './free-sql.ts';
import type { Lanes } from './lanes.ts';
import type { AddressSql } from './lease-sql.ts';
import { blocksSelect, readBlocks, reserveStatement } from './offer-block-sql.ts';
import { addressOfOffer, offersBetween } from './offer-sql.ts';

export interface ReservedBlock {
  readonly place: BlockPlace;
  /** Without a lease row and without a written offer. */
  readonly free: readonly Address[];
}

/** Those of `places` that nobody else has; for so many milliseconds from some moment after the call. */
export async function reserveBlocks(
  table: AddressSql,
  by: { readonly server: string; readonly owner: string },
  places: readonly BlockPlace[],
  milliseconds: number,
  lanes: Lanes,
): Promise<ReservedBlock[]> {
  const { family } = table;
  const firsts = places.map(({ first }) => first);
  const ranges = joined(places);
  const results = (await lanes.packet(
    [
      reserveStatement(family, by, firsts, milliseconds),
      blocksSelect(family, by.server, firsts),
      usedSelect(table, ranges),
      offersBetween(family, ranges),
    ].join(';\n'),
  )) as readonly (readonly (readonly unknown[])[])[];
  const rows = readBlocks(family, results[1]!);
  const taken = [
    ...results[2]!.map(([address]) => table.decodeAddress(address)),
    ...results[3]!.map(([address]) => addressOfOffer(family, address as Uint8Array)),
  ];
  /** By the size of a unit: what is inside a prefix takes the prefix. */
  const used = new Map<number, ReadonlySet<Address>>();
  for (const shift of new Set(places.map((place) => place.shift)))
    used.set(shift, new Set(taken.map((address) => addressKey(unitOf(address, shift)))));
  return places
    .filter(({ first }) => rows.get(addressKey(first))?.owner === by.owner)
    .map((place) => {
      const ofPlace = used.get(place.shift)!;
      return { place, free: addressesOf(place).filter((address) => !ofPlace.has(addressKey(address))) };
    });
}
