// `flotilla dhcp4`, `flotilla dhcp6`: check a configuration file (-t), or serve by it (-c). What that takes is loaded when it is asked for.
import { Command, InvalidArgumentError } from 'commander';
import type { Family } from '../addr/family.ts';
import { FlotillaError } from '../errors.ts';
import type { ServeFlags } from './serve.ts';
import { extendedVersion, programVersion } from './version.ts';

interface DaemonFlags extends ServeFlags {
  readonly config?: string;
  readonly test?: string;
  readonly showVersion?: boolean;
  readonly extendedVersion?: boolean;
}

/** Sets `process.exitCode`; the letters are those of kea-dhcp4 and kea-dhcp6. */
export function daemonCommand(family: Family): Command {
  const ports = defaultPorts[family];
  return new Command(`dhcp${family}`)
    .option('-c, --config <file>', 'serve by this configuration file')
    .option('-t, --test <file>', 'check this configuration file and exit')
    .option('-p, --server-port <port>', 'UDP port to listen on', port, ports.server)
    .option('-P, --client-port <port>', 'UDP port to send answers to', port, ports.client)
    .option(
      '--state-dir <directory>',
      'last good configuration, relative lease files, DUID of a DHCPv6 server',
      process.env['FLOTILLA_STATE_DIR'] ?? '/var/lib/flotilla',
    )
    .option('--instance <name>', 'name of this edge in the fleet (default: host name and server tag)')
    .option('-d, --debug', 'log debug lines, whatever the file says')
    .option('-v, --show-version', 'print the version and exit')
    .option('-V, --extended-version', 'print more about the version and exit')
    .action(async (flags: DaemonFlags) => {
      if (flags.showVersion) console.log(programVersion);
      else if (flags.extendedVersion) console.log(extendedVersion());
      else if (flags.test !== undefined) await test(family, flags.test).finally(endWhenSaid);
      else if (flags.config !== undefined) await serve(family, flags.config, flags).finally(endWhenSaid);
      else throw new FlotillaError('USAGE', 'name a configuration file: -c FILE to serve, -t FILE to check');
    });
}

/** What a hook library left open keeps no process that is done; what was logged is written on exit. */
const endWhenSaid = (): void => void setImmediate(() => process.exit());

/** RFC 2131 section 4.1, RFC 8415 section 7.2. */
const defaultPorts: Readonly<Record<Family, { readonly server: number; readonly client: number }>> = {
  4: { server: 67, client: 68 },
  6: { server: 547, client: 546 },
};

const test = async (family: Family, file: string): Promise<void> =>
  (await import('./test-file.ts')).testFile(family, file);
const serve = async (family: Family, file: string, flags: ServeFlags): Promise<void> =>
  (await import('./serve.ts')).serve(family, file, flags);

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new InvalidArgumentError('a port is a number from 1 to 65535');
  return value;
}
