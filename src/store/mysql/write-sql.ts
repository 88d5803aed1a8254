// One batch of conditional lease writes as one packet: lock, read, insert, update, delete, count, commit.
import { escape } from 'mysql2';
import { infiniteLifetime, type Lease } from '../lease.ts';
import type { LeaseWrite } from '../lease-store.ts';
import type { Cell, LeaseField, LeaseSql } from './lease-sql.ts';
import { mayHaveClasses, statisticsBefore, statisticsStatements } from './statistics-sql.ts';

const verbNumber = {
  claim: 0,
  put: 1,
  release: 2,
  releaseKeep: 3,
  decline: 4,
  remove: 5,
  removeAny: 6,
  replace: 7,
  replaceByNone: 8,
} as const;

export interface WritePacket {
  readonly sql: string;
  /** Which result of the packet holds the clock, which the rows as they were, which the update of the rows that claims overwrite. */
  readonly clockAt: number;
  readonly imagesAt: number;
  readonly claimsAt: number | null;
}

/** Latest moment that TIMESTAMP holds on every supported server. */
export const lastTimestamp = 0x7fffffff;

const infinite = String(infiniteLifetime);

/**
 * `writes` share no address and no client (distinct-writes.ts) and are sorted by address.
 *
 * Why it is exact under READ COMMITTED, which locks no gaps: (1) rows that exist are locked and their addresses kept in
 * `@fleet_rows`; (2) they are read; (3) whatever was not there in (1) is inserted. A row that another server put in
 * between makes (3) fail with a duplicate key, the transaction is rolled back and the batch runs again. So whoever reads
 * (2) knows the state before the batch, and judge.ts comes to the same verdicts as the conditions here. Every other
 * statement touches only rows of (1), which nobody else can have changed.
 */
