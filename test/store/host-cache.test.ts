// The host cache: the contract of every host store, what is remembered and for how long, and edits that a poll reports.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { hostCacheOptions, hostCacheSettings } from '../../src/bin/host-cache-settings.ts';
import { sectionsChanged } from '../../src/bin/sections.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { FlotillaError, messageOf } from '../../src/errors.ts';
import { silentLogger } from '../../src/log.ts';
import { createFileHostStore } from '../../src/store/file-hosts.ts';
import { createHostCache, type HostCacheOptions } from '../../src/store/host-cache.ts';
import type { Host, HostIdentifier, HostQuery, HostStore } from '../../src/store/host-store.ts';
import { openMysqlHostStore } from '../../src/store/mysql/hosts.ts';
import { standardDefinitions } from '../../src/wire/definitions.ts';
import { createConfigEdge } from '../support/config-edge.ts';
import { createTestDatabase } from '../support/database.ts';
import { address6, host, hostStoreContract } from './host-store-contract.ts';

function cacheOver(store: HostStore, options: Partial<HostCacheOptions> = {}) {
  let time = 0;
  let basis: unknown = 'first';
  const events: string[] = [];
  const asked: HostQuery[] = [];
  const cache = createHostCache(
    { maximum: 0, lifetime: 30_000, ...options },
    {
      store: { find: (query) => (asked.push(query), store.find(query)), close: () => store.close() },
      now: () => time,
      basis: () => [basis],
      count: (event) => void events.push(event),
    },
  );
  return {
    cache,
    events,
    asked,
    pass: (milliseconds: number) => void (time += milliseconds),
    setBasis: (next: unknown) => void (basis = next),
  };
}

const id = (last: number): HostIdentifier => ({
  type: 'hw-address',
  value: Uint8Array.of(2, 0, 0, 0, 0, last),
});
const query = (identifiers: readonly HostIdentifier[], more: Partial<HostQuery> = {}): HostQuery => ({
  identifiers,
  subnetIds: [1],
  addresses: [],
  ...more,
});
const known = host({ identifier: id(1), address4: 10 });
function changing(rows: readonly Host[]) {
  let hosts = rows;
  return { store: createFileHostStore(() => hosts), set: (next: readonly Host[]) => void (hosts = next) };
}

for (const family of [4, 6] as const)
  hostStoreContract('cached', family, (hosts) =>
    Promise.resolve(cacheOver(createFileHostStore(() => hosts)).cache),
  );

void test('every question of the contract has the same answer the second time', async () => {
  const rows = [
    known,
    host({ identifier: id(2), subnetId: 2, address4: 10 }),
    host({ identifier: id(1), subnetId: 0 }),
  ];
  const plain = createFileHostStore(() => rows);
  const { cache } = cacheOver(plain);
  for (const subnetIds of [[1], [1, 2], [0, 1, 2], [3], null])
    for (const identifiers of [[], [id(1)], [id(2), id(1)], [id(3)]])
      for (const addresses of [[], [10], [10, 11]])
        for (let round = 0; round < 2; round++) {
          const wanted = { subnetIds, identifiers, addresses };
          const [expected, given] = await Promise.all([plain.find(wanted), cache.find(wanted)]);
          assert.deepEqual(new Set(given.byIdentifier), new Set(expected.byIdentifier));
          assert.deepEqual(new Set(given.byAddress), new Set(expected.byAddress));
        }
});

void test('who has a reservation and who has none is asked once', async () => {
  const { cache, events, asked } = cacheOver(changing([known]).store);
  for (let round = 0; round < 2; round++) {
    assert.deepEqual((await cache.find(query([id(1)]))).byIdentifier, [known]);
    assert.deepEqual((await cache.find(query([id(2)]))).byIdentifier, []);
  }
  assert.deepEqual(events, ['miss', 'miss', 'hit', 'hit']);
  assert.equal(asked.length, 2);
});

void test('whose an address is is remembered, that it is nobody’s is not', async () => {
  const { cache, events } = cacheOver(changing([known]).store);
  for (let round = 0; round < 2; round++) {
    await cache.find(query([], { addresses: [10] }));
    await cache.find(query([], { addresses: [11] }));
  }
  assert.deepEqual(events, ['miss', 'miss', 'hit', 'miss']);
});

