// The control socket itself: framing, garbage, slow and vanished clients, many at once, stale files, permissions.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { CommandAnswer } from '../../src/control/command.ts';
import { createCommandRegistry } from '../../src/control/registry.ts';
import { RequestScanner } from '../../src/control/request-scanner.ts';
import { openUnixChannel } from '../../src/control/unix-channel.ts';
import { FlotillaError } from '../../src/errors.ts';
import { silentLogger } from '../../src/log.ts';
import { exchange, sendCommand, shell } from '../../src/tools/shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'flotilla-channel-'));
after(() => rmSync(folder, { recursive: true }));
let number = 0;

async function serve(options: { timeout?: number; maxRequestBytes?: number } = {}) {
  const registry = createCommandRegistry({ log: silentLogger });
  registry.register('echo', (args) => ({ result: 0, arguments: args }));
  registry.register('slow', async () => {
    await sleep(150);
    return { result: 0, text: 'slow' };
  });
  // Answers when fifty are there.
  let meeting = 0;
  registry.register('meet', async () => {
    meeting++;
    for (let tries = 0; meeting < 50 && tries < 2_000; tries++) await sleep(10);
    return { result: 0, arguments: meeting };
  });
  registry.register('fail', () => {
    throw new FlotillaError('CONFIG_INVALID', 'it is wrong', { key: 'a.b' });
  });
  registry.register('break', () => Promise.reject(new TypeError('a bug')));
  registry.register('total', () => ({
    result: 0,
    text: 'of "18446744073709551617"',
    arguments: { total: (1n << 64n) + 1n, below: -((1n << 64n) + 1n), few: 16 },
  }));
  registry.register('large', () => ({ result: 0, arguments: 'x'.repeat(8_000_000) }));
  const path = join(folder, `${number++}.sock`);
  const channel = await openUnixChannel({ path, ...options }, { registry, log: silentLogger });
  return {
    registry,
    channel,
    path,
    raw: async (text: string) => JSON.parse(await exchange(path, text, 5000)) as CommandAnswer,
  };
}

test('a request is answered once and the connection closes', async () => {
  const { channel, path, raw } = await serve();
  assert.deepEqual(await sendCommand(path, 'echo', { a: [1, 'ü'] }), {
    result: 0,
    arguments: { a: [1, 'ü'] },
  });
  assert.deepEqual(await raw('{"command":"echo"}{"command":"echo"} trailing'), { result: 0 });
  await channel.close();
});

test('comments, blanks and strings with brackets do not confuse where the object ends', async () => {
  const { channel, raw } = await serve();
  const text =
    ' \n// a }\n# b {\n/* c } */ {"command": /* d " */ "echo", # e\n "arguments": {"x": "}\\"/*{#//"} }';
  assert.deepEqual(await raw(text), { result: 0, arguments: { x: '}"/*{#//' } });
  await channel.close();
});

test('garbage gets an error that says where', async () => {
  const { channel, raw } = await serve();
  const refused: readonly (readonly [string, RegExp])[] = [
    ['garbage', /^invalid first character g$/],
    ['"x"', /^invalid first character "$/],
    ['}', /^invalid first character }$/],
    ['{garbage}', /^invalid JSON: \w+ at <wire>:1:2$/],
    ['{"command":\n "echo",}', /<wire>:2:9/],
    ['{"a": /x }', /^unexpected character \/$/],
    ['[1,2]', /expected toplevel entry to be a map, got list instead$/],
    ['{}', /does not contain mandatory 'command'$/],
    ['{"command":1}', /expected 'command' to be a string, got integer instead$/],
    ['{"command":"echo","bogus":1}', /unsupported parameter 'bogus'$/],
    ['['.repeat(100_000), /nested deeper than 200/],
    ['{"command":"echo","service":["dhcp4"],"__proto__":{"x":1}}', /unsupported parameter '__proto__'/],
  ];
  for (const [text, expected] of refused) {
    const answer = await raw(text);
    assert.equal(answer.result, 1, text.slice(0, 60));
    assert.match(answer.text!, expected);
  }
  await channel.close();
});

