// The program and its verbs: each is listed, and loads with help of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { programVersion } from '../../src/bin/version.ts';

const program = ['--import', 'tsx', new URL('../../src/bin/flotilla.ts', import.meta.url).pathname];
const run = (...words: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...program, ...words], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};
const verbs = ['dhcp4', 'db', 'fleet', 'shell', 'perf', 'demo'];

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
  assert.equal(run('dhcp4', '-v').stdout, `${programVersion}\n`);
  const { status, stderr } = run('dhcp9');
  assert.equal(status, 1);
  assert.match(stderr, /unknown command 'dhcp9'/);
});
