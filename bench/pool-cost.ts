// What an exchange costs with some servers on one pool, at a fixed rate: CPU of each process, statements and commits of the
// database: `npm run build && node --import tsx bench/pool-cost.ts [servers] [rate] [seconds] [rounds]`.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { flotilla } from './lab/flotilla.ts';
import { openLab } from './lab/lab.ts';
import { perf } from './lab/load.ts';

const [servers = 2, rate = 5_000, seconds = 8, rounds = 2] = process.argv.slice(2).map(Number);
const root = resolve(import.meta.dirname, '..');
const warmSeconds = 14;
/** Of /proc/PID/stat: a hundredth of a second each. */
const tickMicroseconds = 10_000;
const counters = [
  'Questions',
  'Com_select',
  'Com_insert',
  'Com_update',
  'Com_delete',
  'Handler_commit',
  'Handler_write',
  'Handler_read_key',
  'Innodb_data_fsyncs',
  'Bytes_received',
];

const lab = await openLab(join(root, 'var/bench'));
try {
  const product = flotilla();
  const database = await lab.createDatabase(product);
  const served = await Promise.all(
    Array.from({ length: servers }, (_, slot) => lab.serve(product, slot, { database })),
  );
  const to = served.map(({ address }) => address);
  const load = (letters: readonly (string | number)[]) =>
    perf(lab.load, to, [...letters, '-R', 1_000_000, '-b', lab.clients.take(1_000_000)]);
  await load(['-r', 200, '-p', warmSeconds]);
  const [[{ pid: databaseFile }]] = (await lab.database.admin.query(
    'SELECT @@pid_file AS pid',
  )) as unknown as [[RowDataPacket]];
  const databasePid = Number(readFileSync(String(databaseFile), 'utf8'));
  const pids = [databasePid, ...served.map(({ process }) => process.pid)];
  for (let round = 0; round < rounds; round++) {
    const [cpuBefore, statusBefore] = [pids.map(cpuOf), await status()];
    const report = await load(['-r', rate, '-p', seconds]);
    const done = report.exchanges.completed;
    const cpu = pids.map((pid, i) => (cpuOf(pid) - cpuBefore[i]!) / done);
    const statusAfter = await status();
    const elapsed = seconds;
    console.log(
      `${servers} server(s), ${rate}/s: ${report.exchanges.rate.toFixed(0)}/s, ${report.exchanges.lossPercent.toFixed(2)} % lost, ` +
        `${report.refused} refused; p50 of an OFFER ${report.stages['DISCOVER-OFFER']!.latency.p50.toFixed(1)} ms, of an ACK ${report.stages['REQUEST-ACK']!.latency.p50.toFixed(1)} ms`,
    );
    console.log(
      `  µs of CPU an exchange: database ${cpu[0]!.toFixed(0)}, servers ${cpu
        .slice(1)
        .map((us) => us.toFixed(0))
        .join(' + ')} = ` +
        `${cpu
          .slice(1)
          .reduce((sum, us) => sum + us, 0)
          .toFixed(0)}, generator ${((report.generator.cpuPercent * 10_000 * elapsed) / done).toFixed(0)}`,
    );
    console.log(
      `  an exchange: ${counters.map((name) => `${name} ${((statusAfter.get(name)! - statusBefore.get(name)!) / done).toFixed(3)}`).join(', ')}`,
    );
  }
} finally {
  await lab.close();
}

function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMicroseconds;
}

async function status(): Promise<Map<string, number>> {
  const [rows] = await lab.database.admin.query<RowDataPacket[]>('SHOW GLOBAL STATUS');
  return new Map(rows.map((row) => [String(row['Variable_name']), Number(row['Value'])]));
}
