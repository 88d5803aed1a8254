// What an account may do on one database, read from SHOW GRANTS, and the text of GRANT statements.
import type { Connection, RowDataPacket } from 'mysql2/promise';

export interface Account {
  readonly user: string;
  readonly host: string;
}

/** The account that this session acts as, which is not always the name it logged in with. */
export async function currentAccount(connection: Connection): Promise<Account> {
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT CURRENT_USER() AS account');
  return parseAccount(String(row!['account']));
}

/** `user@host`; without a host, any host. */
export function parseAccount(text: string): Account {
  const at = text.lastIndexOf('@');
  return at === -1 ? { user: text, host: '%' } : { user: text.slice(0, at), host: text.slice(at + 1) };
}

/** Privileges on the whole database, in capitals; `ALL PRIVILEGES` when everything. Roles in force count. */
export async function privilegesOn(connection: Connection, database: string): Promise<Set<string>> {
  const held = new Set<string>();
  for (const line of await grantLines(connection)) {
    const parts = /^(GRANT|REVOKE) (.+) ON (?:TABLE )?(.+?)\.\* (?:TO|FROM) /i.exec(line);
    if (parts === null) continue;
    const [, verb, privileges, scope] = parts;
    if (!covers(scope!, database)) continue;
    for (const privilege of privileges!.toUpperCase().split(/,\s*/)) {
      if (verb!.toUpperCase() === 'GRANT') held.add(privilege);
      else held.delete(privilege);
    }
  }
  if (held.has('ALL')) held.add('ALL PRIVILEGES');
  return held;
}

export function holds(held: ReadonlySet<string>, privilege: string): boolean {
  return held.has('ALL PRIVILEGES') || held.has(privilege);
}

/** `GRANT a, b ON scope TO account;` */
export function grantStatement(privileges: readonly string[], scope: string, account: Account): string {
  return `GRANT ${privileges.join(', ')} ON ${scope} TO ${accountName(account)};`;
}

export function accountName(account: Account): string {
  return `${quoteText(account.user)}@${quoteText(account.host)}`;
}

/** A database as the scope of a GRANT, where `_` and `%` are wildcards unless escaped (or partial_revokes is on). */
export async function databaseScope(connection: Connection, database: string): Promise<string> {
  const [rows] = await connection.query<RowDataPacket[]>("SHOW GLOBAL VARIABLES LIKE 'partial_revokes'");
  const literal = rows[0]?.['Value'] === 'ON';
  return `${quoteName(literal ? database : database.replaceAll(/[_%]/g, '\\$&'))}.*`;
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

async function grantLines(connection: Connection): Promise<string[]> {
  const [[row]] = await connection.query<RowDataPacket[]>(
    'SELECT CURRENT_ROLE() AS roles, VERSION() AS version',
  );
  const roles = row!['roles'] === null ? 'NONE' : String(row!['roles']);
  const isMariaDb = /mariadb/i.test(String(row!['version']));
  // MariaDB lists the grants of the role in force by itself; MySQL has to be asked for them by name.
  const using = isMariaDb || roles === 'NONE' ? '' : ` FOR CURRENT_USER() USING ${roles}`;
  const [lines] = await connection.query<RowDataPacket[]>(`SHOW GRANTS${using}`);
  return lines.map((line) => String(Object.values(line)[0]));
}

/** True when the database part of a GRANT's scope, quoted and with its wildcards, means this database. */
function covers(scope: string, database: string): boolean {
  if (scope === '*') return true;
  const pattern = scope.replace(/^`|`$/g, '').replaceAll('``', '`');
  if (pattern === database) return true;
  const expression = pattern.replaceAll(/\\([_%\\])|[_%]|[.*+?^${}()|[\]]/g, (part, escaped?: string) => {
    if (escaped !== undefined) return escaped === '\\' ? '\\\\' : escaped;
    if (part === '_') return '.';
    if (part === '%') return '.*';
    return `\\${part}`;
  });
  return new RegExp(`^${expression}$`, 's').test(database);
}
