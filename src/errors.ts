// The one error type that Flotilla raises on purpose, and the catalogue of its codes.

/** Every stable error code, with what it means to an operator. `docs/errors.md` is checked against this table. */
export const errorCatalogue = {
  ADDRESS_SYNTAX: 'A text is not an address, prefix or range of the expected family.',
  WIRE_TRUNCATED: 'A packet ends in the middle of a field or option.',
  WIRE_MALFORMED: 'A packet or option has a value that its format does not allow.',
  WIRE_VALUE: 'A value cannot be encoded as the option type asks.',
  EXPRESSION_SYNTAX: 'A client class expression cannot be parsed.',
  EXPRESSION_EVALUATION: 'A client class expression met a value it cannot work with.',
  CONFIG_SYNTAX: 'A configuration file is not valid JSON in the Kea dialect.',
  CONFIG_SCHEMA: 'A configuration key is unknown, or its value has the wrong type or range.',
  CONFIG_INVALID: 'A configuration object contradicts itself or another object.',
  CONFIG_FILE: 'A configuration file cannot be read.',
  DATABASE_URL: 'A database address cannot be understood.',
  DATABASE_UNREACHABLE: 'The database cannot be reached or refused the login.',
  DATABASE_SCHEMA: 'The database schema is missing, older, newer or damaged.',
  DATABASE_PRIVILEGE: 'The database account lacks a privilege.',
  DATABASE_QUERY: 'The database refused a statement.',
  LEASE_FILE: 'A lease file cannot be read or written.',
  SERVER_DUID: 'The identity of a DHCPv6 server cannot be read, made or kept.',
  STORE_CLOSED: 'The lease store is closed or has lost its database.',
  STORE_BUSY: 'More lookups or writes wait for the lease store than its queue holds.',
  SOCKET_OPEN: 'A network socket cannot be opened.',
  SOCKET_SEND: 'A packet could not be sent.',
  NO_ANSWER: 'A server did not answer a simulated client, or refused it.',
  COMMAND_INVALID: 'A management command is malformed.',
  USAGE: 'The command line is wrong.',
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

/** Where in an input an error sits. Lines and columns count from 1. */
export interface ErrorLocation {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** JSON path as an operator writes it, e.g. `Dhcp4.subnet4[0].pools[1].pool`. */
  readonly key?: string;
}

/** An expected failure: `code` is stable, `message` is for people, `location` says where in the input. */
export class FlotillaError extends Error {
  readonly code: ErrorCode;
  readonly location: ErrorLocation;

  constructor(code: ErrorCode, message: string, location: ErrorLocation = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FlotillaError';
    this.code = code;
    this.location = location;
  }

  /** `file:line:column: key: message`, leaving out what is unknown. */
  describe(): string {
    const { file, line, column, key } = this.location;
    // JSON that came in a command has no file, and so no place in one.
    const place = file === '' ? '' : [file, line, column].filter((part) => part !== undefined).join(':');
    return [place, key, this.message].filter((part) => part !== undefined && part !== '').join(': ');
  }
}

/** The text of anything thrown, for logs: never a stack, never `[object Object]`. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof FlotillaError) return thrown.describe();
  if (thrown instanceof AggregateError && thrown.message === '')
    return thrown.errors.map(messageOf).join('; ');
  if (thrown instanceof Error) return thrown.message;
  return String(thrown);
}
