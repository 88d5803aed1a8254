#!/usr/bin/env -S node --max-semi-space-size=32
// The one program: daemons and tools are its verbs.
import { Command, CommanderError } from 'commander';
import { messageOf } from '../errors.ts';
import { databaseCommand } from '../tools/db.ts';
import { fleetCommand } from '../tools/fleet.ts';
import { demoCommand } from './demo.ts';
import { dhcp4Command } from './dhcp4.ts';
import { perfCommand } from './perf.ts';
import { shellCommand } from './shell.ts';
import { programVersion } from './version.ts';

const program = new Command('flotilla')
  .description('DHCP server fleet driven from SQL')
  .version(programVersion)
  .addCommand(dhcp4Command())
  .addCommand(databaseCommand())
  .addCommand(fleetCommand())
  .addCommand(shellCommand())
  .addCommand(perfCommand())
  .addCommand(demoCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) console.error(`flotilla: ${messageOf(error)}`);
  process.exitCode = 1;
}
