// A real daemon process for tests: its file, its log, its control socket.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/db/address.ts';
import type { Host } from './netns.ts';
import { program } from './program.ts';

export interface Daemon {
  readonly process: ChildProcess;
  readonly directory: string;
  readonly configPath: string;
  readonly controlSocket: string;
  /** Everything written so far. */
  log(): string;
  /** Resolves with the first match in the log, rejects after `timeout` ms or when the daemon ends. */
  waitFor(pattern: RegExp, timeout?: number): Promise<RegExpExecArray>;
  writeConfig(config: DaemonConfig): void;
  /** Resolves with exit code or signal name when the daemon ends by itself. */
  ended(): Promise<number | string>;
  /** Sends the signal and resolves with exit code or signal name. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** The map under Dhcp4 or Dhcp6. `control-sockets` is filled in. */
export type DaemonConfig = Readonly<Record<string, unknown>>;

interface CommonOptions {
  readonly args?: readonly string[];
  /** Namespace to run in. */
  readonly host?: Host;
  readonly env?: Readonly<Record<string, string>>;
  /** A directory to keep across restarts; made and removed by the daemon object when not given. */
  readonly directory?: string;
}

/** A daemon of the family whose configuration is given. */
export type DaemonOptions = CommonOptions &
  ({ readonly dhcp4: DaemonConfig } | { readonly dhcp6: DaemonConfig });

/** Starts and waits until it serves. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const daemon = launchDaemon(options);
  try {
    await daemon.waitFor(/DHCP[46]_STARTED/);
    return daemon;
  } catch (error) {
    await daemon.stop('SIGKILL');
    throw error;
  }
}

export function launchDaemon(options: DaemonOptions): Daemon {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'flt-'));
  const [verb, config] =
    'dhcp4' in options ? (['dhcp4', options.dhcp4] as const) : (['dhcp6', options.dhcp6] as const);
  const configPath = join(directory, `${verb}.json`);
  const controlSocket = join(directory, 'control.sock');
  const top = verb === 'dhcp4' ? 'Dhcp4' : 'Dhcp6';
  const sockets = { 'control-sockets': [{ 'socket-type': 'unix', 'socket-name': controlSocket }] };
  const writeConfig: Daemon['writeConfig'] = (given) =>
    writeFileSync(configPath, JSON.stringify({ [top]: { ...sockets, ...given } }, null, 2));
  writeConfig(config);
  const args = [program, verb, '-c', configPath, '--state-dir', directory, ...(options.args ?? [])];
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
