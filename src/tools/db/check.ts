// `flotilla db check`: is the database whole? Schema, stored objects and their definers, lease counters, lost objects.
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { migrationSource } from '../../../migrations/index.ts';
import { describeDatabase, type DatabaseAddress } from '../../db/address.ts';
import { readCatalogue, type Catalogue } from '../../db/catalogue.ts';
import { compareObjects, compareTables, compareTriggerOrder, type Finding } from '../../db/inspect.ts';
import { refusalFor } from '../../db/schema-guard.ts';
import { readSchemaLevel } from '../../db/schema-level.ts';
import { expectedObjects, expectedTables } from './expected.ts';
import { withConnection, type DatabaseToolDeps } from './session.ts';

/** Prints one line per finding and fails when there is any. */
export async function checkDatabase(address: DatabaseAddress, deps: DatabaseToolDeps): Promise<void> {
  const findings = await withConnection(address, findProblems);
  for (const { object, problem } of findings) deps.write(`${object}: ${problem}\n`);
  if (findings.length === 0) {
    deps.write(`${describeDatabase(address)} is whole\n`);
    return;
  }
  deps.write(`${findings.length} findings in ${describeDatabase(address)}\n`);
  deps.fail();
}

export async function findProblems(connection: Connection): Promise<Finding[]> {
  const level = await readSchemaLevel(connection, migrationSource);
  const refusal = refusalFor(level);
  // Differences from a level that the database is not at would say nothing.
  if (refusal !== undefined) return [{ object: 'schema', problem: refusal }];
  const catalogue = await readCatalogue(connection);
  const schema = [
    ...compareTables(catalogue, expectedTables()),
    ...compareObjects(catalogue, expectedObjects()),
    ...compareTriggerOrder(catalogue, expectedObjects()),
    ...(await missingDefiners(connection, catalogue)),
  ];
  // Views on tables that are gone cannot answer.
  if (schema.some(({ object, problem }) => /^(table|view) /.test(object) && problem.includes('missing')))
    return schema;
  return [...schema, ...(await counterDrift(connection)), ...(await unassigned(connection))];
}

/** A trigger or routine acts with the rights of its definer: once that account is dropped, every change fails. */
async function missingDefiners(connection: Connection, { objects }: Catalogue): Promise<Finding[]> {
  let accounts: Set<string>;
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      "SELECT CONCAT(User, '@', Host) AS account FROM mysql.user",
    );
    accounts = new Set(rows.map((row) => String(row['account'])));
  } catch (error) {
    if ((error as { errno?: number }).errno !== 1142) throw error;
    // Only an account that may read mysql.user can tell. What this session made itself has a definer, though.
    const [[row]] = await connection.query<RowDataPacket[]>('SELECT CURRENT_USER() AS account');
    const others = objects.filter(({ definer }) => definer !== row!['account']);
    return others.length === 0
      ? []
      : [
          {
            object: `definers of ${others.length} stored objects`,
            problem: `cannot be verified: this account may not read mysql.user (${definersOf(others).join(', ')})`,
          },
        ];
  }
  return definersOf(objects)
    .filter((definer) => !accounts.has(definer))
    .map((definer) => ({
      object: `definer ${definer}`,
      problem:
        `does not exist, and ${objects.filter((one) => one.definer === definer).length} stored objects act as it: ` +
        "create the account again, or run 'flotilla db detach' and 'flotilla db init' as another",
    }));
}

function definersOf(objects: Catalogue['objects']): string[] {
  return [...new Set(objects.map(({ definer }) => definer))];
}

/** Counters of leases that differ from a count of the leases. */
async function counterDrift(connection: Connection): Promise<Finding[]> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT * FROM fleet_statistics_drift');
  return rows.map((row) => ({
    object: `table ${String(row['table_name'])}`,
    problem:
      `counts ${String(row['counter'])} leases for (${String(row['row_key'])}), there are ${String(row['leases'])}: ` +
      "'CALL fleet_recount_statistics()' puts it right",
  }));
}

/** Objects without a server link are served by nobody; Kea's tables allow them. */
async function unassigned(connection: Connection): Promise<Finding[]> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT * FROM fleet_unassigned');
  return rows.map((row) => ({
    object: `DHCPv${String(row['family'])} ${String(row['object_type'])} ${String(row['object_name'])}`,
    problem: 'is assigned to no server, so nobody serves it',
  }));
}
