// Arguments of commands against their JSON Schemas, with refusals in the words that Kea's commands use.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { FlotillaError } from '../errors.ts';

/**
 * A checker for one command's arguments, `T` being what its schema allows; unknown parameters are ignored, as in Kea. It throws COMMAND_INVALID with the
 * parameter as the location's key. A schema node's `description` starting with `!` is the refusal text of that node.
 */
export function argumentsOf<T>(schema: Readonly<Record<string, unknown>>): (args: unknown) => T {
  // When the command is first given: a server starts with dozens of commands that it may never hear.
  let validate: ValidateFunction<T> | null = null;
  return (args) => {
    validate ??= new Ajv({
      strict: true,
      allowUnionTypes: true,
      verbose: true,
      code: { optimize: false },
    }).compile<T>(schema);
    const value: unknown = args ?? {};
    if (validate(value)) return value;
    const error = validate.errors![0]!;
    const key = parameterOf(error);
    throw new FlotillaError('COMMAND_INVALID', refusal(error, key), key === '' ? {} : { key });
  };
}

function parameterOf(error: ErrorObject): string {
  if (error.keyword === 'required')
    return String((error.params as { missingProperty: string }).missingProperty);
  return error.instancePath
    .split('/')
    .slice(1)
    .map((part, i) => (/^\d+$/.test(part) ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('');
}

function refusal(error: ErrorObject, key: string): string {
  if (error.keyword === 'required') return `Missing mandatory '${key}' parameter.`;
  const { description } = (error.parentSchema ?? {}) as { description?: string };
  if (description?.startsWith('!')) return description.slice(1);
  const name = key === '' ? 'arguments' : `'${key}' parameter`;
  if (error.keyword === 'type') {
    const type = (error.params as { type: string | string[] }).type;
    return `${name} expected to be ${[type]
      .flat()
      .map((each) => kinds[each] ?? each)
      .join(' or ')}.`;
  }
  return `${name} ${error.message ?? 'is not allowed'}.`;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'a boolean',
  object: 'a map',
  array: 'a list',
};
