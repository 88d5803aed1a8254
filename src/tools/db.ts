// `flotilla db …`: make, upgrade, check, detach and describe the database; grants for its accounts.
import { Command, InvalidArgumentError } from 'commander';
import { checkDatabase } from './db/check.ts';
import { detachDatabase } from './db/detach.ts';
import { printGrants } from './db/grants.ts';
import { initDatabase, upgradeDatabase } from './db/init.ts';
import { addressFrom, type DatabaseToolDeps } from './db/session.ts';
import { printVersion } from './db/version.ts';
import { waitForDatabase } from './db/wait.ts';
import type { DatabaseAddress } from '../db/address.ts';

interface DatabaseOption {
  readonly database?: string;
}

/** Throws FlotillaError: USAGE without a database, DATABASE_* for what is wrong with it. `check` sets exit code 1. */
export function databaseCommand(
  deps: DatabaseToolDeps = {
    write: (text) => void process.stdout.write(text),
    isTerminal: process.stdout.isTTY,
    environment: process.env,
    fail: () => (process.exitCode = 1),
  },
): Command {
  const command = new Command('db');
  const verb = <T extends DatabaseOption>(
    name: string,
    description: string,
    run: (address: DatabaseAddress, options: T) => Promise<void>,
  ): Command =>
    command
      .command(name)
      .description(description)
      .option(
        '-d, --database <url>',
        'mysql://user:password@host:port/name, or mysql://user@localhost/name?socket=/path (default: $DATABASE_URL)',
      )
      .action((options: T) => run(addressFrom(options.database, deps.environment), options));

  verb(
    'init',
    'make the tables in an empty database, or adopt one of Kea 3.0; goes on when interrupted',
    (address) => initDatabase(address, deps),
  );
  verb('upgrade', 'bring a database of an older Flotilla to the level of this one', (address) =>
    upgradeDatabase(address, deps),
  );
  verb('version', 'print the levels of the schema and the version of the server', (address) =>
    printVersion(address, deps),
  );
  verb(
    'check',
    'verify tables, routines, triggers, definers and counters; exit code 1 on findings',
    (address) => checkDatabase(address, deps),
  );
  verb<DatabaseOption & { readonly yes?: true }>(
    'detach',
    'remove what is ours and leave the plain tables of Kea 3.0 with all their rows',
    (address, options) => detachDatabase(address, { confirmed: options.yes === true }, deps),
  ).option('--yes', 'do it: the change log and the edges’ reports are lost');
  verb<DatabaseOption & { readonly timeout: number }>(
    'wait',
    'wait until the database answers and daemons can work on it',
    (address, options) => waitForDatabase(address, { seconds: options.timeout }, deps),
  ).option('--timeout <seconds>', 'how long to wait', seconds, 60);
  verb<DatabaseOption & { readonly edge?: string; readonly dba?: string; readonly report?: string }>(
    'grants',
    'print the least privileges of an account as GRANT statements',
    (address, options) => printGrants(address, options, deps),
  )
    .option('--edge <user[@host]>', 'an edge daemon: reads configuration, writes leases and its own status')
    .option('--dba <user[@host]>', 'a person who edits configuration, hosts and leases with plain SQL')
    .option('--report <user[@host]>', 'an account that only reads, without the secrets of hosts');
  return command;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 86_400)
    throw new InvalidArgumentError('expected whole seconds up to 86400.');
  return value;
}
