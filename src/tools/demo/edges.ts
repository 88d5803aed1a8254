// The demonstration's edge daemons: real processes with a local file each, on ports that need no root.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import type { DatabaseAddress } from '../../db/address.ts';
import { FlotillaError } from '../../errors.ts';
import type { ServerPort } from '../simulated-relay.ts';
import type { DemoOptions } from './demo.ts';

export interface EdgePlan {
  readonly name: string;
  readonly number: number;
  readonly listens: ServerPort;
  readonly interface: string;
  readonly port: number;
}

export interface RunningEdge extends EdgePlan {
  readonly serves: string;
  readonly configPath: string;
  readonly logPath: string;
  readonly controlSocket: string;
  /** Rejects when the daemon ends by itself. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** Loopback: two edges on ports of their own. A real interface: one edge on port 67. */
export function demoEdges(options: Pick<DemoOptions, 'interface'>): readonly EdgePlan[] {
  if (options.interface !== null) {
    return [
      {
        name: 'north',
        number: 1,
        interface: options.interface,
        port: 67,
        listens: { address: '', port: 67 },
      },
    ];
  }
  return ['north', 'south'].map((name, i) => ({
    name,
    number: i + 1,
    interface: 'lo',
    port: 10067 + i,
    listens: { address: '127.0.0.1', port: 10067 + i },
  }));
}

export async function startEdge(plan: EdgePlan, options: DemoOptions): Promise<RunningEdge> {
  const controlSocket = join(tmpdir(), `flotilla-demo-${process.pid}-${plan.name}.sock`);
  const configPath = join(options.directory, `edge-${plan.name}.json`);
  const logPath = join(options.directory, `edge-${plan.name}.log`);
  const example = await readFile(
    join(options.examples, 'two-sites-one-pool', `edge-${plan.name}.json`),
    'utf8',
  );
  await writeFile(
    configPath,
    `${JSON.stringify(localFile(example, plan, options.database, controlSocket), null, 2)}\n`,
    { mode: 0o600 },
  );
  const log = openSync(logPath, 'a', 0o640);
  const daemon = spawn(
    process.execPath,
    [
      options.program,
      'dhcp4',
      '-c',
      configPath,
      '-p',
      String(plan.port),
      '--instance',
      plan.name,
      '--state-dir',
      options.directory,
    ],
    {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, FLOTILLA_DATABASE_PASSWORD: options.database.password },
    },
  );
  closeSync(log);
  let isStopping = false;
  const failed = new Promise<never>((_, reject) => {
    daemon.once('error', reject);
    daemon.once('exit', (code, signal) => {
      if (!isStopping)
        reject(
          new FlotillaError(
            'USAGE',
            `edge ${plan.name} ended (${signal ?? `exit code ${code}`}); its log is ${logPath}`,
          ),
        );
    });
  });
  failed.catch(() => undefined); // the caller may be looking elsewhere at that moment
  return {
    ...plan,
    serves: `${plan.interface} port ${plan.port}`,
    configPath,
    logPath,
    controlSocket,
    failed,
    async stop() {
      isStopping = true;
      await stopDaemon(daemon);
    },
  };
}

/** SIGTERM, and SIGKILL when it does not end within five seconds. */
async function stopDaemon(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const exited = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  const timer = setTimeout(() => daemon.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(timer);
}

/** The example's file with this machine's interface, database and socket filled in. */
function localFile(
  example: string,
  plan: EdgePlan,
  database: DatabaseAddress,
  controlSocket: string,
): unknown {
  const file = parse(example) as { Dhcp4: Record<string, unknown> };
  const access = {
    type: 'mysql',
    host: database.socketPath ?? database.host,
    ...(database.socketPath === undefined && { port: database.port }),
    name: database.database,
    user: database.user,
  };
  return {
    Dhcp4: {
      ...file.Dhcp4,
      'interfaces-config': {
        interfaces: [plan.interface],
        'dhcp-socket-type': plan.interface === 'lo' ? 'udp' : 'raw',
      },
      'config-control': { 'config-databases': [access], 'config-fetch-wait-time': 1 },
      'lease-database': access,
      'hosts-databases': [access],
      'control-sockets': [{ 'socket-type': 'unix', 'socket-name': controlSocket }],
    },
  };
}