export function writePacket<L extends Lease>(
  table: LeaseSql<L>,
  writes: readonly LeaseWrite<L>[],
  ownStatistics: boolean,
): WritePacket {
  const { table: name } = table;
  const batch = new Map<number, number>();
  const addresses: L['address'][] = [];
  const others: L['address'][] = [];
  const grants: L['address'][] = [];
  let alsoRemoves = false;
  let reassigns = false;
  const rows = writes.map((write) => {
    const verb = numberOf(write);
    batch.set(verb, (batch.get(verb) ?? 0) + 1);
    const address = 'lease' in write ? write.lease.address : write.address;
    addresses.push(address);
    ('lease' in write ? grants : others).push(address);
    if (write.verb === 'claim' && write.alsoRemove !== undefined) {
      alsoRemoves = true;
      addresses.push(write.alsoRemove);
      others.push(write.alsoRemove);
    }
    if (expectedOf(write)) reassigns = true;
    return rowOf(table, write);
  });
  const list = (of: readonly L['address'][]): string =>
    [...of]
      .sort((a, b) => (a < b ? -1 : 1))
      .map((address) => table.addressLiteral(address))
      .join(',');
  const seen = (row: string): string => `FIND_IN_SET(${table.addressText(row)}, @fleet_rows)`;
  const { sql: v, json } = source(table, reassigns, rows);
  const join = `${v} STRAIGHT_JOIN ${name} AS l FORCE INDEX (PRIMARY) ON l.address = ${table.addressField.sql('v.a')}`;
  const isVerb = (...wanted: number[]): string => `v.verb IN (${wanted.join(',')})`;
  const touched =
    others.length === 0
      ? `l.address IN (${list(grants)})`
      : [
          ...(grants.length > 0 ? [`l.address IN (${list(grants)})`] : []),
          `(l.address IN (${list(others)}) AND ${seen('l')})`,
        ].join(' OR ');

  // What was there before: only rows of (1). A row that came after it makes (3) fail; one that came and went again
  // meanwhile was never part of this batch's world, and counting it would leave the counters one short.
  const known = `${anyRows} AND l.address IN (${list(addresses)}) AND ${seen('l')}`;

  const statements: string[] = [];
  const add = (sql: string): number => statements.push(sql) - 1;

  add(
    `SET ${ownStatistics ? '@fleet_statistics_off = 1, ' : ''}@fleet_now = UNIX_TIMESTAMP(), ` +
      `@fleet_batch = ${escape(json)}`,
  );
  add('START TRANSACTION');
  // (1) In address order, so that two servers never wait for each other in a circle.
  add(
    `SELECT GROUP_CONCAT(${table.addressText('l')}), COUNT(*) INTO @fleet_rows, @fleet_found FROM ${name} AS l FORCE INDEX (PRIMARY) ` +
      `WHERE l.address IN (${list(addresses)}) ORDER BY l.address FOR UPDATE`,
  );
  // (2)
  const clockAt = add('SELECT @fleet_now');
  const imagesAt = add(
    `SELECT ${table.selectList} FROM ${name} AS l FORCE INDEX (PRIMARY) WHERE ${known} ORDER BY l.address`,
  );
  if (ownStatistics) for (const sql of statisticsBefore(table, known)) add(sql);
  let claimsAt: number | null = null;
  if (grants.length > 0) {
    const wasThere = `FIND_IN_SET(${table.addressField.text('v.a')}, COALESCE(@fleet_rows, ''))`;
    const columns = table.fields.map(({ column }) => column);
    const values = table.fields.map((field) => field.sql(`v.${field.column}`));
    // A batch of renewals has nothing to insert, and both databases see that before they look.
    const someNew = others.length > 0 ? 'TRUE' : `@fleet_found < ${grants.length}`;
    // (3)
    add(
      `INSERT INTO ${name} (address, expire, ${columns.join(', ')}) ` +
        `SELECT ${table.addressField.sql('v.a')}, ${newExpire}, ${values.join(', ')} FROM ${v} ` +
        `WHERE ${someNew} AND ${isVerb(0, 1)} AND NOT ${wasThere}`,
    );
    claimsAt = add(
      `UPDATE ${join} SET ${table.fields.map((field) => `l.${field.column} = ${field.sql(`v.${field.column}`)}`).join(', ')}, ` +
        `l.expire = ${newExpire} WHERE ${anyRows} AND ${wasThere} AND (${isVerb(1)} OR (${isVerb(0)} AND ${claimable(table, reassigns)}))`,
    );
  }
  if (alsoRemoves) {
    // After a granted claim its row equals the lease; a refused claim leaves a row of somebody else.
    const granted = expectedFields(table).map(
      (field) => `c.${field.column} <=> ${field.sql(`v.${field.column}`)}`,
    );
    add(
      `DELETE o FROM ${v} STRAIGHT_JOIN ${name} AS c FORCE INDEX (PRIMARY) ON c.address = ${table.addressField.sql('v.a')} ` +
        `STRAIGHT_JOIN ${name} AS o FORCE INDEX (PRIMARY) ON o.address = ${table.addressField.sql('v.also')} ` +
        `WHERE ${isVerb(0)} AND v.also IS NOT NULL AND o.address <> c.address AND ${granted.join(' AND ')} ` +
        `AND c.expire = ${newExpire} AND ${table.owned('o', 'v')} AND ${seen('o')}`,
    );
  }
  const own = `l.state = 0 AND ${table.owned('l', 'v')} AND ${seen('l')}`;
  if (batch.has(verbNumber.releaseKeep)) {
    add(
      `UPDATE ${join} SET ${[...table.releaseAssignments, 'l.state = 3'].join(', ')}, l.valid_lifetime = 0, ` +
        `l.expire = FROM_UNIXTIME(@fleet_now) WHERE ${isVerb(verbNumber.releaseKeep)} AND ${own}`,
    );
  }
  if (batch.has(verbNumber.decline)) {
    add(
      `UPDATE ${join} SET ${table.declineAssignments.join(', ')}, l.hostname = '', l.fqdn_fwd = 0, l.fqdn_rev = 0, ` +
        `l.user_context = NULL, l.state = 1, l.valid_lifetime = v.probation, ` +
        `l.expire = FROM_UNIXTIME(LEAST(@fleet_now + v.probation, ${lastTimestamp})) ` +
        `WHERE ${isVerb(verbNumber.decline)} AND ${own} AND NOT ${expired('l')}`,
    );
  }
  if (batch.has(verbNumber.replace)) {
    const set = table.fields.map((field) => `l.${field.column} = ${field.sql(`v.${field.column}`)}`);
    add(
      `UPDATE ${join} SET ${set.join(', ')}, l.expire = ${newExpire} ` +
        `WHERE ${isVerb(verbNumber.replace)} AND ${unchanged(table)} AND ${seen('l')}`,
    );
  }
  const removals: readonly (readonly [number, string])[] = [
    [verbNumber.release, own],
    [verbNumber.remove, `${table.owned('l', 'v')} AND ${seen('l')}`],
    [verbNumber.removeAny, seen('l')],
    [verbNumber.replaceByNone, `${unchanged(table)} AND ${seen('l')}`],
  ];
  for (const [verb, condition] of removals) {
    if (batch.has(verb)) add(`DELETE l FROM ${join} WHERE ${isVerb(verb)} AND ${condition}`);
  }
  if (ownStatistics) {
    const bringsClasses = writes.some((write) => {
      const lease = 'lease' in write ? write.lease : write.verb === 'replace' ? write.by : null;
      return lease != null && mayHaveClasses(lease);
    });
    for (const sql of statisticsStatements(table, `(${touched})`, bringsClasses)) add(sql);
    add('SET @fleet_statistics_off = NULL, @fleet_batch = NULL');
  }
  add('COMMIT');
  return { sql: statements.join(';\n'), clockAt, imagesAt, claimsAt };
}

/** False for a batch of new addresses: then the statement costs nothing, both databases see that before they look. */
const anyRows = '@fleet_rows IS NOT NULL';

