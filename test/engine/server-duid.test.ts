// The server DUID: what is kept and what is made, as Kea 3.0.4 answered to the same files, and the file on disk.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatHex, parseHex } from '../../src/addr/hex.ts';
import { hardwareOf, openServerDuid } from '../../src/bin/server-duid-file.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { serverDuid, type DuidSources } from '../../src/engine/v6/server-duid.ts';
import { silentLogger, type Logger } from '../../src/log.ts';
import { load6 } from '../config/parts6.ts';

const sources: DuidSources = {
  hardware: () => ({ htype: 1, address: parseHex('02:fc:00:00:00:01') }),
  now: () => 946_684_800 + 0x32_94_35_1c + 0.7,
  randomBytes: (length) => new Uint8Array(length).fill(0x77),
};
const globals = (serverId: JsonMap = {}) => load6({ 'server-id': serverId }).globals;

/** What is configured, what was kept, what is used. */
const rows: readonly (readonly [JsonMap, string | null, string])[] = [
  [{}, null, '00:01:00:01:32:94:35:1c:02:fc:00:00:00:01'],
  [{}, '00:01:00:01:00:00:00:05:02:fc:00:00:00:99', '00:01:00:01:00:00:00:05:02:fc:00:00:00:99'],
  [{}, '00:01:00:08:00:00:00:00:02:fc:00:00:00:99', '00:01:00:08:32:94:35:1c:02:fc:00:00:00:99'],
  // Of another type, or no DUID: nothing of it counts.
  [{}, '00:02:00:00:09:bf:01:02:03:04:05:06', '00:01:00:01:32:94:35:1c:02:fc:00:00:00:01'],
  [{}, '00:03:00:01:02:fc:00:00:00:99', '00:01:00:01:32:94:35:1c:02:fc:00:00:00:01'],
  [{}, '00:04:00:01:02:fc:00:00:00:99:01:02:03:04:05:06:07:08', '00:01:00:01:32:94:35:1c:02:fc:00:00:00:01'],
  [{}, '00:01:00', '00:01:00:01:32:94:35:1c:02:fc:00:00:00:01'],
  [{}, '00:01:00:08:00:00:00:05', '00:01:00:01:32:94:35:1c:02:fc:00:00:00:01'],
  // What is configured wins, and what it leaves open is the kept one's.
  [{ time: 1000 }, '00:01:00:01:00:00:00:05:02:fc:00:00:00:99', '00:01:00:01:00:00:03:e8:02:fc:00:00:00:99'],
  [
    { htype: 6, time: 9 },
    '00:01:00:08:00:00:00:05:02:fc:00:00:00:99',
    '00:01:00:08:00:00:00:09:02:fc:00:00:00:99',
  ],
  [
    { identifier: 'a1a2a3a4a5a6' },
    '00:01:00:08:00:00:00:05:02:fc:00:00:00:99',
    '00:01:00:08:00:00:00:05:a1:a2:a3:a4:a5:a6',
  ],
  [
    { identifier: 'a1a2a3a4a5a6', htype: 9, time: 77 },
    '00:01:00:08:00:00:00:05:02:fc:00:00:00:99',
    '00:01:00:09:00:00:00:4d:a1:a2:a3:a4:a5:a6',
  ],
  [
    { identifier: 'a1a2a3a4a5a6' },
    '00:03:00:08:02:fc:00:00:00:99',
    '00:01:00:01:32:94:35:1c:a1:a2:a3:a4:a5:a6',
  ],
  [{ type: 'LL' }, null, '00:03:00:01:02:fc:00:00:00:01'],
  [{ type: 'LL', htype: 8 }, '00:03:00:01:02:fc:00:00:00:01', '00:03:00:01:02:fc:00:00:00:01'],
  [
    { type: 'LL', identifier: 'a1a2a3a4a5a6' },
    '00:03:00:08:02:fc:00:00:00:99',
    '00:03:00:08:a1:a2:a3:a4:a5:a6',
  ],
  [{ type: 'LL', identifier: 'a1a2a3a4a5a6' }, null, '00:03:00:01:a1:a2:a3:a4:a5:a6'],
  [{ type: 'EN' }, null, '00:02:00:00:09:bf:77:77:77:77:77:77'],
  [{ type: 'EN' }, '00:02:00:00:00:05:77:5a:0e:76:1e:c9', '00:02:00:00:00:05:77:5a:0e:76:1e:c9'],
  [
    { type: 'EN', 'enterprise-id': 5 },
    '00:02:00:00:09:bf:77:5a:0e:76:1e:c9',
    '00:02:00:00:00:05:77:5a:0e:76:1e:c9',
  ],
  [
    { type: 'EN', identifier: 'aabbccdd' },
    '00:02:00:00:00:05:77:5a:0e:76:1e:c9',
    '00:02:00:00:00:05:aa:bb:cc:dd',
  ],
];

