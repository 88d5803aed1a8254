// Kea's lease file: what is read, what is written, what survives a crash in the middle.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { silentLogger, type Logger } from '../../src/log.ts';
import { infiniteLifetime } from '../../src/store/lease.ts';
import { lease4Rows } from '../../src/store/memfile/lease-rows.ts';
import { openMemfileBackend, type MemfileBackend } from '../../src/store/memfile/memfile-backend.ts';
import type { Lease4 } from '../../src/store/lease.ts';
import { client4, hostAddress, lease4 } from './leases.ts';

const header =
  'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n';
let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-lease-file-'));
  path = join(folder, 'kea-leases4.csv');
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (more: { maxRowErrors?: number; logger?: Logger } = {}): Promise<MemfileBackend<Lease4>> =>
  openMemfileBackend(
    { rows: lease4Rows, path, lfcInterval: 0, maxRowErrors: more.maxRowErrors ?? 0 },
    { logger: more.logger ?? silentLogger, clock: () => 1_800_000_000_000 },
  );
const all = async (backend: MemfileBackend<Lease4>): Promise<readonly Lease4[]> =>
  (await backend.page(null, 1000, null)).leases;
const row = (address: string, hostname: string, lifetime = 3600, state = 0): string =>
  `${address},02:01:00:00:00:01,,${lifetime},${1_800_000_000 + lifetime},1,0,0,${hostname},${state},,0\n`;
const hostnames = async (): Promise<string[]> => {
  const backend = await open();
  const names = (await all(backend)).map(({ hostname }) => hostname);
  await backend.close();
  return names;
};

test('reads Kea’s rows: escapes, user context, infinite lifetime both ways, older headers', async () => {
  writeFileSync(
    path,
    header +
      '192.0.2.1,02:01:00:00:00:01,01:02,4294967295,6094967295,7,1,0,a&#x2cb,0,{ "x": [1&#x2c 2] },3\n' +
      '192.0.2.2,02:01:00:00:00:02,,4294967295,1800000000,7,0,1,,2,,0\n',
  );
  let backend = await open();
  const [first, second] = await all(backend);
  assert.deepEqual(first, {
    ...lease4(0),
    address: parseIpv4('192.0.2.1'),
    hwaddr: Uint8Array.of(2, 1, 0, 0, 0, 1),
    clientId: Uint8Array.of(1, 2),
    validLifetime: infiniteLifetime,
    cltt: 1_800_000_000,
    subnetId: 7,
    fqdnFwd: true,
    hostname: 'a,b',
    userContext: { x: [1, 2] },
    poolId: 3,
  });
  assert.deepEqual([second!.cltt, second!.state, second!.fqdnRev], [1_800_000_000, 2, true]);
  await backend.close();
  writeFileSync(
    path,
    'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname\n192.0.2.9,02:01,,10,1800000010,1,0,0,old\n',
  );
  backend = await open();
  assert.deepEqual(
    (await all(backend)).map(({ hostname, state, poolId }) => [hostname, state, poolId]),
    [['old', 0, 0]],
  );
  await backend.close();
});

test('the last row of an address wins, lifetime 0 deletes, a released lease stays', async () => {
  writeFileSync(
    path,
    header +
      row('192.0.2.1', 'a') +
      row('192.0.2.2', 'b') +
      row('192.0.2.1', 'c') +
      row('192.0.2.2', 'b', 0) +
      row('192.0.2.3', 'd', 0, 3),
  );
  assert.deepEqual(await hostnames(), ['c', 'd']);
  assert.equal(readFileSync(path, 'utf8').trim().split('\n').length, 3, 'the file was rewritten clean');
});

test('leftovers of an interrupted clean-up are read in order of age, and then gone', async () => {
  writeFileSync(`${path}.2`, header + row('192.0.2.1', 'oldest') + row('192.0.2.2', 'oldest'));
  writeFileSync(`${path}.1`, header + row('192.0.2.1', 'middle') + row('192.0.2.3', 'middle'));
  writeFileSync(path, header + row('192.0.2.3', 'newest'));
  assert.deepEqual(await hostnames(), ['middle', 'oldest', 'newest']);
  assert.deepEqual(readdirSync(folder), ['kea-leases4.csv']);
  writeFileSync(`${path}.completed`, header + row('192.0.2.8', 'complete'));
  writeFileSync(`${path}.1`, header + row('192.0.2.9', 'superseded'));
  assert.deepEqual(await hostnames(), ['middle', 'oldest', 'newest', 'complete']);
});

