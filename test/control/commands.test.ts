// Commands about the daemon, its configuration and its statistics, over a real UNIX socket.
// Shapes and texts are those that Kea 3.0.4 answers.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { answerText } from '../../src/control/answer-text.ts';
import { commandFixture } from './command-fixture.ts';
import type { FakeDaemon } from './daemon-fake.ts';

const fixture = await commandFixture();
const { ask, refusal, registry } = fixture;
let daemon: FakeDaemon;

beforeEach(() => {
  daemon = fixture.start(4);
});
after(() => fixture.close());

test('list-commands names every command in alphabetical order', async () => {
  const { arguments: names } = await ask('list-commands');
  assert.deepEqual(names, [
    'build-report', 'config-backend-pull', 'config-get', 'config-hash-get', 'config-reload', 'config-set', 'config-test',
    'dhcp-disable', 'dhcp-enable', 'lease4-get', 'lease4-get-all', 'lease4-get-page', 'list-commands', 'server-tag-get',
    'shutdown', 'statistic-get', 'statistic-get-all', 'statistic-remove', 'statistic-remove-all', 'statistic-reset',
    'statistic-reset-all', 'statistic-sample-age-set', 'statistic-sample-age-set-all', 'statistic-sample-count-set',
    'statistic-sample-count-set-all', 'status-get', 'version-get',
  ]); // prettier-ignore
});

test('version, build report and server tag', async () => {
  assert.deepEqual(await ask('version-get'), {
    result: 0,
    text: '0.1.0',
    arguments: { extended: '0.1.0\nNode 20' },
  });
  assert.deepEqual(await ask('build-report'), { result: 0, text: 'built by a test' });
  assert.deepEqual(await ask('server-tag-get'), { result: 0, arguments: { 'server-tag': 'berlin' } });
});

test('an unknown command is not supported, an ill-shaped one is invalid', async () => {
  assert.deepEqual(await ask('nope'), { result: 2, text: "'nope' command not supported." });
  assert.deepEqual(await ask(''), { result: 2, text: "'' command not supported." });
  assert.deepEqual(await ask('constructor'), { result: 2, text: "'constructor' command not supported." });
});

test('status-get has the shape that monitoring reads', async () => {
  const { result, arguments: status } = await ask('status-get');
  assert.equal(result, 0);
  assert.deepEqual(status, {
    'dhcp-state': {
      'disabled-by-db-connection': [],
      'disabled-by-local-command': [],
      'disabled-by-remote-command': [],
      'disabled-by-user': false,
      'globally-disabled': false,
    },
    'multi-threading-enabled': false,
    'packet-queue-size': 3,
    'packet-queue-statistics': [0.5, 0.25, 0],
    pid: process.pid,
    reload: 0,
    sockets: { status: 'ready' },
    uptime: 0,
  });
});

test('dhcp-disable and dhcp-enable work per origin, and status-get shows who holds the service', async () => {
  assert.deepEqual(await ask('dhcp-disable'), { result: 0, text: 'DHCPv4 service disabled' });
  assert.equal((await ask('dhcp-disable', { origin: 'ha-partner' })).result, 0);
  assert.equal((await ask('dhcp-disable', { 'origin-id': 2002, origin: 'user' })).result, 0);
  assert.equal((await ask('dhcp-disable', { origin: 1001 })).result, 0);
  assert.equal((await ask('dhcp-disable', { 'origin-id': 3001, bogus: true })).result, 0);
  const state = async () => ((await ask('status-get')).arguments as Record<string, unknown>)['dhcp-state'];
  assert.deepEqual(await state(), {
    'disabled-by-db-connection': [3001],
    'disabled-by-local-command': [1001],
    'disabled-by-remote-command': [2000, 2002],
    'disabled-by-user': true,
    'globally-disabled': true,
  });
  assert.deepEqual(await ask('dhcp-enable'), { result: 0, text: 'DHCP service successfully enabled' });
  assert.equal(daemon.networkState.isEnabled, false);
  for (const id of [1001, 2000, 2002, 3001]) await ask('dhcp-enable', { 'origin-id': id });
  assert.equal(daemon.networkState.isEnabled, true);
});

