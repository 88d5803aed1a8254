// The schema: what is wrong, where, and what would be right.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConfig } from '../../src/config/load.ts';
import { parseJsonText } from '../../src/config/json.ts';
import { FlotillaError } from '../../src/errors.ts';

function load(text: string, family: 4 | 6 = 4): ReturnType<typeof checkConfig> {
  const document = parseJsonText(text, '/etc/flotilla.json');
  return checkConfig(document.value, family, document.locate);
}

function refusal(text: string): string {
  try {
    load(text);
  } catch (error) {
    assert.ok(error instanceof FlotillaError, String(error));
    assert.equal(error.code, 'CONFIG_SCHEMA');
    return error.describe();
  }
  return assert.fail('nothing was refused');
}

const located: readonly (readonly [string, string, string])[] = [
  [
    'an unknown key with the one that is meant',
    '{ "Dhcp4": {\n  "valid-liftime": 3600 } }',
    "/etc/flotilla.json:2:3: Dhcp4.valid-liftime: unknown key 'valid-liftime'; did you mean 'valid-lifetime'?",
  ],
  [
    'a key of the other protocol',
    '{ "Dhcp4": { "pd-allocator": "random" } }',
    "/etc/flotilla.json:1:14: Dhcp4.pd-allocator: unknown key 'pd-allocator'; did you mean 'allocator'?",
  ],
  [
    'an unknown key that resembles none with those that are known',
    '{ "Dhcp4": { "subnet4": [ { "id": 1, "subnet": "10.0.0.0/8",\n "relay": { "zzzzzzzz": 1, "ip-addresses": [] } } ] } }',
    "/etc/flotilla.json:2:13: Dhcp4.subnet4[0].relay.zzzzzzzz: unknown key 'zzzzzzzz'; known keys: ip-addresses",
  ],
  [
    'a number out of range with the bounds',
    '{ "Dhcp4": { "subnet4": [\n { "id": 0, "subnet": "10.0.0.0/8" } ] } }',
    '/etc/flotilla.json:2:10: Dhcp4.subnet4[0].id: must be an integer from 1 to 4294967294',
  ],
  [
    'a fraction out of range with the open bounds',
    '{ "Dhcp4": { "t1-percent": 1 } }',
    '/etc/flotilla.json:1:28: Dhcp4.t1-percent: must be a number above 0 and below 1',
  ],
  [
    'a wrong type with the bounds',
    '{ "Dhcp4": { "renew-timer": "900" } }',
    '/etc/flotilla.json:1:29: Dhcp4.renew-timer: must be an integer from 0 to 4294967295',
  ],
  [
    'a wrong word with the list',
    '{ "Dhcp4": { "allocator": "randon" } }',
    "/etc/flotilla.json:1:27: Dhcp4.allocator: must be one of iterative, random, flq, shared-flq; did you mean 'random'?",
  ],
  [
    'a switch that is neither on nor off',
    '{ "Dhcp4": { "lease-database": { "type": "memfile",\n "sync-writes": "no" } } }',
    '/etc/flotilla.json:2:17: Dhcp4.lease-database.sync-writes: must be true or false',
  ],
  [
    'a missing key at the map that lacks it',
    '{ "Dhcp4": { "subnet4": [\n  { "subnet": "10.0.0.0/8" } ] } }',
    "/etc/flotilla.json:2:3: Dhcp4.subnet4[0]: the key 'id' is missing",
  ],
  [
    'a wrong identifier in a list',
    '{ "Dhcp4": { "host-reservation-identifiers": [ "duid",\n "mac" ] } }',
    '/etc/flotilla.json:2:2: Dhcp4.host-reservation-identifiers[1]: must be one of hw-address, duid, circuit-id, client-id, flex-id, auto',
  ],
  [
    'a boot file name that does not fit its field',
    `{ "Dhcp4": { "boot-file-name": "${'x'.repeat(129)}" } }`,
    '/etc/flotilla.json:1:32: Dhcp4.boot-file-name: must be at most 128 characters long',
  ],
  [
    'the wrong server',
    '{\n "Dhcp6": { } }',
    "/etc/flotilla.json:2:2: Dhcp6: unknown key 'Dhcp6'; did you mean 'Dhcp4'?",
  ],
  [
    'a second key beside the server',
    '{ "Dhcp4": { },\n "Logging": { } }',
    "/etc/flotilla.json:2:2: Logging: unknown key 'Logging'; known keys: Dhcp4",
  ],
  [
    'both spellings of one key',
    '{ "Dhcp4": { "control-sockets": [],\n "control-socket": { "socket-type": "unix" } } }',
    "/etc/flotilla.json:2:2: Dhcp4.control-socket: 'control-socket' is the old spelling of 'control-sockets': use one of them",
  ],
];
for (const [name, text, message] of located) {
  test(`the schema names ${name}`, () => assert.equal(refusal(text), message));
}

test('all mistakes of a file are named in one message', () => {
  const lines = refusal(
    '{ "Dhcp4": {\n "renew-timer": -1,\n "authoritative": "no",\n "nonsens": 1 } }',
  ).split('\n');
  assert.deepEqual(
    lines.map((line) => line.slice(0, 'flotilla.json:2:17'.length + 5)).sort(),
    ['/etc/flotilla.json:2:17', '/etc/flotilla.json:3:19', '/etc/flotilla.json:4:2: '].map((line) =>
      line.slice(0, 23),
    ),
  );
});

