#!/usr/bin/env -S node --min-semi-space-size=64 --max-semi-space-size=64
// The one program: daemons and tools are its verbs. Only the verb that is asked for is loaded.
import { Command, CommanderError } from 'commander';
import { messageOf } from '../errors.ts';
import { programVersion } from './version.ts';

interface Verb {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<Command>;
}

const verbs: readonly Verb[] = [
  {
    name: 'dhcp4',
    description: 'the DHCPv4 server',
    load: async () => (await import('./daemon-command.ts')).daemonCommand(4),
  },
  {
    name: 'dhcp6',
    description: 'the DHCPv6 server',
    load: async () => (await import('./daemon-command.ts')).daemonCommand(6),
  },
  {
    name: 'db',
    description: 'make, upgrade and check the central database',
    load: async () => (await import('../tools/db.ts')).databaseCommand(),
  },
  {
    name: 'fleet',
    description: 'what the edges of the fleet do, read from the database',
    load: async () => (await import('../tools/fleet.ts')).fleetCommand(),
  },
  {
    name: 'shell',
    description: 'send a management command to a daemon; the exit code is the result of the answer',
    load: async () => (await import('./shell.ts')).shellCommand(),
  },
  {
    name: 'perf',
    description: 'measure a DHCP server with simulated clients (letters as perfdhcp)',
    load: async () => (await import('./perf.ts')).perfCommand(),
  },
  {
    name: 'demo',
    description: 'a fleet of two edges on this machine, with simulated clients',
    load: async () => (await import('./demo.ts')).demoCommand(),
  },
];

const program = new Command('flotilla')
  .description('DHCP server fleet driven from SQL')
  .version(programVersion);

try {
  for (const { name, description, load } of verbs) {
    // Anywhere among the words: `flotilla help db`.
    const command = process.argv.includes(name) ? await load() : new Command(name);
    program.addCommand(command.description(description));
  }
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) console.error(`flotilla: ${messageOf(error)}`);
  process.exitCode = 1;
}
