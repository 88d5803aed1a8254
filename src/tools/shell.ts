// A client of the control socket: sends one command and returns the answer (`flotilla shell`, tests, scripts).
import { connect } from 'node:net';
import { indentedAnswer } from '../control/answer-text.ts';
import type { CommandAnswer } from '../control/command.ts';
import { FlotillaError, messageOf } from '../errors.ts';

/** Rejects with SOCKET_OPEN when nobody listens, COMMAND_INVALID when the answer is not JSON or does not come in time. */
export async function sendCommand(
  socketPath: string,
  command: string,
  args?: unknown,
  options: { readonly timeout?: number } = {},
): Promise<CommandAnswer> {
  return (await ask(socketPath, command, args, options)).answer;
}

/** The answer, and its text: numbers beyond 2^53 are exact only there. */
async function ask(
  socketPath: string,
  command: string,
  args: unknown,
  options: { readonly timeout?: number } = {},
): Promise<{ readonly answer: CommandAnswer; readonly text: string }> {
  const request = JSON.stringify(args === undefined ? { command } : { command, arguments: args });
  const text = await exchange(socketPath, request, options.timeout ?? 60_000);
  try {
    return { answer: JSON.parse(text) as CommandAnswer, text };
  } catch (error) {
    throw new FlotillaError(
      'COMMAND_INVALID',
      `${socketPath} answered something that is not JSON`,
      {},
      { cause: error },
    );
  }
}

/** `flotilla shell`: prints the answer as indented JSON; the exit code is Kea's result. */
export async function shell(
  arguments_: { readonly socket: string; readonly command: string; readonly args?: string },
  deps: { readonly write: (text: string) => void },
): Promise<number> {
  let args: unknown;
  try {
    args = arguments_.args === undefined ? undefined : JSON.parse(arguments_.args);
  } catch (error) {
    throw new FlotillaError('USAGE', `the arguments are not JSON: ${messageOf(error)}`);
  }
  const { answer, text } = await ask(arguments_.socket, arguments_.command, args);
  deps.write(`${indentedAnswer(text)}\n`);
  return answer.result;
}

/** Sends raw text and collects everything until the server closes. */
export function exchange(socketPath: string, text: string, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(socketPath, () => socket.write(text));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new FlotillaError('COMMAND_INVALID', `${socketPath} did not answer within ${timeout} ms`));
    }, timeout);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(
        new FlotillaError(
          'SOCKET_OPEN',
          `cannot talk to ${socketPath}: ${messageOf(error)}`,
          {},
          { cause: error },
        ),
      );
    });
  });
}
