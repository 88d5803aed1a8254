// perfdhcp through two edges at once on one shared pool, in namespaces: `node --import tsx bench/shared-pool.ts [rate] [seconds] [edges]`.
import { once } from 'node:events';
import type { RowDataPacket } from 'mysql2/promise';
import { openPool } from '../src/db/connect.ts';
import { databaseAccess, startDaemon, type Daemon } from '../test/support/daemon.ts';
import { createMigratedServer } from '../test/support/migrated-server.ts';
import { createNetwork, namespacesMissing, programsMissing, type Host } from '../test/support/netns.ts';

const rate = Number(process.argv[2] ?? 500);
const seconds = Number(process.argv[3] ?? 20);
const edgeCount = Number(process.argv[4] ?? 2);
const missing = namespacesMissing() || programsMissing('perfdhcp');
if (missing) {
  console.log(`skipped: ${missing}`);
  process.exit(0);
}

const { server, address } = await createMigratedServer();
const pool = openPool(address, 2);
await pool.query(`
  INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix) VALUES (1, '10.0.0.0/8');
  INSERT INTO dhcp4_subnet_server (subnet_id, server_id) VALUES (1, 1);
  INSERT INTO dhcp4_pool (subnet_id, start_address, end_address) VALUES (1, INET_ATON('10.128.0.0'), INET_ATON('10.128.255.255'))`);
const network = createNetwork();
const edges: Daemon[] = [];
try {
  for (let i = 0; i < edgeCount; i++) {
    const host = network.host(`edge${i}`, 'lan', `10.99.0.${i + 1}/8`);
    edges.push(
      await startDaemon({
        dhcp4: {
          'interfaces-config': { interfaces: ['eth0'], 'dhcp-socket-type': 'udp' },
          'config-control': { 'config-databases': [databaseAccess(address)], 'config-fetch-wait-time': 5 },
          'lease-database': databaseAccess(address),
        },
        host,
        args: ['--instance', `edge-${i}`],
      }),
    );
  }
  console.log(
    `${edgeCount} edge(s), one pool of 65,536, ${rate} exchanges/s offered to each for ${seconds} s`,
  );
  const reports = await Promise.all(
    Array.from({ length: edgeCount }, (_, i) =>
      perfdhcp(network.host(`load${i}`, 'lan', `10.99.0.${i + 11}/8`), i),
    ),
  );
  for (const [i, report] of reports.entries()) console.log(`--- edge ${i}\n${report}`);
  const [[row]] = (await pool.query(
    'SELECT COUNT(*) AS leases, COUNT(DISTINCT hwaddr) AS clients FROM lease4 WHERE state = 0',
  )) as unknown as [[RowDataPacket]];
  const [drift] = await pool.query<RowDataPacket[]>('SELECT * FROM fleet_statistics_drift');
  console.log(
    `leases ${row['leases']}, distinct clients ${row['clients']}, counters that differ from a recount: ${drift.length}`,
  );
} finally {
  await Promise.all(edges.map((edge) => edge.stop()));
  await pool.end();
  network.close();
  await server.stop();
}

async function perfdhcp(host: Host, edge: number): Promise<string> {
  // A base of its own for each generator, so that no client is simulated twice.
  const base = `mac=00:0c:0${edge + 1}:00:00:00`;
  const child = host.spawn([
    // It polls without pause: niced, it does not take the cores from the servers that it measures.
    'nice',
    '-n',
    '19',
    'perfdhcp',
    '-4',
    '-r',
    String(rate),
    '-p',
    String(seconds),
    '-R',
    '1000000',
    '-b',
    base,
    `10.99.0.${edge + 1}`,
  ]);
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'exit');
  return text
    .split('\n')
    .filter((line) => /Rate|drops|sent|received|ratio|avg delay|max delay/.test(line))
    .join('\n');
}