test('dhcp-disable for a while names the time and refuses what is no time', async () => {
  assert.deepEqual(await ask('dhcp-disable', { 'max-period': 20 }), {
    result: 0,
    text: 'DHCPv4 service disabled for 20 seconds',
  });
  for (const period of [0, -1, 'x', 1.5])
    assert.equal(
      await refusal('dhcp-disable', { 'max-period': period }),
      "'max-period' must be positive integer",
    );
  assert.match(
    await refusal('dhcp-disable', { origin: 'zzz' }),
    /invalid value used for 'origin' parameter: zzz/,
  );
  assert.match(
    await refusal('dhcp-disable', { origin: true }),
    /'origin' argument must be a string or a number/,
  );
  assert.match(await refusal('dhcp-disable', [1]), /arguments for the 'dhcp-disable' command must be a map/);
});

test('config-get shows the running configuration and its hash, never a password', async () => {
  assert.deepEqual(await ask('config-get'), {
    result: 0,
    arguments: {
      Dhcp4: {
        'valid-lifetime': 4000,
        'lease-database': { type: 'mysql', name: 'dhcp', password: '*****' },
      },
      hash: 'ABC123',
    },
  });
  assert.deepEqual(await ask('config-hash-get'), { result: 0, arguments: { hash: 'ABC123' } });
});

test('a configuration that config-get gave can be set again without losing its passwords', async () => {
  const { arguments: got } = await ask('config-get');
  const { Dhcp4, hash } = got as { Dhcp4: Record<string, unknown>; hash: string };
  const answer = await ask('config-set', { Dhcp4: { ...Dhcp4, 'valid-lifetime': 60 }, hash });
  assert.deepEqual(answer, { result: 0, text: 'Configuration successful.', arguments: { hash: 'ABC123' } });
  assert.deepEqual(daemon.config, {
    'valid-lifetime': 60,
    'lease-database': { type: 'mysql', name: 'dhcp', password: 's3cret' },
  });
});

test('config-test and config-set say what is wrong, and where', async () => {
  assert.equal(await refusal('config-test'), "Missing mandatory 'arguments' parameter.");
  assert.equal(await refusal('config-test', {}), "Missing mandatory 'Dhcp4' parameter.");
  assert.equal(await refusal('config-set', { Dhcp6: {} }), "Missing mandatory 'Dhcp4' parameter.");
  assert.equal(await refusal('config-set', { Dhcp4: 1 }), "'Dhcp4' parameter expected to be a map.");
  assert.equal(await refusal('config-set', { Dhcp4: {}, Logging: {} }), "Unsupported 'Logging' parameter.");
  assert.equal(await refusal('config-set', { Dhcp4: { bad: 1 } }), "Dhcp4.bad: 'bad' is not a known key");
  assert.equal(await refusal('config-test', { Dhcp4: { bad: 1 } }), "Dhcp4.bad: 'bad' is not a known key");
  assert.equal((await ask('config-test', { Dhcp4: {} })).result, 0);
});

test('config-reload and config-backend-pull ask the daemon', async () => {
  assert.equal((await ask('config-reload')).text, 'Configuration successful.');
  assert.deepEqual(daemon.calls, ['reload']);
  assert.deepEqual(await ask('config-backend-pull'), { result: 3, text: 'No config backend.' });
  daemon.backend = true;
  assert.equal((await ask('config-backend-pull')).result, 0);
});

