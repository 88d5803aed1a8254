// What `npm start -- --once` runs: the tour comes to its end, twice on one database, and leaves nothing behind.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { servableFamilies } from '../../src/tools/demo/clients.ts';
import { runDemo } from '../../src/tools/demo/demo.ts';
import { createTestDatabase } from '../support/database.ts';
import { program } from '../support/program.ts';

const scratch = mkdtempSync(join(tmpdir(), 'flt-demo-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const fileOf = (path: string): string => new URL(path, import.meta.url).pathname;

/** The tour's ports are fixed, so that what it prints can be typed. */
async function portTaken(): Promise<string | false> {
  const socket = createSocket('udp4');
  try {
    socket.bind(10_067, '127.0.0.1');
    await once(socket, 'listening');
    return false;
  } catch {
    return 'something listens on port 10067: npm start?';
  } finally {
    socket.close();
  }
}

test(
  'the tour ends with exit code 0, with clients of both families bound and a change of both followed',
  { skip: await portTaken(), timeout: 120_000 },
  async () => {
    const database = await createTestDatabase();
    const families = servableFamilies('lo');
    try {
      for (const kept of [false, true]) {
        let text = '';
        const code = await runDemo({
          database: database.address,
          program,
          directory: scratch,
          examples: fileOf('../../fleet-examples'),
          once: true,
          interface: null,
          print: (line) => (text += `${line}\n`),
          stopped: new Promise(() => undefined),
        });
        assert.equal(code, 0, text);
        for (const family of families) {
          assert.match(
            text,
            kept ? /kept: 1 DHCPv\d subnet/ : new RegExp(`loaded .*config-dhcp${family}\\.sql`),
          );
          for (const edge of ['north', 'south']) {
            assert.match(text, new RegExp(`${edge} +v${family} +20 `), text);
            const lifetime = kept ? 3600 : 5400;
            assert.match(text, new RegExp(`${edge} +v${family} +${lifetime} s +\\d+\\.\\d+ s`), text);
          }
        }
        // 20 clients at two edges: an address each, in DHCPv6 a prefix too; a second run finds the same clients.
        assert.match(text, new RegExp(`leases in the database: ${families.length === 2 ? 120 : 40}\n`));
        assert.match(text, /The tour is over/);
      }
    } finally {
      await database.drop();
    }
  },
);
