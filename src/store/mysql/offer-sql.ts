// Statements on the tables in which servers keep their offers apart: fleet_offer and fleet_offer_server.
import { createHash } from 'node:crypto';
import { escape } from 'mysql2';
import { addressKey } from '../../addr/address-key.ts';
import type { Address, Family } from '../../addr/family.ts';
import { amongAddresses } from './among-addresses.ts';
import { hexLiteral } from './row-values.ts';

export interface OfferRow {
  readonly address: Address;
  /** {@link ownerHash} */
  readonly owner: string;
  readonly milliseconds: number;
}

/** Whom an address is set aside for, in 16 bytes; hexadecimal. Never a client's identifier itself: these rows are read widely. */
export function ownerHash(name: string): string {
  return createHash('sha256').update(name, 'latin1').digest('hex').slice(0, 32);
}

/** In the order of their number, so that ranges of addresses are ranges of the key. */
export function offerAddress(address: Address): string {
  return `X'${typeof address === 'bigint' ? address.toString(16).padStart(32, '0') : address.toString(16).padStart(8, '0')}'`;
}

/** {@link offerAddress} as a row has it. */
export function addressOfOffer(family: Family, bytes: Uint8Array): Address {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return family === 4 ? Number.parseInt(hex, 16) : BigInt(`0x${hex}`);
}

/**
 * Whoever comes first has it until it expires. In address order, so that two servers never wait for each other in a
 * circle; alone in its transaction, so that nobody waits longer than this statement takes.
 */
export function holdStatement(family: Family, server: string, offers: readonly OfferRow[]): string {
  const rows = [...offers]
    .sort((a, b) => (a.address < b.address ? -1 : 1))
    .map(
      ({ address, owner, milliseconds }) =>
        `(${family},${offerAddress(address)},X'${owner}',${escape(server)},${until(milliseconds)})`,
    );
  // Assignments see the ones before them. A row that several servers rely on for one client names none of them, so that
  // none can withdraw it.
  return (
    `INSERT INTO fleet_offer (family, address, owner, server, expires) VALUES ${rows.join(',')} ON DUPLICATE KEY UPDATE ` +
    'server = IF(expires <= UTC_TIMESTAMP(3), VALUES(server), ' +
    "IF(owner = VALUES(owner) AND server <> VALUES(server), '', server)), " +
    'owner = IF(expires <= UTC_TIMESTAMP(3), VALUES(owner), owner), ' +
    'expires = IF(owner = VALUES(owner), GREATEST(expires, VALUES(expires)), expires)'
  );
}

/** Ends those of these offers now that are this server's alone. */
export function withdrawStatement(
  family: Family,
  server: string,
  offers: readonly { readonly address: Address; readonly owner: string }[],
): string {
  const pairs = [...offers]
    .sort((a, b) => (a.address < b.address ? -1 : 1))
    .map(({ address, owner }) => `(address = ${offerAddress(address)} AND owner = X'${owner}')`);
  const list = offers.map(({ address }) => offerAddress(address)).join(',');
  return (
    `UPDATE fleet_offer SET expires = UTC_TIMESTAMP(3) WHERE family = ${family} AND address IN (${list}) ` +
    `AND server = ${escape(server)} AND (${pairs.join(' OR ')}) ORDER BY address`
  );
}

/** Live offers among these addresses: address and owner. */
export function offersSelect(family: Family, addresses: readonly Address[]): string {
  return (
    `SELECT address, HEX(owner) FROM fleet_offer WHERE family = ${family} AND expires > UTC_TIMESTAMP(3) ` +
    `AND ${amongAddresses('address', addresses, offerAddress)}`
  );
}

/** Of {@link offersSelect}: for whom ({@link ownerHash}) each address, by its {@link addressKey}, is set aside. */
export function readOffers(family: Family, rows: readonly (readonly unknown[])[]): Map<Address, string> {
  const offers = new Map<Address, string>();
  for (const [address, owner] of rows)
    offers.set(addressKey(addressOfOffer(family, address as Uint8Array)), (owner as string).toLowerCase());
  return offers;
}

/** Addresses of live offers in these ranges. */
export function offersBetween(family: Family, ranges: readonly (readonly [Address, Address])[]): string {
  const within = ranges.map(
    ([first, last]) => `address BETWEEN ${offerAddress(first)} AND ${offerAddress(last)}`,
  );
  return `SELECT address FROM fleet_offer WHERE family = ${family} AND expires > UTC_TIMESTAMP(3) AND (${within.join(' OR ')})`;
}

/** Says which subnets this server offers in, and whether it believes to be alone there. */
export function announceStatement(
  family: Family,
  server: string,
  subnets: readonly { readonly subnetId: number; readonly sole: boolean }[],
  milliseconds: number,
): string {
  const rows = subnets.map(
    ({ subnetId, sole }) =>
      `(${family},${subnetId},${escape(server)},${sole ? 1 : 0},${until(milliseconds)})`,
  );
  return (
    `INSERT INTO fleet_offer_server (family, subnet_id, server, sole, expires) VALUES ${rows.join(',')} ` +
    'ON DUPLICATE KEY UPDATE sole = VALUES(sole), expires = VALUES(expires)'
  );
}

/** When this server's own announcements end, as text: subnet and moment. Nobody else writes them, unless it has the same name. */
export function ownAnnouncements(family: Family, server: string, subnetIds: readonly number[]): string {
  return (
    `SELECT subnet_id, CAST(expires AS CHAR) FROM fleet_offer_server WHERE family = ${family} ` +
    `AND subnet_id IN (${subnetIds.join(',')}) AND server = ${escape(server)}`
  );
}

/** Other servers at work in these subnets: subnet and whether one says it is alone. */
export function othersSelect(family: Family, server: string, subnetIds: readonly number[]): string {
  return (
    `SELECT subnet_id, MAX(sole) FROM fleet_offer_server WHERE family = ${family} AND subnet_id IN (${subnetIds.join(',')}) ` +
    `AND server <> ${escape(server)} AND expires > UTC_TIMESTAMP(3) GROUP BY subnet_id`
  );
}

export function leaveStatement(family: Family, server: string, subnetIds: readonly number[]): string {
  return (
    `DELETE FROM fleet_offer_server WHERE family = ${family} AND subnet_id IN (${subnetIds.join(',')}) ` +
    `AND server = ${escape(server)}`
  );
}

/** A table whose rows end by themselves, and the column that tells its rows of one family apart. */
export interface EndingTable {
  readonly table: 'fleet_offer' | 'fleet_offer_block';
  readonly key: 'address' | 'first_address';
}

/** Read without locks, then deleted by key: nobody waits for a scan. No table of offers grows beyond its pools. */
export function oldRowsSelect({ table, key }: EndingTable, family: Family, limit: number): string {
  return `SELECT ${key} FROM ${table} WHERE ${isOld(family)} LIMIT ${limit}`;
}

export function oldRowsDelete(
  { table, key }: EndingTable,
  family: Family,
  keys: readonly Uint8Array[],
): string {
  return `DELETE FROM ${table} WHERE ${isOld(family)} AND ${key} IN (${keys.map(hexLiteral).join(',')})`;
}

const isOld = (family: Family): string =>
  `family = ${family} AND expires < UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE`;

export function oldServersDelete(): string {
  return 'DELETE FROM fleet_offer_server WHERE expires < UTC_TIMESTAMP(3) - INTERVAL 1 DAY';
}

/** A moment from now by the database's clock. */
export const until = (milliseconds: number): string =>
  `UTC_TIMESTAMP(3) + INTERVAL ${Math.ceil(milliseconds) * 1000} MICROSECOND`;
