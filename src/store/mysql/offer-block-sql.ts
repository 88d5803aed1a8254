// Statements on fleet_offer_block: which server may offer the addresses of a block from its memory.
import { escape } from 'mysql2';
import { addressKey } from '../../addr/address-key.ts';
import { unitOf } from '../../addr/address-units.ts';
import type { Address, Family } from '../../addr/family.ts';
import { addressOfOffer, offerAddress, until } from './offer-sql.ts';

/** Addresses, or prefixes of one length. The same for every server: any of them knows the block of any address. */
export const blockSize = 64;
const blockBits = 6;

/** The first address of the block. `shift`: as in addr/address-units.ts. */
export function blockOf<A extends Address>(address: A, shift = 0): A {
  return typeof address === 'bigint'
    ? unitOf(address, shift + blockBits)
    : ((address - (address % blockSize)) as A);
}

export interface BlockRow {
  readonly first: Address;
  /** Which process has it; hexadecimal. */
  readonly owner: string;
  /** Of the server that asks, or of one of its name. */
  readonly hasOwnName: boolean;
  /** By the database's clock. */
  readonly millisecondsLeft: number;
}

/** Whoever comes first has the block until it expires. In address order, as {@link holdStatement}. */
export function reserveStatement(
  family: Family,
  by: { readonly server: string; readonly owner: string },
  firsts: readonly Address[],
  milliseconds: number,
): string {
  const rows = sorted(firsts).map(
    (first) =>
      `(${family},${offerAddress(first)},X'${by.owner}',${escape(by.server)},${until(milliseconds)})`,
  );
  // Assignments see the ones before them.
  return (
    `INSERT INTO fleet_offer_block (family, first_address, owner, server, expires) VALUES ${rows.join(',')} ` +
    'ON DUPLICATE KEY UPDATE server = IF(expires <= UTC_TIMESTAMP(3), VALUES(server), server), ' +
    'owner = IF(expires <= UTC_TIMESTAMP(3), VALUES(owner), owner), ' +
    'expires = IF(owner = VALUES(owner), GREATEST(expires, VALUES(expires)), expires)'
  );
}

/** Blocks that somebody has now. */
export function blocksSelect(family: Family, server: string, firsts: readonly Address[]): string {
  const list = firsts.map(offerAddress).join(',');
  return `${blockColumns(server)} WHERE family = ${family} AND expires > UTC_TIMESTAMP(3) AND first_address IN (${list})`;
}

/** `first`: of a block. */
export function blocksBetween(family: Family, server: string, first: Address, last: Address): string {
  return (
    `${blockColumns(server)} WHERE family = ${family} AND expires > UTC_TIMESTAMP(3) ` +
    `AND first_address BETWEEN ${offerAddress(first)} AND ${offerAddress(last)}`
  );
}

const blockColumns = (server: string): string =>
  `SELECT first_address, HEX(owner), server = ${escape(server)}, ` +
  'TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), expires) DIV 1000 FROM fleet_offer_block';

/** Of {@link blocksSelect}, by the keys ({@link addressKey}) of their first addresses. */
export function readBlocks(family: Family, rows: readonly (readonly unknown[])[]): Map<Address, BlockRow> {
  const blocks = new Map<Address, BlockRow>();
  for (const [address, owner, hasOwnName, left] of rows) {
    const first = addressOfOffer(family, address as Uint8Array);
    blocks.set(addressKey(first), {
      first,
      owner: (owner as string).toLowerCase(),
      hasOwnName: Number(hasOwnName) === 1,
      millisecondsLeft: Number(left),
    });
  }
  return blocks;
}

export function endBlocksStatement(family: Family, owner: string, firsts: readonly Address[]): string {
  return (
    `DELETE FROM fleet_offer_block WHERE family = ${family} ` +
    `AND first_address IN (${sorted(firsts).map(offerAddress).join(',')}) AND owner = X'${owner}' ORDER BY first_address`
  );
}

const sorted = (firsts: readonly Address[]): Address[] => [...firsts].sort((a, b) => (a < b ? -1 : 1));
