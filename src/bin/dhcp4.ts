// `flotilla dhcp4`: check a configuration file (-t), or serve by it (-c) until a signal or a command ends it.
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, extname, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { createCommandRegistry } from '../control/registry.ts';
import { registerBuiltInCommands } from '../control/commands/register.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import { createLogger } from '../log.ts';
import { Daemon } from './daemon.ts';
import { daemonOperations } from './daemon-commands.ts';
import { testFile } from './test-file.ts';
import { extendedVersion, programVersion } from './version.ts';

interface Dhcp4Flags {
  readonly config?: string;
  readonly test?: string;
  readonly serverPort: number;
  readonly clientPort: number;
  readonly stateDir: string;
  readonly instance?: string;
  readonly debug?: boolean;
  readonly showVersion?: boolean;
  readonly extendedVersion?: boolean;
}

/** Sets `process.exitCode`; the letters are those of kea-dhcp4. */
export function dhcp4Command(): Command {
  return new Command('dhcp4')
    .option('-c, --config <file>', 'serve by this configuration file')
    .option('-t, --test <file>', 'check this configuration file and exit')
    .option('-p, --server-port <port>', 'UDP port to listen on', port, 67)
    .option('-P, --client-port <port>', 'UDP port to send answers to', port, 68)
    .option(
      '--state-dir <directory>',
      'last good configuration and relative lease files',
      process.env['FLOTILLA_STATE_DIR'] ?? '/var/lib/flotilla',
    )
    .option('--instance <name>', 'name of this edge in the fleet (default: host name and server tag)')
    .option('-d, --debug', 'log debug lines, whatever the file says')
    .option('-v, --show-version', 'print the version and exit')
    .option('-V, --extended-version', 'print more about the version and exit')
    .action(async (flags: Dhcp4Flags) => {
      if (flags.showVersion) console.log(programVersion);
      else if (flags.extendedVersion) console.log(extendedVersion());
      else if (flags.test !== undefined) await testFile(flags.test).finally(endWhenSaid);
      else if (flags.config !== undefined) await serve(flags.config, flags).finally(endWhenSaid);
      else throw new FlotillaError('USAGE', 'name a configuration file: -c FILE to serve, -t FILE to check');
    });
}

/** What a hook library left open keeps no process that is done; what was logged is written on exit. */
const endWhenSaid = (): void => void setImmediate(() => process.exit());

async function serve(file: string, flags: Dhcp4Flags): Promise<void> {
  const log = createLogger({ name: 'kea-dhcp4', level: flags.debug ? 'debug' : 'info' });
  const registry = createCommandRegistry({ log });
  const configPath = resolve(file);
  let stopped: (exitCode: number) => void;
  const ended = new Promise<number>((settle) => (stopped = settle));
  const daemon = new Daemon(
    {
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

  log.info('DHCP4_STARTING', `Flotilla DHCPv4 server version ${programVersion} starting`);
  try {
    mkdirSync(resolve(flags.stateDir), { recursive: true, mode: 0o750 });
    await daemon.start();
  } catch (error) {
    log.error('DHCP4_INIT_FAIL', `failed to initialize Flotilla server: ${messageOf(error)}`);
    await daemon.stop();
    process.exitCode = 1;
    return;
  }
  process.on('SIGHUP', () => {
    daemon
      .reload()
      .catch((error: unknown) =>
        log.error(
          'DHCP4_DYNAMIC_RECONFIGURATION_FAIL',
          `dynamic server reconfiguration failed, nothing changed: ${messageOf(error)}`,
        ),
      );
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped(0));
  log.info('DHCP4_STARTED', `Flotilla DHCPv4 server version ${programVersion} started`);

  process.exitCode = await ended;
  await daemon.stop();
  log.info('DHCP4_SHUTDOWN', 'server shutdown');
}

/** The last line of defence: a mistake of ours in one packet must not take the other clients' server away. */
function catchEverything(log: ReturnType<typeof createLogger>): void {
  process.on('unhandledRejection', (reason) => log.error('FLOTILLA_UNHANDLED_REJECTION', stackOf(reason)));
  process.on('uncaughtException', (error) => log.error('FLOTILLA_UNCAUGHT_EXCEPTION', stackOf(error)));
}

const stackOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new InvalidArgumentError('a port is a number from 1 to 65535');
  return value;
}
