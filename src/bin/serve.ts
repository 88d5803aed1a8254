// `flotilla dhcp4 -c`, `flotilla dhcp6 -c`: one process from its first line of log to its last.
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, extname, resolve } from 'node:path';
import type { Family } from '../addr/family.ts';
import { createCommandRegistry } from '../control/registry.ts';
import { registerBuiltInCommands } from '../control/commands/register.ts';
import { messageOf } from '../errors.ts';
import { createLogger } from '../log.ts';
import { Daemon } from './daemon.ts';
import { daemonOperations } from './daemon-commands.ts';
import { programVersion } from './version.ts';

export interface ServeFlags {
  readonly serverPort: number;
  readonly clientPort: number;
  readonly stateDir: string;
  readonly instance?: string;
  readonly debug?: boolean;
}

/** Serves until a signal or a command ends it. Sets `process.exitCode`. */
export async function serve(family: Family, file: string, flags: ServeFlags): Promise<void> {
  const id = `DHCP${family}`;
  const program = `Flotilla DHCPv${family} server version ${programVersion}`;
  const log = createLogger({ name: `kea-dhcp${family}`, level: flags.debug ? 'debug' : 'info' });
  const registry = createCommandRegistry({ log });
  const configPath = resolve(file);
  let stopped: (exitCode: number) => void;
  const ended = new Promise<number>((settle) => (stopped = settle));
  const daemon = new Daemon(
    {
      family,
      configPath,
      serverPort: flags.serverPort,
      clientPort: flags.clientPort,
      stateDirectory: resolve(flags.stateDir),
      instance: flags.instance ?? `${hostname()}:${basename(configPath, extname(configPath))}`,
      debug: flags.debug === true,
      environment: process.env,
    },
    { log, registry },
  );
  registerBuiltInCommands(
    registry,
    daemonOperations(daemon, (exitCode) => stopped(exitCode)),
  );
  catchEverything(log);

  log.info(`${id}_STARTING`, `${program} starting`);
  try {
    mkdirSync(resolve(flags.stateDir), { recursive: true, mode: 0o750 });
    await daemon.start();
  } catch (error) {
    log.error(`${id}_INIT_FAIL`, `failed to initialize Flotilla server: ${messageOf(error)}`);
    await daemon.stop();
    process.exitCode = 1;
    return;
  }
  process.on('SIGHUP', () => {
    daemon
      .reload()
      .catch((error: unknown) =>
        log.error(
          `${id}_DYNAMIC_RECONFIGURATION_FAIL`,
          `dynamic server reconfiguration failed, ${daemon.service ? 'nothing changed' : 'nobody is served'}: ${messageOf(error)}`,
        ),
      );
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped(0));
  log.info(`${id}_STARTED`, `${program} started`);

  process.exitCode = await ended;
  await daemon.stop();
  log.info(`${id}_SHUTDOWN`, 'server shutdown');
}

/** The last line of defence: a mistake of ours in one packet must not take the other clients' server away. */
function catchEverything(log: ReturnType<typeof createLogger>): void {
  process.on('unhandledRejection', (reason) => log.error('FLOTILLA_UNHANDLED_REJECTION', stackOf(reason)));
  process.on('uncaughtException', (error) => log.error('FLOTILLA_UNCAUGHT_EXCEPTION', stackOf(error)));
}

const stackOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
