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

const driftView = 'fleet_statistics_drift';

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
  const tablesMissing = schema.some(
    ({ object, problem }) => object.startsWith('table ') && problem === 'is missing',
  );
  if (tablesMissing) return schema;
  return [...schema, ...(await counterDrift(connection, catalogue)), ...(await unassigned(connection))];
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
async function counterDrift(connection: Connection, { objects }: Catalogue): Promise<Finding[]> {
  if (!objects.some(({ name }) => name === driftView)) return [];
  const [rows] = await connection.query<RowDataPacket[]>(`SELECT * FROM ${driftView}`);
  return rows.map((row) => ({
    object: 'lease counters',
    problem: Object.entries(row)
      .map(([column, value]) => `${column} ${String(value)}`)
      .join(', '),
  }));
}

/** Objects without a server link are served by nobody; Kea's tables allow them. */
async function unassigned(connection: Connection): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const family of [4, 6] as const) {
    for (const { table, key, link, name } of linkedTables) {
      const [rows] = await connection.query<RowDataPacket[]>(
        `SELECT o.${name} AS name FROM dhcp${family}_${table} o
         LEFT JOIN dhcp${family}_${table}_server s ON s.${link} = o.${key}
         WHERE s.${link} IS NULL ORDER BY 1`,
      );
      for (const row of rows)
        findings.push({
          object: `dhcp${family}_${table} ${String(row['name'])}`,
          problem: 'is assigned to no server, so nobody serves it',
        });
    }
  }
  return findings;
}

const linkedTables = [
  { table: 'subnet', key: 'subnet_id', link: 'subnet_id', name: 'subnet_id' },
  { table: 'shared_network', key: 'id', link: 'shared_network_id', name: 'name' },
  { table: 'client_class', key: 'id', link: 'class_id', name: 'name' },
  { table: 'option_def', key: 'id', link: 'option_def_id', name: 'name' },
  { table: 'global_parameter', key: 'id', link: 'parameter_id', name: 'name' },
] as const;
