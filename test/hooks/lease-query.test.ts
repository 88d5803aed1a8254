// libdhcp_lease_query.so by itself: its parameters, and what keeps bulk queries from doing harm.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonMap } from '../../src/config/written.ts';
import { checkConfig } from '../../src/config/load.ts';
import { createCommandRegistry } from '../../src/control/registry.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { NetworkState } from '../../src/engine/network-state.ts';
import { QueueTypes } from '../../src/engine/queue-types.ts';
import { Statistics } from '../../src/engine/statistics.ts';
import { FlotillaError } from '../../src/errors.ts';
import { HookLibraries } from '../../src/hooks/hook-libraries.ts';
import type { LibrarySet } from '../../src/hooks/library-set.ts';
import { silentLogger, type Logger } from '../../src/log.ts';
import { createBatchingLeaseStore } from '../../src/store/batching.ts';
import type { Lease6 } from '../../src/store/lease.ts';
import type { LeaseStore } from '../../src/store/lease-store.ts';
import { lease6Rows } from '../../src/store/memfile/lease-rows.ts';
import { openMemfileBackend } from '../../src/store/memfile/memfile-backend.ts';
import { messageType6 } from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import { statusCode6 } from '../../src/wire/v6/status.ts';
import { load6 } from '../config/parts6.ts';
import { BulkRequester, clientsOf, freePort } from '../support/bulk-requester.ts';
import { duidOf, hex, leaseQuery, queryType, requesterDuid } from '../support/leasequery6.ts';
import { leaseOf } from '../support/leasequery-edge.ts';

const servers = Array.from({ length: 64 }, (_, i) => `2001:db8::${i}`);
const snapshot = load6({
  'option-data': [{ name: 'dns-servers', data: servers.join() }],
  subnet6: [{ id: 1, subnet: '2001:db8:1::/64', pools: [{ pool: '2001:db8:1::/64' }] }],
});
const link = '2001:db8:1::';

interface Bulk {
  readonly port: number;
  readonly leases: LeaseStore<Lease6>;
  /** Identifiers of log lines. */
  readonly logged: string[];
  /** Pages that were asked for. */
  readonly pages: () => number;
  readonly unload: () => Promise<void>;
}

/** The library as the daemon loads it, with this many clients on the link. `onPage`: before each page is read. */
async function withBulk(
  given: {
    readonly clients?: number;
    readonly advanced?: JsonMap;
    readonly requesters?: readonly string[];
    readonly onPage?: () => Promise<void>;
  },
  body: (bulk: Bulk) => Promise<void>,
): Promise<void> {
  const backend = await openMemfileBackend<Lease6>(
    { rows: lease6Rows, path: null, lfcInterval: 0, maxRowErrors: 0 },
    { logger: silentLogger, clock: () => Date.now() },
  );
  const store = createBatchingLeaseStore(backend);
  let pages = 0;
  const leases: LeaseStore<Lease6> = {
    ...store,
    async page(after, limit, subnetIds) {
      pages++;
      await given.onPage?.();
      return store.page(after, limit, subnetIds);
    },
  };
  const all = Array.from({ length: given.clients ?? 0 }, (_, n) => leaseOf(n, `${link}${n.toString(16)}`, 1));
  await backend.writeAll(all.map((lease) => ({ verb: 'put', lease })));
  const port = await freePort();
  const logged: string[] = [];
  const note: Logger['warn'] = (id) => void logged.push(id);
  const log = { ...silentLogger, warn: note, error: note };
  const advanced = { 'bulk-query-enabled': true, 'lease-query-tcp-port': port, ...given.advanced };
  const hooks = librariesWith(leases, log);
  await use(hooks, { requesters: given.requesters ?? ['::1'], advanced });
  try {
    await body({ port, leases, logged, pages: () => pages, unload: () => hooks.close() });
  } finally {
    await hooks.close();
    await store.close();
  }
}

function librariesWith(leases: LeaseStore<Lease6> | null, log: Logger = silentLogger): HookLibraries {
  return new HookLibraries({
    family: 6,
    clock: systemClock,
    log,
    statistics: new Statistics({ clock: () => Date.now(), family: 6 }),
    networkState: new NetworkState(),
    commands: createCommandRegistry({ log }),
    queueTypes: new QueueTypes({ family: 6 }),
    server: {
      snapshot: () => snapshot,
      leases: () => {
        if (leases) return leases;
        throw new FlotillaError('STORE_CLOSED', 'the lease store is not open yet');
      },
      duid: () => duidOf(0xfffe),
    },
  });
}

