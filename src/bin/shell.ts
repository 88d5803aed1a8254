// `flotilla shell SOCKET COMMAND [ARGUMENTS]`: one management command to a running daemon, its answer as JSON.
import { Command } from 'commander';
import { FlotillaError, messageOf } from '../errors.ts';
import { sendCommand } from '../tools/shell.ts';

export function shellCommand(): Command {
  return new Command('shell')
    .description('send a management command to a daemon')
    .argument('<socket>', 'path of the control socket')
    .argument('<command>', 'for example list-commands, status-get, config-get')
    .argument('[arguments]', 'JSON arguments of the command')
    .action(async (socket: string, command: string, text?: string) => {
      const answer = await sendCommand(
        socket,
        command,
        text === undefined ? undefined : parseArguments(text),
      );
      console.log(JSON.stringify(answer, null, 2));
      if (answer.result !== 0) process.exitCode = 1;
    });
}

function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FlotillaError('USAGE', `the arguments are not JSON: ${messageOf(error)}`);
  }
}