void test('a host of DHCPv6 is remembered under each address that was asked for', async () => {
  const [one, other] = [address6(10n), { ...address6(11n << 64n), prefixLength: 64, type: 2 as const }];
  const both = host({ identifier: id(1), addresses6: [one, other] });
  const { cache, events } = cacheOver(changing([both]).store);
  const asked = query([], { addresses: [one.address, other.address] });
  for (let round = 0; round < 2; round++) {
    assert.deepEqual((await cache.find(asked)).byAddress, [both, both]);
    assert.deepEqual((await cache.find(query([], { addresses: [other.address] }))).byAddress, [both]);
  }
  assert.deepEqual(events, ['miss', 'hit', 'hit', 'hit']);
});

void test('an address with several reservations is not remembered', async () => {
  const { cache, events } = cacheOver(changing([known, host({ identifier: id(2), address4: 10 })]).store);
  for (let round = 0; round < 2; round++)
    assert.equal((await cache.find(query([], { addresses: [10] }))).byAddress.length, 2);
  assert.deepEqual(events, ['miss', 'miss']);
});

void test('the store is asked only for what is not known', async () => {
  const { cache, asked } = cacheOver(changing([known]).store);
  await cache.find(query([id(1)]));
  const found = await cache.find(query([id(1), id(2)], { addresses: [10] }));
  assert.deepEqual(found, { byIdentifier: [known], byAddress: [known] });
  assert.deepEqual(asked[1], query([id(2)], { addresses: [10] }));
});

void test('a search through all subnets goes to the store', async () => {
  const { cache, events } = cacheOver(changing([known]).store);
  for (let round = 0; round < 2; round++) await cache.find(query([id(1)], { subnetIds: null }));
  assert.deepEqual(events, ['bypass', 'bypass']);
  assert.equal(cache.size, 0);
});

void test('an entry counts for its lifetime', async () => {
  const rows = changing([known]);
  const { cache, pass } = cacheOver(rows.store);
  await cache.find(query([id(1)]));
  rows.set([]);
  pass(29_999);
  assert.equal((await cache.find(query([id(1)]))).byIdentifier.length, 1);
  pass(1);
  assert.equal((await cache.find(query([id(1)]))).byIdentifier.length, 0);
});

void test('the oldest entries give way, and what expired does not stay in memory', async () => {
  const { cache, events, pass } = cacheOver(changing([]).store, { maximum: 3 });
  for (const n of [1, 2, 3, 4]) await cache.find(query([id(n)]));
  assert.equal(cache.size, 3);
  await cache.find(query([id(2)]));
  await cache.find(query([id(1)]));
  assert.deepEqual(events.slice(4), ['hit', 'miss']);
  pass(30_000);
  await cache.find(query([id(9)]));
  assert.equal(cache.size, 1);
});

void test('what a lookup finds that was under way when everything is forgotten is not remembered', async () => {
  let answer!: () => void;
  const slow: HostStore = {
    find: () =>
      new Promise((resolve) => {
        answer = () => resolve({ byIdentifier: [known], byAddress: [] });
      }),
    close: () => Promise.resolve(),
  };
  const { cache } = cacheOver(slow);
  const found = cache.find(query([id(1)]));
  cache.clear();
  answer();
  assert.equal((await found).byIdentifier.length, 1);
  assert.equal(cache.size, 0);
});

void test('another configuration of options, or of who keeps an address, forgets everything', async () => {
  const { cache, events, setBasis } = cacheOver(changing([known]).store);
  await cache.find(query([id(1)]));
  setBasis('second');
  await cache.find(query([id(1)]));
  assert.deepEqual(events, ['miss', 'clear', 'miss']);
});

void test('a store that fails is not remembered', async () => {
  const failing: HostStore = {
    find: () => Promise.reject(new FlotillaError('DATABASE_UNREACHABLE', 'gone')),
    close: () => Promise.resolve(),
  };
  const { cache } = cacheOver(failing);
  await assert.rejects(cache.find(query([id(1)])), { code: 'DATABASE_UNREACHABLE' });
  assert.equal(cache.size, 0);
});

