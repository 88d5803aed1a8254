// Reservations in the `hosts` table that cannot work, found for the whole table at once whenever it or the subnets changed.
import type { Connection } from 'mysql2/promise';
import type { Address, Family } from '../addr/family.ts';
import { formatHex } from '../addr/hex.ts';
import { formatIpv4 } from '../addr/ipv4.ts';
import { formatIpv6, ipv6FromBytes } from '../addr/ipv6.ts';
import type { Rejection } from '../config/parts.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { hostIdentifierType } from '../store/host-store.ts';
import type { Row } from './column-values.ts';
import type { Position } from './fetched.ts';
import * as sql from './reservation-statements.ts';
import { selectAll } from './session.ts';

/** What the reservations of a table are judged by. */
export type ReservationScope = Pick<Snapshot, 'family' | 'subnets' | 'globals'>;

/** Hosts at this position → what is wrong with them. Never throws: what cannot be read is said once, and tried again. */
export type ReservationCheck = (connection: Connection, hosts: Position) => Promise<readonly Rejection[]>;

/** `scope`: of the running configuration. A scope with the same map of subnets is the same scope. */
export function createReservationCheck(
  scope: () => ReservationScope,
  { log }: { readonly log: Logger },
): ReservationCheck {
  let checked: { readonly token: string; readonly scope: ReservationScope } | null = null;
  let found: readonly Rejection[] = [];
  let said = '';
  return async (connection, { token }) => {
    const now = scope();
    if (checked?.token === token && checked.scope.subnets === now.subnets) return found;
    try {
      found = await findBadReservations(connection, now);
      checked = { token, scope: now };
    } catch (error) {
      const message = messageOf(error);
      if (message !== said)
        log.warn('FLOTILLA_RESERVATIONS_UNCHECKED', `cannot check the reservations: ${message}`);
      said = message;
    }
    return found;
  };
}

export async function findBadReservations(
  connection: Connection,
  { family, subnets, globals }: ReservationScope,
): Promise<readonly Rejection[]> {
  const [badFields, perSubnet, twice] = await selectAll(connection, [
    sql.selectBadFields(family),
    sql.selectReservedRanges(family),
    ...(globals.ipReservationsUnique ? [sql.selectReservedTwice(family)] : []),
  ]);
  const book = new FindingBook();
  for (const row of badFields!) book.add(row, fieldReason(row));
  addTwice(book, twice ?? [], family);

  const unknown: number[] = [];
  const outside: sql.SubnetRange[] = [];
  for (const row of perSubnet!) {
    const id = Number(row.subnet_id);
    const subnet = subnets.get(id);
    if (!subnet) unknown.push(id);
    else if (
      row.lowest !== null &&
      (addressIn(row.lowest) < subnet.first || addressIn(row.highest) > subnet.last)
    )
      outside.push(subnet);
  }
  // What the table knows of other servers' subnets is theirs to judge.
  const nowhere =
    unknown.length === 0
      ? []
      : (await selectAll(connection, [sql.selectMissingSubnets(family, unknown)]))[0]!;
  const missing = nowhere.map((row) => Number(row.subnet_id));
  if (missing.length > 0) {
    const [rows] = await selectAll(connection, [sql.selectHostsOfSubnets(family, missing)]);
    for (const row of rows!) book.add(row, `there is no subnet ${Number(row.subnet_id)}`);
  }
  for (let start = 0; start < outside.length; start += sql.mostRanges) {
    const [rows] = await selectAll(connection, [
      sql.selectOutside(family, outside.slice(start, start + sql.mostRanges)),
    ]);
    for (const row of rows!) {
      const { prefix } = subnets.get(Number(row.subnet_id))!;
      book.add(
        row,
        `the reserved address ${addressOf(row)} is not inside the subnet ${prefix}: it is not used`,
      );
    }
  }
  return book.rejections();
}

/** The lowest row that can be looked up keeps the address, as the lookup of the host store has it. */
function addTwice(book: FindingBook, rows: readonly Row[], family: Family): void {
  const owners = new Map<string, number>();
  for (const row of rows) {
    if (fieldProblem(row) !== null) continue;
    const key = `${Number(row.subnet_id)} ${addressOf(row)}`;
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, Number(row.host_id));
    else
      book.add(
        row,
        `duplicate reservation: ${addressOf(row)} is reserved by host ${owner} already` +
          (family === 4 ? '; this client gets another address' : ''),
      );
  }
}

function fieldReason(row: Row): string {
  return (
    fieldProblem(row) ??
    `'${String(row.client_classes)}' is not a list of class names with commas between them: no class is used`
  );
}

function fieldProblem(row: Row): string | null {
  if (!identifierNames.has(Number(row.dhcp_identifier_type)))
    return `no client is known by an identifier of type ${Number(row.dhcp_identifier_type)}`;
  return (row.dhcp_identifier as Uint8Array).length === 0 ? 'the identifier is empty' : null;
}

/** One rejection per host, whatever is wrong with it. */
class FindingBook {
  readonly #reasons = new Map<number, { readonly name: string; readonly reasons: string[] }>();
  #rows = 0;

  add(row: Row, reason: string): void {
    this.#rows++;
    const id = Number(row.host_id);
    const known = this.#reasons.get(id);
    if (known) known.reasons.push(reason);
    else this.#reasons.set(id, { name: `${id} ${identifierText(row)}`, reasons: [reason] });
  }

  rejections(): readonly Rejection[] {
    const all = [...this.#reasons].map(([rowId, { name, reasons }]) =>
      rejection(rowId, name, reasons.join('; ')),
    );
    if (this.#rows >= sql.mostRows)
      all.push(rejection(0, 'others', `only the first ${sql.mostRows} of a kind are listed`));
    return all;
  }
}

function rejection(rowId: number, objectKey: string, reason: string): Rejection {
  return {
    objectType: 'reservation',
    objectKey,
    origin: { kind: 'database', rowId },
    reason,
    lastGoodKept: false,
  };
}

function identifierText(row: Row): string {
  const type = Number(row.dhcp_identifier_type);
  return `${identifierNames.get(type) ?? `type ${type}`} ${formatHex(row.dhcp_identifier as Uint8Array)}`;
}

/** An address column: a number in DHCPv4, sixteen bytes in DHCPv6. */
function addressIn(value: unknown): Address {
  return value instanceof Uint8Array ? ipv6FromBytes(value) : Number(value);
}

/** `192.0.2.7`, `2001:db8::7`, `2001:db8::/56`. */
function addressOf(row: Row): string {
  const address = addressIn(row.address);
  if (typeof address === 'number') return formatIpv4(address);
  return Number(row.type) === 2 ? `${formatIpv6(address)}/${Number(row.prefix_len)}` : formatIpv6(address);
}

const identifierNames: ReadonlyMap<number, string> = new Map(
  Object.entries(hostIdentifierType).map(([name, number]) => [number, name]),
);
