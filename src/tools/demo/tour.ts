// The stops of the demonstration where simulated clients take part.
import type { Pool } from 'mysql2/promise';
import { formatRows } from '../table.ts';
import type { DemoClients } from './clients.ts';
import type { RunningEdge } from './edges.ts';
import { countLeases, edgeRows } from './report.ts';

const clientsPerEdge = 20;
const leaseTimes = [3600, 5400] as const;
const followSeconds = 20;

export interface Stop {
  readonly pool: Pool;
  readonly edges: readonly RunningEdge[];
  readonly clients: readonly DemoClients[];
  readonly print: (line: string) => void;
}

export async function serveClients({ edges, clients, print }: Stop): Promise<void> {
  print(`\n3. ${clientsPerEdge} simulated clients at each edge, over real sockets`);
  print(
    '   v4: DISCOVER, OFFER, REQUEST, ACK. v6: SOLICIT, ADVERTISE, REQUEST, REPLY, for an address and a /56',
  );
  const rows: string[][] = [];
  for (const edge of edges) {
    const bound = await Promise.all(
      Array.from({ length: clientsPerEdge }, (_, i) =>
        clientsOf(clients, edge).bind(Uint8Array.of(2, 0, 0, 0, edge.number, i), edge.listens),
      ),
    );
    const times = bound.map((client) => client.elapsed).sort((a, b) => a - b);
    const shown = bound.slice(0, edge.family === 4 ? 3 : 1).map(({ leases }) => leases.join(' + '));
    rows.push([
      edge.name,
      `v${edge.family}`,
      String(bound.length),
      [...shown, '…'].join(', '),
      `${times[times.length >> 1]!.toFixed(1)} ms`,
      `${times[times.length - 1]!.toFixed(1)} ms`,
    ]);
  }
  print(formatRows(['edge', 'family', 'bound', 'leases', 'median', 'slowest'], rows));
}

/** A plain UPDATE for each family, and how long each edge takes until a client sees it. */
export async function changeLive({ pool, edges, clients, print }: Stop): Promise<void> {
  print('\n5. A change, by plain SQL while they serve');
  const wanted = new Map<DemoClients, number>();
  const statements: string[] = [];
  for (const each of clients) {
    const edge = edges.find(({ family }) => family === each.family)!;
    const now = await each.lifetimeOffered(Uint8Array.of(2, 0, 0, 1, 0, 0), edge.listens);
    const lifetime = now === leaseTimes[1] ? leaseTimes[0] : leaseTimes[1];
    wanted.set(each, lifetime);
    // On the subnet, because whoever played with it before may have set it there, where it beats the global value.
    const table = `dhcp${each.family}_subnet`;
    const [[subnet]] = (await pool.query(
      `SELECT subnet_id FROM ${table} ORDER BY subnet_id LIMIT 1`,
    )) as unknown as [[{ subnet_id: number }]];
    statements.push(`UPDATE ${table} SET valid_lifetime = ${lifetime} WHERE subnet_id = ${subnet.subnet_id}`);
  }
  print(statements.map((statement) => `   ${statement};`).join('\n'));
  for (const statement of statements) await pool.query(statement);
  const committed = performance.now();
  const rows = await Promise.all(
    edges.map(async (edge) => {
      const each = clientsOf(clients, edge);
      const took = await untilOffered(each, wanted.get(each)!, edge, committed);
      return [edge.name, `v${edge.family}`, `${wanted.get(each)!} s`, took];
    }),
  );
  print(formatRows(['edge', 'family', 'leases for', 'after'], rows));
  await untilCaughtUp(pool);
  print(formatRows(['edge', 'family', 'state', 'applied epoch', 'last contact'], await edgeRows(pool)));
  print(`   leases in the database: ${await countLeases(pool)}`);
}

const clientsOf = (clients: readonly DemoClients[], edge: RunningEdge): DemoClients =>
  clients.find(({ family }) => family === edge.family)!;

async function untilOffered(
  clients: DemoClients,
  lifetime: number,
  edge: RunningEdge,
  since: number,
): Promise<string> {
  const seconds = (): number => (performance.now() - since) / 1000;
  while (seconds() < followSeconds) {
    const offered = await clients.lifetimeOffered(Uint8Array.of(2, 0, 0, 1, edge.number, 0), edge.listens);
    if (offered === lifetime) return `${seconds().toFixed(2)} s`;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return `not within ${followSeconds} s: does a class or another subnet decide?`;
}

/** An edge serves a change before it reports the epoch; a person comparing numbers should see equal ones. */
async function untilCaughtUp(pool: Pool): Promise<void> {
  for (let i = 0; i < 50; i++) {
    const rows = await edgeRows(pool);
    const families = new Set(rows.map(([, family]) => family));
    const epochs = new Set(rows.map(([, family, , epoch]) => `${family} ${epoch}`));
    if (epochs.size === families.size) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