void test('a row that SQL adds, changes or deletes is seen after one poll although it is cached', async () => {
  const database = await createTestDatabase();
  after(() => database.drop());
  const store = openMysqlHostStore(
    { family: 4, address: database.address },
    { logger: silentLogger, random: Math.random, definitions: () => standardDefinitions(4) },
  );
  const { cache, events } = cacheOver(store);
  const edge = createConfigEdge(database.address, { deps: { onHostsChanged: () => cache.clear() } });
  await edge.backend.start();
  const lookUp = async (): Promise<(string | number)[]> =>
    (await cache.find(query([id(1)], { subnetIds: [0, 1] }))).byIdentifier.flatMap((each) => [
      each.hostname,
      each.address4,
    ]);
  assert.deepEqual(await lookUp(), []);
  const edits: [string, (string | number)[]][] = [
    [
      "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, hostname, ipv4_address) VALUES (x'020000000001', 0, 1, 'a', 10)",
      ['a', 10],
    ],
    ["UPDATE hosts SET hostname = 'b' WHERE dhcp_identifier = x'020000000001'", ['b', 10]],
    ["UPDATE hosts SET ipv4_address = 11 WHERE dhcp_identifier = x'020000000001'", ['b', 11]],
    ['DELETE FROM hosts', []],
  ];
  let before: (string | number)[] = [];
  for (const [sql, expected] of edits) {
    await database.pool.query(sql);
    assert.deepEqual(await lookUp(), before, 'cached');
    await edge.backend.pull();
    assert.deepEqual(await lookUp(), expected, sql);
    before = expected;
  }
  assert.ok(events.filter((event) => event === 'hit').length >= edits.length);
  await edge.stop();
  await cache.close();
});

void test('the library’s parameters are read, its lifetime is that of a poll, and what is wrong is named', () => {
  const library = '/usr/lib/kea/hooks/libdhcp_host_cache.so';
  const settings = (parameters: Record<string, number>, wait?: number, isPolled = true) => {
    const found = hostCacheSettings({
      'hooks-libraries': [{ library: 'libdhcp_mysql.so' }, { library, parameters }],
      ...(wait !== undefined && { 'config-control': { 'config-fetch-wait-time': wait } }),
    });
    return found && hostCacheOptions(found, { isPolled });
  };
  assert.equal(hostCacheSettings({}), null);
  assert.deepEqual(settings({}), { maximum: 0, lifetime: 30_000 });
  assert.deepEqual(settings({ maximum: 1000 }, 5), { maximum: 1000, lifetime: 5_000 });
  assert.deepEqual(settings({ lifetime: 600 }, 5), { maximum: 0, lifetime: 600_000 });
  try {
    settings({ maximum: -1 });
    assert.fail('accepted');
  } catch (error) {
    assert.equal(
      messageOf(error),
      'hooks-libraries[1].parameters.maximum: maximum must be a whole number, at least 0',
    );
  }
});

void test('where no poll reports a change, an entry counts for the time of a poll, however long its lifetime', () => {
  const lifetime = (given: number, wait: number | undefined, isPolled: boolean) => {
    const found = hostCacheSettings({
      'hooks-libraries': [{ library: 'libdhcp_host_cache.so', parameters: { lifetime: given } }],
      ...(wait !== undefined && { 'config-control': { 'config-fetch-wait-time': wait } }),
    });
    return hostCacheOptions(found!, { isPolled }).lifetime;
  };
  assert.equal(lifetime(600, 0, true), 30_000, 'polls are off');
  assert.equal(lifetime(600, 5, false), 5_000, 'another database than the polled one');
  assert.equal(lifetime(600, undefined, false), 30_000, 'no config backend');
  assert.equal(lifetime(2, 5, false), 2_000, 'a shorter lifetime stays');
});

void test('where the polls look decides how long an entry counts: another one opens the service anew', () => {
  const cached = { 'hooks-libraries': [{ library: 'libdhcp_host_cache.so', parameters: { lifetime: 600 } }] };
  const polls = (name: string, more = {}) => ({
    'config-control': { 'config-databases': [{ name }] },
    ...more,
  });
  const isOpenedAnew = (before: JsonMap, next: JsonMap): boolean =>
    sectionsChanged({ service: before, backend: before, channels: before }, next).service;
  assert.equal(isOpenedAnew(polls('a', cached), polls('b', cached)), true);
  assert.equal(isOpenedAnew(polls('a', cached), polls('a', cached)), false);
  assert.equal(isOpenedAnew(polls('a'), polls('b')), false);
});
