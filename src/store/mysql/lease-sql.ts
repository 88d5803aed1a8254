// What the SQL of lease stores must know about one family's table; lease4-rows.ts and lease6-rows.ts fill it in.
import type { Lease } from '../lease.ts';
import type { ClientKey } from '../lease-store.ts';

/** A value that travels inside the JSON document of a batch. */
export type Cell = string | number | null;

/** One column of the lease table as it travels to the database. */
export interface LeaseField<L extends Lease> {
  readonly column: string;
  /** Type in JSON_TABLE. */
  readonly type: string;
  /** The cell is hexadecimal text for bytes. */
  readonly isHex: boolean;
  /** SQL that makes the column's value of the JSON_TABLE column `cell`. */
  sql(cell: string): string;
  cell(lease: L): Cell;
}

export interface LeaseSql<L extends Lease> {
  readonly family: L['family'];
  readonly table: 'lease4' | 'lease6';
  /** Columns of the statistics tables beyond subnet, pool and state: v6 has lease_type. */
  readonly statKeys: readonly string[];
  readonly countedStates: { readonly subnet: readonly number[]; readonly pool: readonly number[] };
  /** SELECT list that {@link decode} reads; the first column is the address. */
  readonly selectList: string;
  /** `row`: cells in the order of the SELECT list. */
  decode(row: readonly unknown[]): L;
  /** Every column except address, expire and cltt (which the statements make). */
  readonly fields: readonly LeaseField<L>[];
  /** Columns that, with expire, tell whether a row is still the same grant (sameGrant of ../judge.ts). */
  readonly grantColumns: readonly string[];
  readonly addressField: {
    readonly type: string;
    sql(cell: string): string;
    /** SQL text of the cell, as {@link addressText} writes a row's address. */
    text(cell: string): string;
    cell(address: L['address']): Cell;
  };
  addressLiteral(address: L['address']): string;
  /** Of a row's first cell. */
  decodeAddress(cell: unknown): L['address'];
  /** SQL text of a row's address without commas. */
  addressText(row: string): string;
  /** The client of a write: JSON_TABLE columns, cells, and the ownership rule in SQL (`row`, `v`: table aliases). */
  readonly clientColumns: readonly { readonly name: string; readonly type: string }[];
  clientCells(client: ClientKey): Cell[];
  owned(row: string, v: string): string;
  /** SQL assignments that strip the owner when a lease is declined, besides names and context. */
  readonly declineAssignments: readonly string[];
  /** What a kept release ends besides the valid lifetime. */
  readonly releaseAssignments: readonly string[];
  /** WHERE terms that find a client's rows, one per index; each becomes one SELECT. */
  ownerLookups(clients: readonly ClientKey[]): { readonly index: string; readonly where: string }[];
  /** The column of client identifiers or DUIDs, and an index that begins with it. */
  readonly identifier: { readonly column: string; readonly index: string };
  /** An index with the rows of one subnet in order of address. */
  readonly subnetIndex: string;
  fitClient(client: ClientKey): ClientKey;
  /** The lease as the table can hold it, and whether something had to be cut. */
  fit(lease: L): { readonly lease: L; readonly cut: boolean };
}

/** What those need who only deal with addresses. */
export type AddressSql<L extends Lease = Lease> = Pick<
  LeaseSql<L>,
  'family' | 'table' | 'addressLiteral' | 'decodeAddress'
>;
