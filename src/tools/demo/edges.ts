// The demonstration's edge daemons: real processes with a local file each, on ports that need no root.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import type { Family } from '../../addr/family.ts';
import type { DatabaseAddress } from '../../db/address.ts';
import { FlotillaError } from '../../errors.ts';
import type { ServerPort } from '../simulated-relay.ts';
import type { DemoOptions } from './demo.ts';
import { exampleFolder } from './seed.ts';

/** One daemon of an edge. */
export interface EdgePlan {
  readonly name: string;
  readonly number: number;
  readonly family: Family;
  readonly listens: ServerPort;
  readonly interface: string;
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

/** Loopback: two edges on ports of their own. A real interface: one edge on the ports of the protocols. */
export function demoEdges(
  families: readonly Family[],
  options: Pick<DemoOptions, 'interface'>,
): readonly EdgePlan[] {
  const plan = (name: string, i: number): EdgePlan[] =>
    families.map((family) => ({
      name,
      number: i + 1,
      family,
      interface: options.interface ?? 'lo',
      listens: {
        address: options.interface === null ? loopback[family] : '',
        port: serverPort[family] + (options.interface === null ? 10_000 + i : 0),
      },
    }));
  return (options.interface === null ? ['north', 'south'] : ['north']).flatMap(plan);
}

const loopback = { 4: '127.0.0.1', 6: '::1' } as const;
const serverPort = { 4: 67, 6: 547 } as const;

export async function startEdge(plan: EdgePlan, options: DemoOptions): Promise<RunningEdge> {
  const program = `dhcp${plan.family}`;
  const controlSocket = join(tmpdir(), `flotilla-demo-${process.pid}-${plan.name}-${program}.sock`);
  // Of its own: all DHCPv6 servers of one state directory are one server, with one DUID.
  const directory = join(options.directory, plan.name);
  await mkdir(directory, { recursive: true });
  const configPath = join(directory, `${program}.json`);
  const logPath = join(directory, `${program}.log`);
  const example = join(options.examples, exampleFolder, `${plan.name}-${program}.json`);
  const file = localFile(await readFile(example, 'utf8'), plan, options.database, controlSocket);
  await writeFile(configPath, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  const log = openSync(logPath, 'a', 0o640);
  const daemon = spawn(
    process.execPath,
    [
      options.program,
      program,
      '-c',
      configPath,
      '-p',
      String(plan.listens.port),
      '--instance',
      plan.name,
      '--state-dir',
      directory,
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
            `edge ${plan.name} (${program}) ended (${signal ?? `exit code ${code}`}); its log is ${logPath}`,
          ),
        );
    });
  });
  failed.catch(() => undefined); // the caller may be looking elsewhere at that moment
  return {
    ...plan,
    serves: `${plan.interface} port ${plan.listens.port}`,
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
  const top = `Dhcp${plan.family}`;
  const file = parse(example) as Record<string, Record<string, unknown>>;
  const access = {
    type: 'mysql',
    host: database.socketPath ?? database.host,
    ...(database.socketPath === undefined && { port: database.port }),
    name: database.database,
    user: database.user,
  };
  return {
    [top]: {
      ...file[top],
      'interfaces-config': {
        interfaces: [plan.interface],
        ...(plan.family === 4 && { 'dhcp-socket-type': plan.interface === 'lo' ? 'udp' : 'raw' }),
      },
      'config-control': { 'config-databases': [access], 'config-fetch-wait-time': 1 },
      'lease-database': access,
      'hosts-databases': [access],
      'control-sockets': [{ 'socket-type': 'unix', 'socket-name': controlSocket }],
    },
  };
}