/** From a row of the batch: cltt is given (put) or the store's clock; an infinite lease has expire = cltt. */
const newExpire =
  `FROM_UNIXTIME(GREATEST(LEAST(COALESCE(v.cltt, @fleet_now) + IF(v.valid_lifetime = ${infinite}, 0, v.valid_lifetime), ` +
  `${lastTimestamp}), 1))`;

const expired = (row: string): string =>
  `(COALESCE(${row}.valid_lifetime, 0) <> ${infinite} AND COALESCE(UNIX_TIMESTAMP(${row}.expire), 0) < @fleet_now)`;

/** The rules of a claim in judge.ts. */
function claimable<L extends Lease>(table: LeaseSql<L>, reassigns: boolean): string {
  const again = reassigns ? ` OR (v.x_state IS NOT NULL AND ${unchanged(table)})` : '';
  return `(l.state IN (2, 3) OR ${expired('l')} OR (l.state IN (0, 4) AND ${table.owned('l', 'v')})${again})`;
}

/** The row is still the one that the writer saw: sameGrant of judge.ts. */
function unchanged<L extends Lease>(table: LeaseSql<L>): string {
  const same = expectedFields(table).map(
    (field) => `l.${field.column} <=> ${field.sql(`v.x_${field.column}`)}`,
  );
  return `(${same.join(' AND ')} AND COALESCE(UNIX_TIMESTAMP(l.expire), 0) = v.x_expire)`;
}

function expectedFields<L extends Lease>(table: LeaseSql<L>): readonly LeaseField<L>[] {
  return table.fields.filter(({ column }) => table.grantColumns.includes(column));
}

function expectedOf<L extends Lease>(write: LeaseWrite<L>): L | undefined {
  if (write.verb === 'replace') return write.expected;
  return write.verb === 'claim' ? write.reassign : undefined;
}

/**
 * The batch as a table `v`, and the document it is read from. A column that is the same in every row (the lifetime, the
 * subnet, the many NULLs) becomes a literal: each path of JSON_TABLE costs a walk through its row.
 */
function source<L extends Lease>(
  table: LeaseSql<L>,
  reassigns: boolean,
  rows: readonly (readonly Cell[])[],
): { readonly sql: string; readonly json: string } {
  const columns = [
    ['a', table.addressField.type],
    ['verb', 'TINYINT'],
    ['also', table.addressField.type],
    ['cltt', 'BIGINT'],
    ['probation', 'INT UNSIGNED'],
    ...table.clientColumns.map(({ name, type }) => [name, type]),
    ...table.fields.map(({ column, type }) => [column, type]),
    ...(reassigns
      ? [['x_expire', 'BIGINT'], ...expectedFields(table).map(({ column, type }) => [`x_${column}`, type])]
      : []),
  ];
  const first = rows[0] ?? [];
  const varies = columns.map(
    (_, i) => i === 0 || rows.some((row) => (row[i] ?? null) !== (first[i] ?? null)),
  );
  const kept = columns.flatMap((_, i) => (varies[i] ? [i] : []));
  const paths = kept.map((i, place) => `${columns[i]![0]} ${columns[i]![1]} PATH '$[${place}]'`);
  const list = columns.map(([column], i) =>
    varies[i] ? `j.${column}` : `${escape(first[i] ?? null)} AS ${column}`,
  );
  return {
    sql: `(SELECT ${list.join(', ')} FROM JSON_TABLE(@fleet_batch, '$[*]' COLUMNS (${paths.join(', ')})) AS j) AS v`,
    json: JSON.stringify(rows.map((row) => kept.map((i) => row[i] ?? null))),
  };
}

function rowOf<L extends Lease>(table: LeaseSql<L>, write: LeaseWrite<L>): Cell[] {
  const lease = 'lease' in write ? write.lease : write.verb === 'replace' ? write.by : null;
  const client = 'client' in write ? write.client : null;
  const also = write.verb === 'claim' && write.alsoRemove !== undefined ? write.alsoRemove : null;
  const row: Cell[] = [
    table.addressField.cell('lease' in write ? write.lease.address : write.address),
    numberOf(write),
    also === null ? null : table.addressField.cell(also),
    lease && write.verb !== 'claim' ? lease.cltt : null,
    write.verb === 'decline' ? write.probation : null,
  ];
  row.push(...(client ? table.clientCells(client) : table.clientColumns.map(() => null)));
  row.push(...table.fields.map((field) => (lease ? field.cell(lease) : null)));
  const expected = expectedOf(write);
  if (expected) {
    const lifetime = expected.validLifetime === infiniteLifetime ? 0 : expected.validLifetime;
    row.push(expected.cltt + lifetime, ...expectedFields(table).map((field) => field.cell(expected)));
  }
  return row;
}

function numberOf(write: LeaseWrite): number {
  if (write.verb === 'release') return write.keep ? verbNumber.releaseKeep : verbNumber.release;
  if (write.verb === 'remove') return write.client ? verbNumber.remove : verbNumber.removeAny;
  if (write.verb === 'replace') return write.by ? verbNumber.replace : verbNumber.replaceByNone;
  return verbNumber[write.verb];
}
