// Two DHCPv6 daemons on one pool of addresses and one of prefixes: nobody who was offered a lease is refused it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { databaseAccess, startDaemon, type Daemon } from '../support/daemon.ts';
import { createTestDatabase } from '../support/database.ts';
import { assertStatisticsEqualRecount } from '../store/statistics.ts';
import { program } from '../support/program.ts';

/** Of this process alone: two for the servers and two for the clients. */
const firstPort = 20_000 + (process.pid % 10_000) * 4;
/** New clients per second and server: enough for blocks. */
const rate = 80;
const seconds = 6;

interface Result {
  readonly exchanges: { readonly completed: number };
  readonly refused: number;
}

/** Clients that ask one server for an address and a prefix each, behind a relay on the loopback interface. */
async function clientsOf(server: number): Promise<Result> {
  const args = ['perf', '-6', '-e', 'address-and-prefix', '-A', '1', '-l', '::1', '-J', '--retransmit'];
  args.push('-r', String(rate), '-p', String(seconds), '-R', '100000', '-b', `mac=02:0c:0${server}:00:00:01`);
  args.push('-L', String(firstPort + 2 + server), '-N', String(firstPort + server), '::1');
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(output) as Result;
}

test(
  'two servers give addresses and prefixes from the same pools at once',
  { timeout: 120_000 },
  async (t) => {
    const database = await createTestDatabase();
    const dhcp6 = {
      'interfaces-config': { interfaces: ['lo/::1'] },
      'server-id': { type: 'EN' },
      'lease-database': databaseAccess(database.address),
      subnet6: [
        {
          id: 1,
          subnet: '::/16',
          interface: 'lo',
          pools: [{ pool: '::1:0:0:0:0/80' }],
          'pd-pools': [{ prefix: '2001:db8::', 'prefix-len': 36, 'delegated-len': 56 }],
        },
      ],
    };
    const daemons: Daemon[] = [];
    try {
      for (const server of [0, 1]) {
        const args = ['--instance', `server-${server}`, '-p', String(firstPort + server)];
        daemons.push(await startDaemon({ dhcp6, args }));
      }
      const results = await Promise.all([clientsOf(0), clientsOf(1)]);
      const [[row]] = await database.pool.query<RowDataPacket[]>(
        `SELECT (SELECT COUNT(*) FROM lease6 WHERE lease_type = 0) AS addresses,
              (SELECT COUNT(*) FROM lease6 WHERE lease_type = 2) AS prefixes,
              (SELECT COUNT(*) FROM fleet_offer) AS written`,
      );
      const { addresses, prefixes, written } = row as Record<'addresses' | 'prefixes' | 'written', number>;
      t.diagnostic(JSON.stringify({ addresses, prefixes, written }));
      const bound = results.reduce((sum, { exchanges }) => sum + exchanges.completed, 0);
      assert.deepEqual(
        results.map(({ refused }) => refused),
        [0, 0],
      );
      assert.equal(bound, 2 * rate * seconds);
      assert.deepEqual([addresses, prefixes], [bound, bound]);
      assert.ok(written < bound, `${written} offers were written down for ${2 * bound} leases`);
      await assertStatisticsEqualRecount(database.pool);
    } finally {
      for (const daemon of daemons) await daemon.stop();
      await database.drop();
    }
  },
);