const prepare = (hooks: HookLibraries, parameters: JsonMap): Promise<LibrarySet> =>
  hooks.prepare({
    written: { 'hooks-libraries': [{ library: '/usr/lib/kea/hooks/libdhcp_lease_query.so', parameters }] },
    parts: { family: 6 },
    directory: '/',
  });

/** As the daemon puts a configuration in force. */
async function use(hooks: HookLibraries, parameters: JsonMap): Promise<void> {
  const set = await prepare(hooks, parameters);
  try {
    await hooks.configured(set, {}, snapshot);
  } catch (error) {
    await hooks.discard(set);
    throw error;
  }
  hooks.use(set);
}

const byLink = (transactionId = 1): Uint8Array =>
  leaseQuery(queryType.BY_LINK_ADDRESS, { link, transactionId });

test('parameters that are wrong are refused where they stand', async () => {
  const requesters = ['::1'];
  const wrong: readonly (readonly [JsonMap, string])[] = [
    [{}, 'requesters: must be a list of the addresses that may ask, with at least one'],
    [{ requesters: [] }, 'requesters: must be a list of the addresses that may ask, with at least one'],
    [{ requesters: ['::1', '::1'] }, 'requesters[1]: is in the list already'],
    [{ requesters: ['192.0.2.1'] }, "requesters[0]: '192.0.2.1' is not an IPv6 address"],
    [{ requesters: [7] }, 'requesters[0]: must be an IPv6 address'],
    [{ requesters, colour: 'red' }, 'colour: unknown parameter'],
    [{ requesters, 'prefix-lengths': [129] }, 'prefix-lengths[0]: must be a whole number from 1 to 128'],
    [{ requesters, advanced: 5 }, 'advanced: must be a map'],
    [{ requesters, advanced: { port: 5 } }, 'advanced.port: unknown parameter'],
    [
      { requesters, advanced: { 'active-query-enabled': true } },
      'advanced.active-query-enabled: active leasequery is not offered',
    ],
    [{ requesters, advanced: { 'cert-file': 'x' } }, 'advanced.cert-file: TLS is not offered: remove it'],
    [
      { requesters, advanced: { 'bulk-query-enabled': 'yes' } },
      'advanced.bulk-query-enabled: must be true or false',
    ],
    [
      { requesters, advanced: { 'lease-query-tcp-port': 0 } },
      'advanced.lease-query-tcp-port: must be a whole number from 1 to 65535',
    ],
    [
      { requesters, advanced: { 'max-leases-per-fetch': 0 } },
      'advanced.max-leases-per-fetch: must be a whole number from 1 to 100000',
    ],
    [
      { requesters, advanced: { 'lease-query-ip': '127.0.0.1' } },
      "advanced.lease-query-ip: '127.0.0.1' is not an IPv6 address",
    ],
  ];
  const hooks = librariesWith(null);
  for (const [parameters, text] of wrong) {
    await assert.rejects(prepare(hooks, parameters), (error: FlotillaError) => {
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.equal(error.describe(), `hooks-libraries[0].parameters.${text}`);
      return true;
    });
  }
});

test('DHCPv4 has no such library: naming it loads nothing, and a warning says so', async () => {
  const entry = { library: 'libdhcp_lease_query.so', parameters: { requesters: ['192.0.2.1'] } };
  const written = { 'hooks-libraries': [entry] };
  const set = await librariesWith(null).prepare({ written, parts: { family: 4 }, directory: '/' });
  assert.deepEqual(set.libraries, []);
  const [v4, v6] = [checkConfig({ Dhcp4: written }, 4).warnings, checkConfig({ Dhcp6: written }, 6).warnings];
  assert.match(v4.join(), /not in force: library = .*DHCPv4 leasequery is not part of this version/);
  assert.match(v6.join(), /leasequery is answered, its command extended-info6-upgrade is not there/);
});

test('the example of the documentation is taken as it stands', async () => {
  const page = readFileSync(new URL('../../docs/lease-query.md', import.meta.url), 'utf8');
  const { Dhcp6 } = JSON.parse(/```json\n(.*?)```/s.exec(page)![1]!) as { Dhcp6: JsonMap };
  assert.equal(load6(Dhcp6).parameters.storeExtendedInfo, true);
  const [entry] = Dhcp6['hooks-libraries'] as readonly JsonMap[];
  const hooks = librariesWith(null);
  await hooks.discard(await prepare(hooks, entry!['parameters'] as JsonMap));
});