for (const [configured, kept, expected] of rows) {
  test(`server-id ${JSON.stringify(configured)} beside ${kept ?? 'nothing'} is ${expected}`, () => {
    const duid = serverDuid(globals(configured).serverId, kept === null ? null : parseHex(kept), sources);
    assert.equal(formatHex(duid), expected);
  });
}

test('without any hardware address only a DUID that needs none can be made', () => {
  const none: DuidSources = { ...sources, hardware: () => null };
  for (const type of ['LLT', 'LL'])
    assert.throws(() => serverDuid(globals({ type }).serverId, null, none), {
      code: 'SERVER_DUID',
      message: /no interface has a hardware address/,
    });
  const kept = '00:01:00:01:00:00:00:05:02:fc:00:00:00:99';
  assert.equal(formatHex(serverDuid(globals().serverId, parseHex(kept), none)), kept);
  const ll = serverDuid(globals({ type: 'LL', identifier: '0102' }).serverId, null, none);
  assert.equal(formatHex(ll), '00:03:00:01:01:02');
});

test('the hardware address is the first that is not of loopback and not empty', () => {
  const info = (mac: string, internal = false) =>
    [{ mac, internal, address: '', netmask: '', family: 'IPv4', cidr: null }] as never;
  const lo = info('00:00:00:00:00:00', true);
  assert.equal(hardwareOf({ lo, tun0: info('00:00:00:00:00:00') }), null);
  assert.deepEqual(hardwareOf({ lo, tun0: info('00:00:00:00:00:00'), eth0: info('02:00:00:00:00:07') }), {
    htype: 1,
    address: parseHex('02:00:00:00:00:07'),
  });
});

const directory = mkdtempSync(join(tmpdir(), 'flotilla-duid-'));
after(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'kea-dhcp6-serverid');

/** Opens with this `server-id`; what was logged beside. */
async function open(serverId: JsonMap = {}, stateDirectory = directory) {
  const said: string[] = [];
  const log: Logger = { ...silentLogger, info: (id) => void said.push(id), warn: (id) => void said.push(id) };
  const duid = await openServerDuid(globals(serverId), { stateDirectory }, { log, sources });
  return { duid: formatHex(duid), said };
}
const using = 'DHCP6_USING_SERVERID';
const changed = 'FLOTILLA_SERVERID_CHANGED';

test('the DUID is made once, kept as Kea writes it, and used from then on', async () => {
  const made = await open();
  assert.deepEqual(made, { duid: '00:01:00:01:32:94:35:1c:02:fc:00:00:00:01', said: [using] });
  assert.equal(readFileSync(path, 'utf8'), made.duid);
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(directory), ['kea-dhcp6-serverid']);
  // The very bytes that Kea 3.0.4 left.
  writeFileSync(path, '00:01:00:01:32:94:35:3c:02:fc:00:00:00:99');
  assert.deepEqual(await open(), { duid: '00:01:00:01:32:94:35:3c:02:fc:00:00:00:99', said: [using] });
});

test('a file that does not fit is replaced with a warning', async () => {
  for (const text of ['', 'junk', '00:02:00:00:09:bf:01:02:03:04:05:06', '00:01:00\n']) {
    writeFileSync(path, text);
    assert.deepEqual((await open()).said, [changed, using], JSON.stringify(text));
    assert.equal(readFileSync(path, 'utf8'), '00:01:00:01:32:94:35:1c:02:fc:00:00:00:01');
  }
  writeFileSync(path, '00:01:00:01:00:00:00:05:02:fc:00:00:00:99\n');
  assert.deepEqual(await open(), { duid: '00:01:00:01:00:00:00:05:02:fc:00:00:00:99', said: [using] });
});

test('without persist the file is neither read nor written', async () => {
  writeFileSync(path, '00:02:00:00:00:05:77:5a:0e:76:1e:c9');
  const { duid } = await open({ type: 'EN', persist: false });
  assert.equal(duid, '00:02:00:00:09:bf:77:77:77:77:77:77');
  assert.equal(readFileSync(path, 'utf8'), '00:02:00:00:00:05:77:5a:0e:76:1e:c9');
});

test('the file lies in data-directory when that is set', async () => {
  const other = mkdtempSync(join(tmpdir(), 'flotilla-duid-'));
  const { globals: configured } = load6({ 'data-directory': other, 'server-id': { type: 'LL' } });
  await openServerDuid(configured, { stateDirectory: directory }, { log: silentLogger, sources });
  assert.equal(readFileSync(join(other, 'kea-dhcp6-serverid'), 'utf8'), '00:03:00:01:02:fc:00:00:00:01');
  rmSync(other, { recursive: true });
});

test('a file that cannot be read or written is an error that names it', async () => {
  await assert.rejects(open({}, join(directory, 'missing')), {
    code: 'SERVER_DUID',
    message: /cannot be written: .*ENOENT/,
    location: { file: join(directory, 'missing', 'kea-dhcp6-serverid') },
  });
  await assert.rejects(open({}, path), { code: 'SERVER_DUID', message: /cannot be read: .*ENOTDIR/ });
});
