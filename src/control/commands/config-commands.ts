// config-*: showing, checking and changing the running configuration.
import type { JsonMap } from '../../config/written.ts';
import { FlotillaError } from '../../errors.ts';
import { commandResult, type CommandHandler } from '../command.ts';
import type { DaemonOperations } from '../daemon-operations.ts';
import { redact } from '../../config/redact.ts';
import { restoreSecrets } from '../restore-secrets.ts';

export function configCommands(
  deps: Pick<
    DaemonOperations,
    'family' | 'snapshot' | 'testConfig' | 'setConfig' | 'reloadConfig' | 'pullConfigBackend'
  >,
): Readonly<Record<string, CommandHandler>> {
  const top = `Dhcp${deps.family}`;
  const applied = () => ({
    result: commandResult.success,
    text: 'Configuration successful.',
    arguments: { hash: deps.snapshot().hash },
  });
  const sent = (args: unknown): JsonMap => restoreSecrets(configOf(args, top), deps.snapshot().written);
  return {
    'config-get'() {
      const { written, hash } = deps.snapshot();
      return { result: commandResult.success, arguments: { [top]: redact(written), hash } };
    },
    'config-hash-get': () => ({
      result: commandResult.success,
      arguments: { hash: deps.snapshot().hash },
    }),
    async 'config-test'(args) {
      await deps.testConfig(sent(args));
      return {
        result: commandResult.success,
        text: 'Configuration seems sane. It was checked, but not applied.',
      };
    },
    async 'config-set'(args) {
      await deps.setConfig(sent(args));
      return applied();
    },
    async 'config-reload'() {
      await deps.reloadConfig();
      return applied();
    },
    async 'config-backend-pull'() {
      if ((await deps.pullConfigBackend()) === 'no-backend')
        return { result: commandResult.empty, text: 'No config backend.' };
      return { result: commandResult.success, text: 'On demand configuration update successful.' };
    },
  };
}

/** Exactly one top-level key. What is inside is the configuration schema's business. */
function configOf(args: unknown, top: string): JsonMap {
  if (args === undefined || args === null) throw refused("Missing mandatory 'arguments' parameter.");
  if (!isMap(args)) throw refused("'arguments' parameter expected to be a map.");
  const config = args[top];
  if (config === undefined) throw refused(`Missing mandatory '${top}' parameter.`, top);
  if (!isMap(config)) throw refused(`'${top}' parameter expected to be a map.`, top);
  const other = Object.keys(args).find((key) => key !== top && key !== 'hash');
  if (other !== undefined) throw refused(`Unsupported '${other}' parameter.`, other);
  return config as JsonMap;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const refused = (text: string, key?: string): FlotillaError =>
  new FlotillaError('COMMAND_INVALID', text, key === undefined ? {} : { key });
