// `npm start`: the fleet on this machine. Two edges, one database, simulated clients, one change by plain SQL; then it stays up.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Pool } from 'mysql2/promise';
import { formatIpv4 } from '../../addr/ipv4.ts';
import { describeDatabase, formatDatabaseUrl, type DatabaseAddress } from '../../db/address.ts';
import { openPool } from '../../db/connect.ts';
import { messageOf } from '../../errors.ts';
import type { Message4 } from '../../wire/v4/message.ts';
import { formatRows } from '../table.ts';
import { openSimulatedRelay, type SimulatedRelay } from '../simulated-relay.ts';
import { demoEdges, startEdge, type RunningEdge } from './edges.ts';
import { seedConfiguration } from './seed.ts';
import { countLeases, edgeRows, leaseRows, poolRows } from './report.ts';

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
  /** Real interface to serve on port 67 instead of loopback. */
  readonly interface: string | null;
  readonly print: (line: string) => void;
  /** Resolves when the person wants to stop. */
  readonly stopped: Promise<void>;
}

const clientsPerEdge = 20;
const leaseTimes = [3600, 5400] as const;
const followSeconds = 20;

/** Runs the tour. Returns the exit code; everything it started is stopped when it returns. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { print } = options;
  await mkdir(options.directory, { recursive: true });
  const pool = openPool(options.database, 2);
  const edges: RunningEdge[] = [];
  const relays: SimulatedRelay[] = [];
  const tour = async (): Promise<void> => {
    print(`\n1. The configuration, in ${describeDatabase(options.database)}`);
    print(await seedConfiguration(pool, options.examples));

    print('\n2. Two edges, each with a local file of about fifteen lines');
    for (const edge of demoEdges(options)) edges.push(await startEdge(edge, options));
    print(
      formatRows(
        ['edge', 'serves', 'local file', 'log'],
        edges.map((edge) => [edge.name, edge.serves, edge.configPath, edge.logPath]),
      ),
    );
    await Promise.race([untilServing(pool, edges), ...edges.map((edge) => edge.failed)]);
    print(formatRows(['edge', 'tag', 'state', 'applied epoch', 'last contact'], await edgeRows(pool)));

    if (options.interface === null) {
      const relay = await openSimulatedRelay({ address: '127.0.0.1' });
      relays.push(relay);
      await serveClients(relay, edges, print);
      print('\n4. What SQL says');
      print(formatRows(['address', 'hardware address', 'subnet', 'expires'], await leaseRows(pool, 6)));
      print(formatRows(['subnet', 'pool', 'size', 'leased', 'used'], await poolRows(pool)));
      await changeLive(relay, pool, edges, print);
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
    await Promise.all(relays.map((relay) => relay.close()));
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
      (row) => row[2] === 'serving' && edges.some((edge) => edge.name === row[0]),
    );
    if (serving.length === edges.length && edges.every((edge) => existsSync(edge.controlSocket))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Option 51; null without one. */
function leaseTimeOf(offer: Message4 | null): number | null {
  const bytes = offer?.options.get(51);
  return bytes?.length === 4 ? Buffer.from(bytes).readUInt32BE() : null;
}

