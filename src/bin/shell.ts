// `flotilla shell SOCKET COMMAND [ARGUMENTS]`: one management command to a running daemon, its answer as JSON.
import { Command } from 'commander';
import { shell } from '../tools/shell.ts';

export function shellCommand(): Command {
  return new Command('shell')
    .argument('<socket>', 'path of the control socket')
    .argument('<command>', 'for example list-commands, status-get, config-get')
    .argument('[arguments]', 'JSON arguments of the command')
    .action(async (socket: string, command: string, args?: string) => {
      process.exitCode = await shell(
        { socket, command, ...(args !== undefined && { args }) },
        { write: (text) => void process.stdout.write(text) },
      );
    });
}
