// One line of a lease file: Kea's escaping of commas, and errors that say what is wrong with a field.
import { tryParseHex } from '../../addr/hex.ts';

/** Why a row cannot be used. Local to this room: the loader turns it into a counted, located log line. */
export class RowError extends Error {}

const mustEscape = /[,&\r\n]/g;
const escaped = /&#x([0-9a-fA-F]{2})/g;

/** `,` → `&#x2c`; `&` too, so that text which looks escaped survives; line breaks, so that a row stays a row. */
export function escapeField(text: string): string {
  return text.replace(mustEscape, (char) => `&#x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

export function unescapeField(text: string): string {
  return text.includes('&#x')
    ? text.replace(escaped, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
    : text;
}

/** The fields of one row by column name; a column that an older file lacks has its default. */
export class CsvRow {
  readonly #columns: ReadonlyMap<string, number>;
  readonly #fields: readonly string[];

  /** `columns`: index of each name. Throws RowError when there are too few fields. */
  constructor(columns: ReadonlyMap<string, number>, fields: readonly string[]) {
    if (fields.length < columns.size) throw new RowError(`has ${fields.length} of ${columns.size} fields`);
    this.#columns = columns;
    this.#fields = fields;
  }

  text(column: string, otherwise?: string): string {
    const field = this.#fields[this.#columns.get(column) ?? -1];
    if (field !== undefined) return unescapeField(field);
    if (otherwise === undefined) throw new RowError(`has no ${column}`);
    return otherwise;
  }

  integer(column: string, otherwise?: number, max = Number.MAX_SAFE_INTEGER): number {
    const text = this.#fields[this.#columns.get(column) ?? -1];
    if (text === undefined && otherwise !== undefined) return otherwise;
    if (text === undefined) throw new RowError(`has no ${column}`);
    let value = text.length > 0 && text.length <= 16 ? 0 : NaN;
    for (let i = 0; i < text.length; i++) {
      const digit = text.charCodeAt(i) - 48;
      value = digit >= 0 && digit <= 9 ? value * 10 + digit : NaN;
    }
    if (!(value <= max)) throw new RowError(`${column} '${text}' is not a number from 0 to ${max}`);
    return value;
  }

  flag(column: string): boolean {
    const value = this.text(column);
    if (value !== '0' && value !== '1') throw new RowError(`${column} '${value}' is neither 0 nor 1`);
    return value === '1';
  }

  /** Empty text = null. */
  bytes(column: string): Uint8Array | null {
    const value = this.text(column, '');
    if (value === '') return null;
    const bytes = tryParseHex(value);
    if (!bytes) throw new RowError(`${column} '${value}' is not hexadecimal`);
    return bytes;
  }

  /** A JSON map; empty text = null. */
  context(column: string): Readonly<Record<string, unknown>> | null {
    const value = this.text(column, '');
    if (value === '') return null;
    let parsed: unknown;
    try {
      parsed = JSON.parse(value);
    } catch {
      throw new RowError(`${column} is not JSON`);
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
      throw new RowError(`${column} is not a JSON map`);
    return parsed as Record<string, unknown>;
  }
}
