// Puts every built-in command on a registry.
import type { CommandRegistry } from '../command.ts';
import type { DaemonOperations } from '../daemon-operations.ts';
import { configCommands } from './config-commands.ts';
import { daemonCommands } from './daemon-commands.ts';
import { leaseCommands } from './lease-commands.ts';
import { serviceCommands } from './service-commands.ts';
import { statisticCommands } from './statistic-commands.ts';

/** Returns a function that takes them off again. */
export function registerBuiltInCommands(registry: CommandRegistry, operations: DaemonOperations): () => void {
  const commands = {
    ...daemonCommands(registry, operations),
    ...configCommands(operations),
    ...serviceCommands(operations),
    ...statisticCommands(operations),
    ...leaseCommands(operations),
  };
  const removals = Object.entries(commands).map(([name, handler]) => registry.register(name, handler));
  return () => removals.forEach((remove) => remove());
}