test('statistic-get answers samples, and an empty map for a name that is not there', async () => {
  daemon.statistics.counter('pkt4-received').add(7);
  const { result, arguments: got } = await ask('statistic-get', { name: 'pkt4-received' });
  assert.equal(result, 0);
  const samples = (got as Record<string, [number, string][]>)['pkt4-received']!;
  assert.deepEqual(
    samples.map(([value]) => value),
    [7, 0],
  );
  assert.match(samples[0]![1], /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
  assert.deepEqual(await ask('statistic-get', { name: 'nope' }), { result: 0, arguments: {} });
  assert.match(await refusal('statistic-get'), /Missing mandatory 'name' parameter\./);
  assert.match(await refusal('statistic-get', { name: 1 }), /'name' parameter expected to be a string\./);
});

test('statistic-get-all has every packet counter, and numbers beyond 2^53 exactly', async () => {
  daemon.statistics.set('subnet[1].total-nas', 1n << 64n);
  const { arguments: all } = await ask('statistic-get-all');
  const names = Object.keys(all as object);
  assert.equal(names.filter((name) => name.startsWith('pkt4-')).length, 28);
  const raw = await registry.execute({ command: 'statistic-get-all' });
  assert.match(answerText(raw), /\[18446744073709551616,/);
});

test('statistics are reset, removed and limited one by one and all at once', async () => {
  const { statistics } = daemon;
  const count = (name: string) => statistics.samples(name)!.length;
  const counter = statistics.counter('pkt4-received');
  for (let i = 0; i < 30; i++) counter.add();
  const name = 'pkt4-received';
  assert.equal(
    (await ask('statistic-sample-count-set', { name, 'max-samples': 5 })).text,
    "Statistic 'pkt4-received' count limit is set.",
  );
  assert.equal(count(name), 5);
  assert.equal(
    (await ask('statistic-sample-age-set', { name, duration: 1245 })).text,
    "Statistic 'pkt4-received' duration limit is set.",
  );
  assert.equal(
    (await ask('statistic-sample-count-set-all', { 'max-samples': 2 })).text,
    'All statistics count limit are set.',
  );
  assert.equal(count(name), 2);
  assert.equal(
    (await ask('statistic-sample-age-set-all', { duration: 5 })).text,
    'All statistics duration limit are set.',
  );
  assert.equal((await ask('statistic-reset', { name })).text, "Statistic 'pkt4-received' reset.");
  assert.equal(statistics.get(name), 0);
  counter.add();
  assert.equal((await ask('statistic-reset-all')).text, 'All statistics reset to neutral values.');
  assert.equal(statistics.get(name), 0);
  assert.equal((await ask('statistic-remove', { name })).text, "Statistic 'pkt4-received' removed.");
  assert.equal(statistics.get(name), undefined);
  assert.match((await ask('statistic-remove-all')).text!, /deprecated/);
  assert.deepEqual(statistics.names(), []);
});

test('statistic commands refuse unknown names and limits that leave nothing', async () => {
  for (const command of ['statistic-reset', 'statistic-remove'])
    assert.equal(await refusal(command, { name: 'nope' }), "No 'nope' statistic found");
  assert.equal(
    await refusal('statistic-sample-count-set', { name: 'nope', 'max-samples': 3 }),
    "No 'nope' statistic found",
  );
  assert.equal(
    await refusal('statistic-sample-age-set', { name: 'nope', duration: 3 }),
    "No 'nope' statistic found",
  );
  for (const [command, args] of [
    ['statistic-sample-count-set', { name: 'pkt4-received', 'max-samples': 0 }],
    ['statistic-sample-count-set', { name: 'pkt4-received', 'max-samples': -1 }],
    ['statistic-sample-count-set', { name: 'pkt4-received', 'max-samples': 'x' }],
    ['statistic-sample-count-set', { name: 'pkt4-received' }],
    ['statistic-sample-count-set-all', { 'max-samples': 0 }],
    ['statistic-sample-age-set-all', { duration: -5 }],
    ['statistic-sample-age-set-all', {}],
  ] as const)
    assert.match(await refusal(command, args), /max-samples|duration/);
});

test('shutdown answers before anything stops, and passes its exit value', async () => {
  assert.match(await refusal('shutdown', { 'exit-value': 'x' }), /'exit-value' is not an integer/);
  assert.deepEqual(await ask('shutdown'), { result: 0, text: 'Shutting down.' });
  assert.deepEqual(await ask('shutdown', { 'exit-value': 3 }), { result: 0, text: 'Shutting down.' });
  assert.deepEqual(daemon.calls, ['shutdown 0', 'shutdown 3']);
});
