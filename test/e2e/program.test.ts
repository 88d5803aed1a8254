// The program and its verbs: each is listed, and loads with help of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { programVersion } from '../../src/bin/version.ts';
import { program } from '../support/program.ts';

const run = (...words: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};
const verbs = ['dhcp4', 'dhcp6', 'db', 'fleet', 'shell', 'perf', 'demo'];

test('--help lists every verb with what it does', () => {
  const { status, stdout } = run('--help');
  assert.equal(status, 0);
  for (const verb of verbs) assert.match(stdout, new RegExp(`^  ${verb} +\\w+`, 'm'));
});

for (const verb of verbs) {
  test(`${verb} has help of its own, however it is asked for`, () => {
    const { status, stdout } = run(verb, '--help');
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^Usage: flotilla ${verb} (\\[options\\]|<)`));
    assert.equal(run('help', verb).stdout, stdout);
  });
}

test('the version is printed by the program and by the daemon; what is no verb is refused', () => {
  assert.equal(run('--version').stdout, `${programVersion}\n`);
  for (const verb of ['dhcp4', 'dhcp6']) assert.equal(run(verb, '-v').stdout, `${programVersion}\n`);
  const { status, stderr } = run('dhcp9');
  assert.equal(status, 1);
  assert.match(stderr, /unknown command 'dhcp9'/);
});

test('each daemon has the ports of its protocol', () => {
  const ports = (verb: string) =>
    [...run(verb, '--help').stdout.matchAll(/-port <port>.*\(default: (\d+)\)/g)].map(([, number]) => number);
  assert.deepEqual(ports('dhcp4'), ['67', '68']);
  assert.deepEqual(ports('dhcp6'), ['547', '546']);
});

const scratch = mkdtempSync(join(tmpdir(), 'flotilla-program-'));
after(() => rmSync(scratch, { recursive: true }));
const fileOf = (name: string, text: string): string => {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
};

test('dhcp6 -t says that a good file is good, and what in it is not in force', () => {
  const good = fileOf(
    'good.json',
    `{ "Dhcp6": {
      "server-id": { "type": "EN", "enterprise-id": 5 },
      "dhcp-ddns": { "enable-updates": true },
      "subnet6": [{ "id": 1, "subnet": "2001:db8::/32", "pools": [{ "pool": "2001:db8::/64" }],
        "pd-pools": [{ "prefix": "2001:db8:8000::", "prefix-len": 34, "delegated-len": 56 }] }] } }`,
  );
  const { status, stdout, stderr } = run('dhcp6', '-t', good);
  assert.equal(status, 0, stderr);
  assert.equal(stdout, `${good}: the configuration is good\n`);
  assert.match(stderr, /good\.json:3:\d+: Dhcp6\.dhcp-ddns\.enable-updates: not in force/);
});

test('dhcp6 -t says of a bad file where and why, and refuses that of the other family', () => {
  const bad = fileOf('bad.json', '{ "Dhcp6": {\n  "subnet6": [{ "id": 1, "subnet": "192.0.2.0/24" }] } }');
  const refused = run('dhcp6', '-t', bad);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /bad\.json:2:\d+: Dhcp6\.subnet6\[0\]\.subnet: .*not an IPv6 prefix/);
  const key = run('dhcp6', '-t', fileOf('key.json', '{ "Dhcp6": { "subnet4": [] } }'));
  assert.equal(key.status, 1);
  assert.match(key.stderr, /key\.json:1:\d+: Dhcp6\.subnet4: /);
  const other = run('dhcp6', '-t', fileOf('other.json', '{ "Dhcp4": {} }'));
  assert.equal(other.status, 1);
  assert.match(other.stderr, /Dhcp6/);
  assert.equal(run('dhcp4', '-t', bad).status, 1);
});

test('dhcp6 -t loads the hook libraries of the file, and says which one refused, where it stands', () => {
  const library = fileOf(
    'refusing.mjs',
    'export function load(handle) { throw new Error(`not for DHCPv${handle.family} ${handle.text.address(1n)}`); }',
  );
  const file = fileOf('library.json', `{ "Dhcp6": {\n "hooks-libraries": [{ "library": "${library}" }] } }`);
  const { status, stderr } = run('dhcp6', '-t', file);
  assert.equal(status, 1);
  assert.match(stderr, /library\.json:2:\d+: Dhcp6\.hooks-libraries\[0\]\.library: .*not for DHCPv6 ::1/);
});
