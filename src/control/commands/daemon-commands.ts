// list-commands, version-get, build-report, status-get, server-tag-get, shutdown: about the daemon itself.
import { networkStateOrigin } from '../../engine/network-state.ts';
import { argumentsOf } from '../arguments.ts';
import { commandResult, type CommandHandler, type CommandRegistry } from '../command.ts';
import type { DaemonOperations } from '../daemon-operations.ts';

export function daemonCommands(
  registry: Pick<CommandRegistry, 'names'>,
  deps: Pick<DaemonOperations, 'family' | 'version' | 'status' | 'snapshot' | 'networkState' | 'shutdown'>,
): Readonly<Record<string, CommandHandler>> {
  return {
    'list-commands': () => ({ result: commandResult.success, arguments: registry.names() }),
    'version-get'() {
      const { short, extended } = deps.version();
      return { result: commandResult.success, text: short, arguments: { extended } };
    },
    'build-report': () => ({ result: commandResult.success, text: deps.version().build }),
    'status-get'() {
      const { pid, uptime, reload, sockets, queue } = deps.status();
      return {
        result: commandResult.success,
        arguments: {
          'dhcp-state': dhcpState(deps.networkState),
          ...(deps.family === 6 && { 'extended-info-tables': false }),
          'multi-threading-enabled': false,
          ...(queue && { 'packet-queue-size': queue.size, 'packet-queue-statistics': queue.averages }),
          pid,
          reload: Math.trunc(reload),
          sockets,
          uptime: Math.trunc(uptime),
        },
      };
    },
    'server-tag-get': () => ({
      result: commandResult.success,
      arguments: { 'server-tag': deps.snapshot().serverTag },
    }),
    shutdown(args) {
      deps.shutdown(shutdownArguments(args)['exit-value'] ?? 0);
      return { result: commandResult.success, text: 'Shutting down.' };
    },
  };
}

const shutdownArguments = argumentsOf<{ 'exit-value'?: number }>({
  type: 'object',
  properties: {
    'exit-value': {
      type: 'integer',
      minimum: 0,
      maximum: 255,
      description: "!parameter 'exit-value' is not an integer from 0 to 255",
    },
  },
});

/** Origins by Kea's ranges: 1 the user, 1000… local commands, 2000… remote commands, 3000… lost databases. */
function dhcpState(state: DaemonOperations['networkState']): Readonly<Record<string, unknown>> {
  const origins = state.origins();
  const between = (first: number, next: number): readonly number[] =>
    origins.filter((origin) => origin >= first && origin < next);
  return {
    'disabled-by-db-connection': between(3000, Infinity),
    'disabled-by-local-command': between(1000, 2000),
    'disabled-by-remote-command': between(2000, 3000),
    'disabled-by-user': origins.includes(networkStateOrigin.userCommand),
    'globally-disabled': !state.isEnabled,
  };
}