test('a password never stands in an error', () => {
  const text = '{ "Dhcp4": { "lease-database": { "type": "mysqll", "password": "hunter2" } } }';
  assert.doesNotMatch(refusal(text), /hunter2/);
  assert.doesNotMatch(
    refusal('{ "Dhcp4": { "lease-database": { "type": "mysql", "password": 48151623 } } }'),
    /48151623/,
  );
});

test('old spellings are read as the new ones, with a warning that says where', () => {
  const { written, warnings } = load(`{ "Dhcp4": {
    "control-socket": { "socket-type": "unix", "socket-name": "/run/s" },
    "hosts-database": { "type": "mysql", "name": "kea" },
    "ddns-use-conflict-resolution": false,
    "client-classes": [ { "name": "a", "only-if-required": true } ],
    "loggers": [ { "name": "kea-dhcp4", "output_options": [ { "output": "stdout" } ] } ],
    "subnet4": [ { "id": 1, "subnet": "10.0.0.0/8", "client-class": "a", "require-client-classes": [ "b" ] } ]
  } }`);
  assert.deepEqual(written, {
    'control-sockets': [{ 'socket-type': 'unix', 'socket-name': '/run/s' }],
    'hosts-databases': [{ type: 'mysql', name: 'kea' }],
    'ddns-conflict-resolution-mode': 'no-check-with-dhcid',
    'client-classes': [{ name: 'a', 'only-in-additional-list': true }],
    loggers: [{ name: 'kea-dhcp4', 'output-options': [{ output: 'stdout' }] }],
    subnet4: [{ id: 1, subnet: '10.0.0.0/8', 'client-classes': ['a'], 'evaluate-additional-classes': ['b'] }],
  });
  assert.equal(warnings.length, 7);
  assert.equal(
    warnings[0],
    "/etc/flotilla.json:2:5: Dhcp4.control-socket: 'control-socket' is deprecated: write 'control-sockets'",
  );
});

test('what is valid and not in force is said, and nothing else is', () => {
  const { warnings } = load(`{ "Dhcp4": {
    "dhcp-ddns": { "enable-updates": true },
    "multi-threading": { "enable-multi-threading": true },
    "hooks-libraries": [ { "library": "/usr/lib/kea/libdhcp_mysql.so" }, { "library": "libdhcp_bootp.so" } ],
    "control-sockets": [ { "socket-type": "unix", "socket-name": "/run/s" }, { "socket-type": "http" } ]
  } }`);
  const of = (text: string): string[] =>
    load(`{ "Dhcp4": { ${text} } }`).warnings.map((warning) => warning.replace(/^.*not in force: /, ''));
  assert.deepEqual(of('"hooks-libraries": [ { "library": "/x/libdhcp_lease_cmds.so" } ]'), [
    'library = "/x/libdhcp_lease_cmds.so"; the commands -get, -get-all and -get-page are built in, its others are not there',
  ]);
  assert.deepEqual(
    of(`"loggers": [ { "name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 99, "output-options": [ { "output": "stdout", "flush": true } ] },
      { "name": "kea-dhcp4.packets", "severity": "DEBUG", "debuglevel": 40, "output-options": [ { "output": "/var/log/p", "maxver": 3, "pattern": "%m" } ] } ]`),
    [
      'name = "kea-dhcp4.packets"; only the logger of the whole server counts: kea-dhcp4, kea-dhcp6, *',
      'debuglevel = 40; severity DEBUG shows every debug line',
      'output = "/var/log/p"; log lines go to standard output',
      'maxver = 3; log files are not kept or rotated here',
      'pattern = "%m"; log lines are JSON objects',
    ],
  );
  assert.deepEqual(of('"adaptive-lease-time-threshold": 0.5, "allocator": "flq"'), [
    'allocator = "flq"; free addresses are looked for without a queue',
  ]);
  assert.equal(of('"lease-database": { "type": "postgresql", "name": "kea" }').length, 1);
  assert.deepEqual(warnings, [
    '/etc/flotilla.json:2:20: Dhcp4.dhcp-ddns.enable-updates: not in force: enable-updates = true; no DNS update is sent',
    '/etc/flotilla.json:4:76: Dhcp4.hooks-libraries[1].library: not in force: library = "libdhcp_bootp.so"; this library is not part of this version',
    '/etc/flotilla.json:5:80: Dhcp4.control-sockets[1].socket-type: not in force: socket-type = "http"; only UNIX sockets are opened',
  ]);
});

test('subnets of shared networks are listed with their network, and each object knows its place', () => {
  const { parts } = load(`{ "Dhcp4": { "shared-networks": [ { "name": "floor", "subnet4": [
      { "id": 7, "subnet": "10.0.0.0/24", "pools": [ { "pool": "10.0.0.9 - 10.0.0.1" } ] } ] } ],
    "subnet4": [ { "id": 8, "subnet": "10.1.0.0/24" } ], "renew-timer": 5 } }`);
  assert.deepEqual(
    parts.subnets.map(({ json }) => [json['id'], json['shared-network-name']]),
    [
      [8, undefined],
      [7, 'floor'],
    ],
  );
  assert.deepEqual(parts.networks[0]!.json, { name: 'floor' });
  assert.deepEqual(parts.globals, { 'renew-timer': 5 });
  assert.deepEqual(parts.subnets[1]!.locate!(['pools', 0, 'pool']), {
    kind: 'file',
    file: '/etc/flotilla.json',
    line: 2,
    column: 64,
    key: 'Dhcp4.shared-networks[0].subnet4[0].pools[0].pool',
  });
});