test('a handler that throws is result 1 with its message', async () => {
  const { channel, path } = await serve();
  assert.deepEqual(await sendCommand(path, 'fail'), { result: 1, text: 'a.b: it is wrong' });
  assert.deepEqual(await sendCommand(path, 'break'), { result: 1, text: 'a bug' });
  await channel.close();
});

test('one request may arrive byte by byte, and many clients are served at once', async () => {
  const { channel, path } = await serve();
  const trickle = async (socket: Socket): Promise<void> => {
    for (const byte of '{"command":"echo","arguments":"ü"}') {
      socket.write(byte);
      await sleep(1);
    }
  };
  const trickled = new Promise<string>((resolve) => {
    const socket = connect(path, () => void trickle(socket));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text));
  });
  const answers = await Promise.all(Array.from({ length: 50 }, () => sendCommand(path, 'meet')));
  assert.deepEqual(answers, Array(50).fill({ result: 0, arguments: 50 }));
  assert.deepEqual(JSON.parse(await trickled), { result: 0, arguments: 'ü' });
  await channel.close();
});

test('a client that closed its sending side still gets its answer; half a command gets an error', async () => {
  const { channel, path } = await serve();
  const halfClosed = (text: string) =>
    new Promise<string>((resolve) => {
      let got = '';
      const socket = connect({ path, allowHalfOpen: true }, () => socket.end(text));
      socket.on('data', (chunk) => (got += chunk.toString())).on('close', () => resolve(got));
    });
  assert.equal(await halfClosed('{"command":"slow"}'), '{"result":0,"text":"slow"}');
  assert.match(await halfClosed('{"command":'), /ends after 11 bytes/);
  assert.equal(await halfClosed(''), '');
  await channel.close();
});

test('clients that vanish before, during and after their command harm nobody', async () => {
  const { channel, path } = await serve();
  for (const text of ['', '{"comm', '{"command":"slow"}', '{"command":"large"}', 'garbage']) {
    for (let i = 0; i < 10; i++) {
      await new Promise<void>((resolve) => {
        const socket = connect(path, () => {
          if (text !== '') socket.write(text);
          setTimeout(() => socket.destroy(), i);
        });
        socket.on('error', () => {}).on('close', () => resolve());
      });
    }
  }
  assert.equal((await sendCommand(path, 'echo')).result, 0);
  await channel.close();
});

test('a command that does not come in time is refused, also when it trickles', async () => {
  const { channel, path, raw } = await serve({ timeout: 120 });
  assert.match((await raw('{"command"')).text!, /timed out, discarded partial command of 10 bytes/);
  const began = performance.now();
  await new Promise<void>((resolve) => {
    const socket = connect(path);
    const timer = setInterval(() => socket.write(' '), 20);
    socket
      .on('error', () => {})
      .on('close', () => {
        clearInterval(timer);
        resolve();
      });
    socket.resume();
  });
  assert.ok(performance.now() - began < 20_000);
  await channel.close();
});

test('a command larger than the limit is refused', async () => {
  const { channel, raw } = await serve({ maxRequestBytes: 1000 });
  assert.match(
    (await raw(`{"command":"echo","arguments":"${'x'.repeat(2000)}"}`)).text!,
    /larger than 1000 bytes/,
  );
  await channel.close();
});

test('an answer of eight megabytes arrives whole', async () => {
  const { channel, path } = await serve();
  assert.equal(((await sendCommand(path, 'large')).arguments as string).length, 8_000_000);
  await channel.close();
});

test('the file is made with mode 0660 and removed on close', async () => {
  const { channel, path } = await serve();
  assert.equal(statSync(path).mode & 0o777, 0o660);
  await channel.close();
  assert.equal(existsSync(path), false);
  await assert.rejects(
    sendCommand(path, 'echo'),
    (error) => error instanceof FlotillaError && error.code === 'SOCKET_OPEN',
  );
});