/** An edge serves a change before it reports the epoch; a person comparing numbers should see equal ones. */
async function untilCaughtUp(pool: Pool): Promise<void> {
  for (let i = 0; i < 50; i++) {
    if (new Set((await edgeRows(pool)).map((row) => row[3])).size === 1) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function serveClients(
  relay: SimulatedRelay,
  edges: readonly RunningEdge[],
  print: (line: string) => void,
): Promise<void> {
  print(
    `\n3. ${clientsPerEdge} simulated clients at each edge: DISCOVER, OFFER, REQUEST, ACK over real sockets`,
  );
  const rows: string[][] = [];
  for (const edge of edges) {
    const bound = await Promise.all(
      Array.from({ length: clientsPerEdge }, (_, i) =>
        relay.bind({ hwaddr: Uint8Array.of(2, 0, 0, 0, edge.number, i) }, edge.listens),
      ),
    );
    const times = bound.map((client) => client.elapsed).sort((a, b) => a - b);
    rows.push([
      edge.name,
      String(bound.length),
      bound
        .slice(0, 3)
        .map((client) => formatIpv4(client.address))
        .join(', ') + ', …',
      `${times[times.length >> 1]!.toFixed(1)} ms`,
      `${times[times.length - 1]!.toFixed(1)} ms`,
    ]);
  }
  print(formatRows(['edge', 'bound', 'addresses', 'median', 'slowest'], rows));
}

/** One plain UPDATE, and how long each edge takes until a client sees it. */
async function changeLive(
  relay: SimulatedRelay,
  pool: Pool,
  edges: readonly RunningEdge[],
  print: (line: string) => void,
): Promise<void> {
  // On the subnet, because whoever played with it before may have set it there, where it beats the global value.
  const [[subnet]] = (await pool.query(
    'SELECT subnet_id FROM dhcp4_subnet ORDER BY subnet_id LIMIT 1',
  )) as unknown as [[{ subnet_id: number }]];
  const now = await relay.discover({ hwaddr: Uint8Array.of(2, 0, 0, 1, 0, 0) }, edges[0]!.listens);
  const wanted = leaseTimeOf(now) === leaseTimes[1] ? leaseTimes[0] : leaseTimes[1];
  const statement = `UPDATE dhcp4_subnet SET valid_lifetime = ${wanted} WHERE subnet_id = ${subnet.subnet_id}`;
  print(`\n5. A change, by plain SQL while they serve\n   ${statement};`);
  await pool.query(statement);
  const committed = performance.now();
  const rows = await Promise.all(
    edges.map(async (edge) => {
      const client = { hwaddr: Uint8Array.of(2, 0, 0, 1, edge.number, 0) };
      while (performance.now() - committed < followSeconds * 1000) {
        const offer = await relay.discover(client, edge.listens);
        if (leaseTimeOf(offer) === wanted)
          return [edge.name, `${((performance.now() - committed) / 1000).toFixed(2)} s`];
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return [edge.name, `not within ${followSeconds} s: does a class or another subnet decide?`];
    }),
  );
  print(formatRows(['edge', `offers ${wanted} s after`], rows));
  await untilCaughtUp(pool);
  print(formatRows(['edge', 'tag', 'state', 'applied epoch', 'last contact'], await edgeRows(pool)));
  print(`   leases in the database: ${await countLeases(pool)}`);
}

function howToPlay(options: DemoOptions, edges: readonly RunningEdge[]): string {
  const { database } = options;
  const client =
    database.socketPath === undefined
      ? `mariadb -h ${database.host} -P ${database.port}`
      : `mariadb -S ${database.socketPath}`;
  const first = edges[0]!;
  return [
    '\nThe fleet stays up; Ctrl-C stops it. To play with it, in another terminal:',
    `   ${client} -u ${database.user} ${database.database}`,
    '     UPDATE dhcp4_subnet SET valid_lifetime = 600 WHERE subnet_id = 20;',
    "     INSERT INTO dhcp4_pool (subnet_id, start_address, end_address) VALUES (20, INET_ATON('10.20.32.0'), INET_ATON('10.20.32.255'));",
    '     SELECT epoch, changed_at, db_user, table_name, operation FROM fleet_change ORDER BY epoch DESC LIMIT 5;',
    `   export DATABASE_URL='${formatDatabaseUrl({ ...database, password: '' })}'`,
    `   node ${options.program} fleet status`,
    `   node ${options.program} fleet changes --limit 5`,
    `   node ${options.program} shell ${first.controlSocket} status-get`,
    `   node ${options.program} shell ${first.controlSocket} lease4-get-all`,
    `   tail -f ${first.logPath}`,
  ].join('\n');
}