test('bad rows are skipped, counted and located, up to max-row-errors', async () => {
  const bad = [
    '192.0.2.x,,,1,2,1,0,0,,0,,0',
    'short,row',
    '192.0.2.5,zz,,1,2,1,0,0,,0,,0',
    '192.0.2.6,02,,1,2,1,7,0,,0,,0',
  ];
  writeFileSync(
    path,
    header + row('192.0.2.1', 'good') + bad.join('\n') + '\n' + row('192.0.2.2', 'also good'),
  );
  const lines: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    error: (id, text, fields) => lines.push(`${id} ${fields?.['line']?.toString() ?? ''} ${text}`),
  };
  await assert.rejects(open({ maxRowErrors: 3, logger }), (error: { code: string; location: object }) => {
    assert.equal(error.code, 'LEASE_FILE');
    assert.deepEqual(error.location, { file: path, line: 6 });
    return true;
  });
  assert.deepEqual(
    lines.map((line) => line.split(' ').slice(0, 2).join(' ')),
    [3, 4, 5, 6].map((n) => `DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR ${n}`),
  );
  const backend = await open({ maxRowErrors: 4 });
  assert.deepEqual(
    (await all(backend)).map(({ hostname }) => hostname),
    ['good', 'also good'],
  );
  await backend.close();
});

test('a foreign header is refused with its place', async () => {
  writeFileSync(path, 'address,colour\n');
  await assert.rejects(open(), { code: 'LEASE_FILE', location: { file: path, line: 1 } });
});

test('every acknowledged write is in the file, and reads back the same', async () => {
  const backend = await open();
  const claims = Array.from({ length: 50 }, (_, n) => ({
    verb: 'claim' as const,
    client: client4(n),
    lease: lease4(n, { hostname: 'a,&#x2c;\n"é', userContext: { n, text: ',&' } }),
  }));
  await backend.writeAll(claims);
  await backend.writeAll([{ verb: 'release', client: client4(3), address: hostAddress(3), keep: true }]);
  await backend.writeAll([{ verb: 'remove', client: null, address: hostAddress(4) }]);
  await backend.writeAll([{ verb: 'remove', client: null, address: hostAddress(3) }]);
  const before = await all(backend);
  // No close: a crash has none.
  const again = await open();
  assert.deepEqual(await all(again), before);
  assert.equal(before.length, 48);
  await Promise.all([backend.close(), again.close()]);
});

test('a row torn by a crash costs only itself', async () => {
  writeFileSync(path, header + row('192.0.2.1', 'whole'));
  appendFileSync(path, '192.0.2.2,02:01:00');
  assert.deepEqual(await hostnames(), ['whole']);
});

test('the clean-up while serving keeps every write that comes meanwhile', async () => {
  const backend = await open();
  const write = (n: number, hostname: string): Promise<unknown> =>
    backend.writeAll([{ verb: 'claim', client: client4(n), lease: lease4(n, { hostname }) }]);
  await backend.writeAll(
    Array.from({ length: 3000 }, (_, n) => ({
      verb: 'put' as const,
      lease: lease4(n, { hostname: 'first' }),
    })),
  );
  const cleaning = backend.cleanUp();
  await Promise.all([
    ...Array.from({ length: 100 }, (_, n) => write(n, 'second')),
    backend.writeAll([{ verb: 'remove', client: null, address: hostAddress(2999) }]),
  ]);
  await cleaning;
  await write(200, 'third');
  const before = await all(backend);
  await backend.close();
  assert.ok(!existsSync(`${path}.completed`));
  const again = await open();
  assert.deepEqual(
    await all(again).then((leases) => leases.map(({ hostname }) => hostname)),
    before.map(({ hostname }) => hostname),
  );
  await again.close();
});

test('a file that has nothing to clean is left as it is; one with a replaced row is rewritten', async () => {
  writeFileSync(path, header + row('192.0.2.1', 'a') + row('192.0.2.2', 'b'));
  const { ino } = statSync(path);
  assert.deepEqual(await hostnames(), ['a', 'b']);
  assert.equal(statSync(path).ino, ino);
  appendFileSync(path, row('192.0.2.1', 'c'));
  assert.deepEqual(await hostnames(), ['c', 'b']);
  assert.notEqual(statSync(path).ino, ino);
  assert.equal(readFileSync(path, 'utf8'), header + row('192.0.2.1', 'c') + row('192.0.2.2', 'b'));
});

test('rows are read whole wherever the file is cut into pieces, the last one without its line end too', async () => {
  const names = Array.from({ length: 40_000 }, (_, i) => `h${'ü'.repeat(i % 7)}${i}`);
  names[20_000] = 'x'.repeat(3 << 20);
  const address = (i: number): string => `10.0.${i >> 8}.${i & 255}`;
  const text = header + names.map((name, i) => row(address(i), name)).join('');
  writeFileSync(path, text.slice(0, -1));
  const backend = await open();
  const { leases } = await backend.page(null, Infinity, null);
  assert.deepEqual(
    leases.map(({ hostname }) => hostname),
    names,
  );
  await backend.close();
  assert.equal(readFileSync(path, 'utf8'), text);
});
