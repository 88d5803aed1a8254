// A real daemon process for tests: its file, its log, its control socket.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/db/address.ts';
import type { Host } from './netns.ts';

const program = ['--import', 'tsx', new URL('../../src/bin/flotilla.ts', import.meta.url).pathname];

export interface Daemon {
  readonly process: ChildProcess;
  readonly directory: string;
  readonly configPath: string;
  readonly controlSocket: string;
  /** Everything written so far. */
  log(): string;
  /** Resolves with the first match in the log, rejects after `timeout` ms or when the daemon ends. */
  waitFor(pattern: RegExp, timeout?: number): Promise<RegExpExecArray>;
  writeConfig(dhcp4: Readonly<Record<string, unknown>>): void;
  /** Resolves with exit code or signal name when the daemon ends by itself. */
  ended(): Promise<number | string>;
  /** Sends the signal and resolves with exit code or signal name. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

export interface DaemonOptions {
  /** The map under Dhcp4. `control-sockets` is filled in. */
  readonly dhcp4: Readonly<Record<string, unknown>>;
  readonly args?: readonly string[];
  /** Namespace to run in. */
  readonly host?: Host;
  readonly env?: Readonly<Record<string, string>>;
  /** A directory to keep across restarts; made and removed by the daemon object when not given. */
  readonly directory?: string;
}

/** Starts and waits until it serves. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const daemon = launchDaemon(options);
  try {
    await daemon.waitFor(/DHCP4_STARTED/);
    return daemon;
  } catch (error) {
    await daemon.stop('SIGKILL');
    throw error;
  }
}

export function launchDaemon(options: DaemonOptions): Daemon {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'flt-'));
  const configPath = join(directory, 'dhcp4.json');
  const controlSocket = join(directory, 'control.sock');
  const writeConfig: Daemon['writeConfig'] = (dhcp4) =>
    writeFileSync(
      configPath,
      JSON.stringify(
        { Dhcp4: { 'control-sockets': [{ 'socket-type': 'unix', 'socket-name': controlSocket }], ...dhcp4 } },
        null,
        2,
      ),
    );
  writeConfig(options.dhcp4);
  const args = [...program, 'dhcp4', '-c', configPath, '--state-dir', directory, ...(options.args ?? [])];
  const env = { ...process.env, ...options.env };
  const child =
    options.host?.spawn([process.execPath, ...args], { env }) ??
    spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (const look of waiting) look();
    });
  }
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    process: child,
    directory,
    configPath,
    controlSocket,
    log: () => text,
    writeConfig,
    waitFor(pattern, timeout = 20_000) {
      return new Promise((resolve, reject) => {
        const finish = (settle: () => void): void => {
          clearTimeout(timer);
          waiting.delete(look);
          settle();
        };
        const look = (): void => {
          const match = pattern.exec(text);
          if (match) finish(() => resolve(match));
        };
        const timer = setTimeout(
          () => finish(() => reject(new Error(`no ${String(pattern)} within ${timeout} ms in:\n${text}`))),
          timeout,
        );
        void exited.then(() =>
          setTimeout(
            () => finish(() => reject(new Error(`the daemon ended before ${String(pattern)}:\n${text}`))),
            50,
          ),
        );
        waiting.add(look);
        look();
      });
    },
    async ended() {
      const [code, by] = await exited;
      return code ?? by ?? 'unknown';
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code, by] = await exited;
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
      return code ?? by ?? 'unknown';
    },
  };
}

/** Kea's connection keys for a test database. */
export function databaseAccess(address: DatabaseAddress): Record<string, unknown> {
  return {
    type: 'mysql',
    host: address.socketPath ?? address.host,
    ...(address.socketPath === undefined && { port: address.port }),
    name: address.database,
    user: address.user,
    password: address.password,
  };
}
