// `npm start`: the fleet on this machine. Two edges of both families, one database, simulated clients, a change by plain SQL; then it stays up.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Pool } from 'mysql2/promise';
import { describeDatabase, formatDatabaseUrl, type DatabaseAddress } from '../../db/address.ts';
import { openPool } from '../../db/connect.ts';
import { messageOf } from '../../errors.ts';
import { formatRows } from '../table.ts';
import { openDemoClients, servableFamilies, type DemoClients } from './clients.ts';
import { demoEdges, startEdge, type RunningEdge } from './edges.ts';
import { seedConfiguration } from './seed.ts';
import { edgeRows, leaseRows, poolRows } from './report.ts';
import { shownPath } from './shown-path.ts';
import { changeLive, serveClients } from './tour.ts';

export interface DemoOptions {
  readonly database: DatabaseAddress;
  /** The `flotilla` program, to start the edges with. */
  readonly program: string;
  /** Where edge files, sockets and logs go. */
  readonly directory: string;
  /** The folder of fleet-examples. */
  readonly examples: string;
  /** Leave after the tour instead of staying up. */
  readonly once: boolean;
  /** Real interface to serve on the ports of the protocols instead of loopback. */
  readonly interface: string | null;
  readonly print: (line: string) => void;
  /** Resolves when the person wants to stop. */
  readonly stopped: Promise<void>;
}

/** Runs the tour. Returns the exit code; everything it started is stopped when it returns. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { print } = options;
  await mkdir(options.directory, { recursive: true });
  const pool = openPool(options.database, 2);
  const edges: RunningEdge[] = [];
  const clients: DemoClients[] = [];
  const families = servableFamilies(options.interface ?? 'lo');
  const tour = async (): Promise<void> => {
    print(`\n1. The configuration, in ${describeDatabase(options.database)}`);
    for (const family of families) print(await seedConfiguration(pool, family, options));

    print('\n2. The edges: a daemon for each family, with a local file of about fifteen lines');
    if (!families.includes(6)) print(`   DHCPv4 only: ${options.interface ?? 'lo'} has no IPv6 address`);
    for (const edge of demoEdges(families, options)) edges.push(await startEdge(edge, options));
    print(
      formatRows(
        ['edge', 'family', 'serves', 'local file', 'log'],
        edges.map((edge) => [
          edge.name,
          `v${edge.family}`,
          edge.serves,
          shownPath(edge.configPath),
          shownPath(edge.logPath),
        ]),
      ),
    );
    await Promise.race([untilServing(pool, edges), ...edges.map((edge) => edge.failed)]);
    print(formatRows(['edge', 'family', 'state', 'applied epoch', 'last contact'], await edgeRows(pool)));

    if (options.interface === null) {
      for (const family of families) clients.push(await openDemoClients[family]());
      const stop = { pool, edges, clients, print };
      await serveClients(stop);
      print('\n4. What SQL says');
      print(formatRows(['lease', 'hardware address or DUID', 'subnet', 'expires'], await leaseRows(pool, 2)));
      print(formatRows(['subnet', 'pool', 'size', 'leased', 'used'], await poolRows(pool)));
      await changeLive(stop);
    }
    if (options.once) {
      print('\nThe tour is over. Without --once the fleet stays up, to play with it.');
      return;
    }
    print(howToPlay(options, edges));
    await Promise.race([options.stopped, ...edges.map((edge) => edge.failed)]);
  };
  const running = tour();
  try {
    // Ctrl-C need not wait for the tour to come to its end.
    await Promise.race([running, options.stopped]);
    if (!options.once) print('\nstopping the edges');
    return 0;
  } catch (error) {
    print(`\nthe demonstration stopped: ${messageOf(error)}`);
    return 1;
  } finally {
    await Promise.all(clients.map((each) => each.close()));
    await Promise.all(edges.map((edge) => edge.stop()));
    await pool.end();
    await running.catch(() => undefined);
    // One may have been on its way up.
    await Promise.all(edges.map((edge) => edge.stop()));
  }
}

/** An edge reports its configuration a moment before its sockets are open; its control socket opens after them. */
async function untilServing(pool: Pool, edges: readonly RunningEdge[]): Promise<void> {
  for (;;) {
    const serving = (await edgeRows(pool)).filter(
      ([name, family, state]) =>
        state === 'serving' && edges.some((edge) => edge.name === name && `v${edge.family}` === family),
    );
    if (serving.length === edges.length && edges.every((edge) => existsSync(edge.controlSocket))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function howToPlay(options: DemoOptions, edges: readonly RunningEdge[]): string {
  const { database } = options;
  const client =
    database.socketPath === undefined
      ? `mariadb -h ${database.host} -P ${database.port}`
      : `mariadb -S ${database.socketPath}`;
  const first = edges[0]!;
  const program = `node ${shownPath(options.program)}`;
  return [
    '\nThe fleet stays up; Ctrl-C stops it. To play with it, in another terminal:',
    `   ${client} -u ${database.user} ${database.database}`,
    '     UPDATE dhcp4_subnet SET valid_lifetime = 600 WHERE subnet_id = 20;',
    "     INSERT INTO dhcp4_pool (subnet_id, start_address, end_address) VALUES (20, INET_ATON('10.20.32.0'), INET_ATON('10.20.32.255'));",
    ...(edges.some(({ family }) => family === 6)
      ? [
          "     INSERT INTO dhcp6_pd_pool (subnet_id, prefix, prefix_length, delegated_prefix_length, excluded_prefix_length) VALUES (20, '2001:db8:3000::', 40, 56, 0);",
        ]
      : []),
    '     SELECT epoch, changed_at, db_user, table_name, operation FROM fleet_change ORDER BY epoch DESC LIMIT 5;',
    `   export DATABASE_URL='${formatDatabaseUrl({ ...database, password: '' })}'`,
    `   ${program} fleet status`,
    `   ${program} fleet changes --limit 5`,
    `   ${program} shell ${first.controlSocket} status-get`,
    ...edges
      .filter(({ name }) => name === first.name)
      .map(({ family, controlSocket }) => `   ${program} shell ${controlSocket} lease${family}-get-all`),
    `   tail -f ${shownPath(first.logPath)}`,
  ].join('\n');
}