test('a configuration that is only checked opens no port; one whose port is taken is refused', async () => {
  const taken = createServer().listen(0, '::1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const hooks = librariesWith(null);
  const advanced = { 'bulk-query-enabled': true, 'lease-query-tcp-port': port };
  const parameters = { requesters: ['::1'], advanced };
  await hooks.discard(await prepare(hooks, parameters));
  await assert.rejects(use(hooks, parameters), /refused the configuration: bulk leasequery on ::1 port \d+/);
  taken.close();
});

test('a requester that does not read makes the server wait, and gets everything when it reads', async () => {
  // A kilobyte each: more than the sockets of both ends hold.
  const clients = 30_000;
  await withBulk({ clients, advanced: { 'max-leases-per-fetch': 100 } }, async ({ port, pages }) => {
    const requester = await BulkRequester.connect(port);
    requester.socket.pause();
    requester.send(leaseQuery(queryType.BY_LINK_ADDRESS, { link, requested: [23] }));
    let before = -1;
    while (pages() !== before) {
      before = pages();
      await pause(300);
    }
    assert.ok(before < clients / 100 - 20, `${before} pages were fetched for a requester that reads nothing`);
    requester.socket.resume();
    const told = clientsOf(await requester.answer());
    assert.equal(told.length, clients);
    assert.equal(new Set(told.map(({ duid }) => duid)).size, clients);
    requester.close();
  });
});

test('a connection has so many queries under way, the others wait for their turn', async () => {
  let underWay = 0;
  let most = 0;
  const onPage = async (): Promise<void> => {
    most = Math.max(most, ++underWay);
    await pause(20);
    underWay--;
  };
  await withBulk({ clients: 5, onPage, advanced: { 'max-concurrent-queries': 2 } }, async ({ port }) => {
    const requester = await BulkRequester.connect(port);
    const ids = Array.from({ length: 9 }, (_, i) => i + 1);
    requester.send(...ids.map(byLink));
    const ended: number[] = [];
    while (ended.length < ids.length) {
      const said = (await requester.next())!;
      if (said.type === messageType6.LEASEQUERY_DONE) ended.push(said.transactionId);
    }
    assert.deepEqual(ended.sort(), ids);
    assert.equal(most, 2);
    requester.close();
  });
});

test('a transaction id that is in use is not answered a second time', async () => {
  await withBulk({ clients: 3, onPage: () => pause(50) }, async ({ port, logged }) => {
    const requester = await BulkRequester.connect(port);
    requester.send(byLink(5), byLink(5), byLink(6));
    const ended = [(await requester.answer()).at(-1), (await requester.answer()).at(-1)];
    assert.deepEqual(
      ended.map((said) => said!.type),
      [messageType6.LEASEQUERY_DONE, messageType6.LEASEQUERY_DONE],
    );
    assert.deepEqual(logged, ['BULK_LEASE_QUERY_DUPLICATE_XID']);
    requester.close();
  });
});

test('what is no valid query ends the connection, after the queries before it', async () => {
  const client = [option6.clientId, requesterDuid] as const;
  const refused: readonly (readonly [Uint8Array, string])[] = [
    [Uint8Array.of(0, 0), 'BULK_LEASE_QUERY_EMPTY_REQUEST'],
    [Uint8Array.of(0, 1, messageType6.LEASEQUERY), 'BULK_LEASE_QUERY_UNPACK_ERROR'],
    [framed(leaseQuery(null, { messageType: 1 })), 'BULK_LEASE_QUERY6_UNSUPPORTED_MSG_TYPE'],
    [framed(leaseQuery(null)), 'BULK_LEASE_QUERY_INVALID_REQUEST'],
    [framed(leaseQuery(4, { link, outer: [] })), 'BULK_LEASE_QUERY_INVALID_REQUEST'],
    [
      framed(leaseQuery(4, { link, outer: [client, [option6.serverId, duidOf(1)]] })),
      'BULK_LEASE_QUERY_INVALID_REQUEST',
    ],
  ];
  await withBulk({ clients: 1 }, async ({ port, logged }) => {
    for (const [bytes, id] of refused) {
      const requester = await BulkRequester.connect(port);
      assert.equal((await requester.ask(byLink())).length, 2);
      requester.socket.write(bytes);
      assert.equal(await requester.next(), null, id);
      assert.equal(logged.pop(), id);
    }
    const torn = await BulkRequester.connect(port);
    for (const byte of framed(byLink())) torn.socket.write(Uint8Array.of(byte));
    assert.equal((await torn.answer()).length, 2, 'a query may come byte by byte');
    torn.close();
  });
});

const framed = (message: Uint8Array): Uint8Array =>
  Uint8Array.of(message.length >> 8, message.length & 0xff, ...message);

test('connections have a number, a requester cannot have them all, and idle ones are closed', async () => {
  const advanced = { 'max-requester-connections': 3, 'max-requester-idle-time': 1 };
  await withBulk({ advanced }, async ({ port, logged }) => {
    const kept = [await BulkRequester.connect(port), await BulkRequester.connect(port)];
    const third = await BulkRequester.connect(port);
    assert.equal(await third.next(), null);
    assert.deepEqual(logged, ['BULK_LEASE_QUERY_REJECTED_CONNECTION']);
    for (const requester of kept) assert.equal(await requester.next(), null, 'after a second of silence');
    const next = await BulkRequester.connect(port);
    assert.equal((await next.ask(byLink())).length, 1);
    next.close();
  });
});

test('who is no requester is not listened to', async () => {
  await withBulk({ requesters: ['2001:db8::/32', '::2'] }, async ({ port, logged }) => {
    const stranger = await BulkRequester.connect(port);
    assert.equal(await stranger.next(), null);
    assert.deepEqual(logged, ['BULK_LEASE_QUERY_REJECTED_CONNECTION']);
  });
});

test('a store that fails in the middle ends the query with a status, the connection lives on', async () => {
  let calls = 0;
  const onPage = (): Promise<void> => {
    if (++calls === 3) throw new FlotillaError('STORE_CLOSED', 'the database is away');
    return Promise.resolve();
  };
  await withBulk({ clients: 50, onPage, advanced: { 'max-leases-per-fetch': 10 } }, async ({ port }) => {
    const requester = await BulkRequester.connect(port);
    const answer = await requester.ask(byLink());
    assert.equal(clientsOf(answer).length, 20);
    const { type, status } = answer.at(-1)!;
    assert.deepEqual([type, status], [messageType6.LEASEQUERY_DONE, statusCode6.QueryTerminated]);
    assert.equal(clientsOf(await requester.ask(byLink())).length, 50);
    calls = 2;
    const [only, ...more] = await requester.ask(byLink());
    assert.deepEqual(
      [only!.type, only!.status],
      [messageType6.LEASEQUERY_REPLY, statusCode6.QueryTerminated],
    );
    assert.deepEqual(more, []);
    requester.close();
  });
});

test('when the library leaves, queries under way are ended with a status and connections are closed', async () => {
  const onPage = (): Promise<void> => pause(30);
  const advanced = { 'max-leases-per-fetch': 10 };
  await withBulk({ clients: 1000, onPage, advanced }, async ({ port, unload }) => {
    const [asking, silent, deaf] = [
      await BulkRequester.connect(port),
      await BulkRequester.connect(port),
      await BulkRequester.connect(port),
    ];
    deaf.socket.pause();
    asking.send(byLink());
    assert.equal((await asking.next())!.type, messageType6.LEASEQUERY_REPLY);
    const gone = unload();
    const { type, status } = (await asking.answer()).at(-1)!;
    assert.deepEqual([type, status], [messageType6.LEASEQUERY_DONE, statusCode6.QueryTerminated]);
    assert.deepEqual([await asking.next(), await silent.next()], [null, null]);
    await gone;
    deaf.close();
    await assert.rejects(BulkRequester.connect(port), /ECONNREFUSED/);
  });
});

test('what other software left in a lease’s context breaks no query', async () => {
  await withBulk({ clients: 1 }, async ({ port, leases }) => {
    const contexts: readonly unknown[] = [
      { ISC: 7 },
      { ISC: { 'relay-info': 'x' } },
      { ISC: { 'relay-info': [null, 5, { 'relay-id': 'zz', options: 9 }] } },
      { ISC: { 'relay-info': [{ hop: 'many', link: 'x', peer: [], options: '0x0012000900' }] } },
    ];
    const requester = await BulkRequester.connect(port);
    for (const context of contexts) {
      const lease = leaseOf(0, `${link}0`, 1, { userContext: context as Lease6['userContext'] });
      await leases.write({ verb: 'put', lease });
      const requested = [option6.lqRelayData];
      const told = clientsOf(await requester.ask(leaseQuery(queryType.BY_LINK_ADDRESS, { link, requested })));
      assert.deepEqual(
        told.map(({ duid }) => duid),
        [hex(duidOf(0))],
      );
      const byRelay = leaseQuery(queryType.BY_RELAY_ID, { relayId: duidOf(1) });
      assert.equal((await requester.ask(byRelay)).length, 1);
    }
    requester.close();
  });
});
