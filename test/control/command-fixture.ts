// A control socket whose registry carries the built-in commands of a fake daemon.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandAnswer, CommandRegistry } from '../../src/control/command.ts';
import { registerBuiltInCommands } from '../../src/control/commands/register.ts';
import { createCommandRegistry } from '../../src/control/registry.ts';
import { openUnixChannel } from '../../src/control/unix-channel.ts';
import { silentLogger } from '../../src/log.ts';
import { sendCommand } from '../../src/tools/shell.ts';
import { fakeDaemon, type FakeDaemon } from './daemon-fake.ts';

export interface CommandFixture {
  readonly registry: CommandRegistry;
  /** A fresh daemon, its commands in place of those of the one before. */
  start(family: 4 | 6): FakeDaemon;
  ask(this: void, command: string, args?: unknown): Promise<CommandAnswer>;
  /** The text of an answer that must be result 1. */
  refusal(this: void, command: string, args?: unknown): Promise<string>;
  close(): Promise<void>;
}

export async function commandFixture(): Promise<CommandFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-control-'));
  const path = join(folder, 'control.sock');
  const registry = createCommandRegistry({ log: silentLogger });
  const channel = await openUnixChannel({ path }, { registry, log: silentLogger });
  let removeCommands = (): void => {};
  return {
    registry,
    start(family) {
      removeCommands();
      const daemon = fakeDaemon(family);
      removeCommands = registerBuiltInCommands(registry, daemon);
      return daemon;
    },
    ask: (command, args) => sendCommand(path, command, args),
    async refusal(command, args) {
      const answer = await sendCommand(path, command, args);
      assert.equal(answer.result, 1, `${command} ${JSON.stringify(args)}`);
      return answer.text!;
    },
    async close() {
      await channel.close();
      rmSync(folder, { recursive: true });
    },
  };
}