test('close answers the commands that are running and drops idle clients', async () => {
  const { channel, path } = await serve();
  const idle = connect(path);
  const idleClosed = new Promise((resolve) => idle.on('close', resolve));
  const running = sendCommand(path, 'slow');
  await sleep(30);
  await channel.close();
  assert.equal((await running).text, 'slow');
  await idleClosed;
});

test('a file that a killed server left is replaced; one in use, or no socket, is refused', async () => {
  const path = join(folder, 'stale.sock');
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  assert.equal(existsSync(path), true);
  const deps = { registry: createCommandRegistry({ log: silentLogger }), log: silentLogger };
  const channel = await openUnixChannel({ path }, deps);
  await assert.rejects(openUnixChannel({ path }, deps), /another process is using this socket/);
  assert.equal((await sendCommand(path, 'nope')).result, 2);
  await channel.close();
  writeFileSync(path, 'precious');
  await assert.rejects(openUnixChannel({ path }, deps), /exists and is not a socket/);
  await assert.rejects(
    openUnixChannel({ path: join(folder, 'x'.repeat(120)) }, deps),
    /longer than 107 bytes/,
  );
  await assert.rejects(
    openUnixChannel({ path: join(folder, 'none', 'a.sock') }, deps),
    /cannot open the control socket/,
  );
});

test('a name registered twice hides the earlier handler until it is removed', async () => {
  const registry = createCommandRegistry({ log: silentLogger });
  const run = async () => (await registry.execute({ command: 'x' })).text;
  const same = () => ({ result: 0, text: 'first' });
  const removeFirst = registry.register('x', same);
  const removeSecond = registry.register('x', () => ({ result: 0, text: 'second' }));
  assert.equal(await run(), 'second');
  removeSecond();
  removeSecond();
  assert.equal(await run(), 'first');
  removeFirst();
  assert.deepEqual(registry.names(), []);
  assert.equal(await run(), "'x' command not supported.");
});

test('the shell prints the answer and exits with its result', async () => {
  const { channel, path } = await serve();
  let printed = '';
  const write = (text: string) => void (printed += text);
  assert.equal(await shell({ socket: path, command: 'echo', args: '{"a":1}' }, { write }), 0);
  assert.deepEqual(JSON.parse(printed), { result: 0, arguments: { a: 1 } });
  assert.equal(await shell({ socket: path, command: 'nope' }, { write }), 2);
  await assert.rejects(shell({ socket: path, command: 'echo', args: '{' }, { write }), /not JSON/);
  await channel.close();
});

test('the shell prints numbers beyond 2^53 as the server wrote them', async () => {
  const { channel, path } = await serve();
  let printed = '';
  await shell({ socket: path, command: 'total' }, { write: (text) => void (printed += text) });
  await channel.close();
  assert.equal(
    printed,
    `{
  "result": 0,
  "text": "of \\"18446744073709551617\\"",
  "arguments": {
    "total": 18446744073709551617,
    "below": -18446744073709551617,
    "few": 16
  }
}
`,
  );
});

test('any JSON object is found whole however it is cut into pieces', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.nat(40)), (value, cuts) => {
      const expected = JSON.parse(JSON.stringify(value)) as unknown;
      let rest = Buffer.from(` ${JSON.stringify(value)} tail {`);
      const scanner = new RequestScanner({ maxBytes: 1e6 });
      let isDone = false;
      for (const cut of [...cuts, Infinity]) {
        isDone = scanner.feed(rest.subarray(0, cut));
        if (isDone) break;
        rest = rest.subarray(cut);
      }
      assert.equal(isDone, true);
      assert.deepEqual(scanner.request(), expected);
    }),
    { numRuns: 500 },
  );
});

test('any bytes at all throw nothing but COMMAND_INVALID', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each)),
    fc
      .string({ unit: fc.constantFrom(...'{}[]"\\/*#,:1a \n'), maxLength: 40 })
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      try {
        const scanner = new RequestScanner({ maxBytes: 1000 });
        if (scanner.feed(input)) scanner.request();
      } catch (error) {
        assert.ok(error instanceof FlotillaError && error.code === 'COMMAND_INVALID', String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
