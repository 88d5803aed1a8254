// `flotilla db grants`: the least that an edge, a DBA or a reporting account needs, as statements to review and run.
import { contractTables, type ContractTable } from '../../../migrations/contract.ts';
import type { DatabaseAddress } from '../../db/address.ts';
import { accountName, databaseScope, grantStatement, parseAccount, quoteName } from '../../db/grants.ts';
import { FlotillaError } from '../../errors.ts';
import { withConnection, type DatabaseToolDeps } from './session.ts';

export interface GrantsOptions {
  readonly edge?: string;
  readonly dba?: string;
  readonly report?: string;
}

const everyChange = ['INSERT', 'UPDATE', 'DELETE'];
/** What an edge writes: leases and their counters, and what it says about itself. */
const edgeTables =
  /^(lease[46](_stat|_pool_stat|_stat_by_client_class)?|fleet_server|fleet_rejection|fleet_offer(_server|_block)?)$/;
/** What people edit. The audit tables, the change log and fixed lists are written by triggers or by nobody. */
const dbaTables = /^(dhcp[46]_(?!audit).+|hosts|ipv6_reservations|lease[46])$/;
/** TSIG-like secrets of clients: no report needs them. */
const secretColumns: Readonly<Record<string, readonly string[]>> = { hosts: ['auth_key'] };
/** Row images repeat every column, secrets included; the view of them would answer with its owner's rights. */
const secretTables: ReadonlySet<string> = new Set(['fleet_change', 'fleet_history']);

/** Throws USAGE when no account is named. */
export async function printGrants(
  address: DatabaseAddress,
  options: GrantsOptions,
  deps: DatabaseToolDeps,
): Promise<void> {
  if (options.edge === undefined && options.dba === undefined && options.report === undefined)
    throw new FlotillaError('USAGE', 'name an account: --edge USER, --dba USER or --report USER');
  await withConnection(address, async (connection) => {
    const [rows] = await connection.query(
      'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME',
    );
    const tables = (rows as { name: string }[]).map(({ name }) => name);
    const whole = await databaseScope(connection, address.database);
    const one = (name: string): string => `${quoteName(address.database)}.${quoteName(name)}`;
    const statements = [
      ...(options.edge === undefined ? [] : edgeGrants(options.edge)),
      ...(options.dba === undefined ? [] : dbaGrants(options.dba)),
      ...(options.report === undefined ? [] : reportGrants(options.report)),
    ];
    deps.write(`${statements.join('\n')}\n`);

    function edgeGrants(name: string): string[] {
      const account = parseAccount(name);
      return [
        createUser(name),
        grantStatement(['SELECT'], whole, account),
        ...tables
          .filter((table) => edgeTables.test(table))
          .map((table) => grantStatement(everyChange, one(table), account)),
        grantStatement(['INSERT'], one('logs'), account),
        grantStatement(['EXECUTE'], `PROCEDURE ${one('fleet_detect_truncate')}`, account),
      ];
    }

    function dbaGrants(name: string): string[] {
      const account = parseAccount(name);
      return [
        createUser(name),
        grantStatement(['SELECT', 'SHOW VIEW'], whole, account),
        ...tables
          .filter((table) => dbaTables.test(table))
          .map((table) => grantStatement(everyChange, one(table), account)),
        ...['createAuditRevisionDHCP4', 'createAuditRevisionDHCP6'].map((routine) =>
          grantStatement(['EXECUTE'], `PROCEDURE ${one(routine)}`, account),
        ),
      ];
    }

    function reportGrants(name: string): string[] {
      const account = parseAccount(name);
      return [
        createUser(name),
        ...tables
          .filter((table) => !secretTables.has(table))
          .map((table) => grantStatement([readable(table)], one(table), account)),
      ];
    }
  });
}

/** The whole table, or its columns without the secret ones. */
function readable(table: string): string {
  const secret = secretColumns[table];
  if (secret === undefined) return 'SELECT';
  const { columns } = contractTables.find(({ name }) => name === table) as ContractTable;
  const names = columns.map(({ name }) => name).filter((name) => !secret.includes(name));
  return `SELECT (${names.map(quoteName).join(', ')})`;
}

function createUser(name: string): string {
  return `-- CREATE USER IF NOT EXISTS ${accountName(parseAccount(name))} IDENTIFIED BY '…';`;
}
