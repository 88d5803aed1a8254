// The registry of management commands: checks the request's shape, finds the handler, turns any failure into an answer.
import { FlotillaError, messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import {
  commandResult,
  type CommandAnswer,
  type CommandHandler,
  type CommandProcessed,
  type CommandRegistry,
  type CommandRequest,
} from './command.ts';

export function createCommandRegistry(deps: { readonly log: Logger }): CommandRegistry {
  const { log } = deps;
  /** Newest last: a hook that registers a name again hides the earlier handler while it is there. */
  const handlers = new Map<string, CommandHandler[]>();
  let processed: CommandProcessed | null = null;

  return {
    register(name, handler) {
      const entry: CommandHandler = (args, request) => handler(args, request);
      const stack = handlers.get(name) ?? [];
      handlers.set(name, [...stack, entry]);
      return () => {
        const left = (handlers.get(name) ?? []).filter((each) => each !== entry);
        if (left.length > 0) handlers.set(name, left);
        else handlers.delete(name);
      };
    },

    names: () => [...handlers.keys()].sort(),

    onProcessed(given) {
      processed = given;
    },

    async execute(request) {
      const checked = checkRequest(request);
      if (typeof checked === 'string')
        return failure(`Error during command processing: invalid command: ${checked}`);
      const { command } = checked;
      const answer = await answerTo(command, checked);
      return processed ? await processed(command, checked.arguments, answer) : answer;
    },
  };

  async function answerTo(command: string, request: CommandRequest): Promise<CommandAnswer> {
    const handler = handlers.get(command)?.at(-1);
    if (!handler) return { result: commandResult.unsupported, text: `'${command}' command not supported.` };
    log.info('COMMAND_RECEIVED', `received command '${command}'`, { command });
    try {
      return await handler(request.arguments, request);
    } catch (error) {
      // A malformed command's message names the parameter already, in Kea's words.
      const isMalformed = error instanceof FlotillaError && error.code === 'COMMAND_INVALID';
      const text = isMalformed ? error.message : messageOf(error);
      log.warn('COMMAND_PROCESS_ERROR2', `command '${command}' failed: ${text}`, { command });
      return failure(text);
    }
  }
}

/** The request, or what is wrong with it. */
function checkRequest(request: unknown): CommandRequest | string {
  const type = jsonType(request);
  if (type !== 'map') return `expected toplevel entry to be a map, got ${type} instead`;
  const fields = request as Readonly<Record<string, unknown>>;
  if (fields['command'] === undefined) return "does not contain mandatory 'command'";
  if (typeof fields['command'] !== 'string')
    return `expected 'command' to be a string, got ${jsonType(fields['command'])} instead`;
  const unknown = Object.keys(fields).find((key) => !['command', 'arguments', 'service'].includes(key));
  if (unknown !== undefined) return `unsupported parameter '${unknown}'`;
  return fields as unknown as CommandRequest;
}

function jsonType(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'object':
      return 'map';
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'real';
    default:
      return typeof value;
  }
}

const failure = (text: string): CommandAnswer => ({ result: commandResult.error, text });
