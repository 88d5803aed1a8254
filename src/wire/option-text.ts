// Option payloads from and to the `data` text of Kea's `option-data`.
import type { Family } from '../addr/family.ts';
import { formatHex, tryParseHex } from '../addr/hex.ts';
import { FlotillaError } from '../errors.ts';
import { readClasslessRoutes, writeClasslessRoutes } from './classless-routes.ts';
import { joinFields, splitFields } from './csv.ts';
import { Reader, WireError, Writer } from './cursor.ts';
import { readDnr, writeDnr } from './dnr.ts';
import { fieldCodecs, type FieldContext, type FieldType } from './fields.ts';
import { fieldContext, fieldTypes, readFields } from './option-fields.ts';
import type { OptionDefinition } from './option-definition.ts';

export { optionText, type TextContext } from './option-display.ts';
export { readFields, takeFields, type OptionField } from './option-fields.ts';

/**
 * Encodes the `data` of an `option-data` entry.
 *
 * With `csvFormat`: fields separated by commas, a comma inside a field written `\,`; a definition is needed. Without:
 * hexadecimal digits (`0a0b`, `0x0a0b`, `0a:0b`, `0a 0b`) or `'text'` in single quotes. Options of type `internal` have
 * their own notations: routes (121) and encrypted DNS servers (162, v6 144).
 *
 * Throws WIRE_VALUE naming the option, the field and what is allowed.
 */
export function encodeOptionText(
  definition: OptionDefinition | undefined,
  text: string,
  csvFormat: boolean,
  family: Family = 4,
): Uint8Array {
  if (!csvFormat) return encodeHexOrQuoted(definition, text, family);
  if (!definition) {
    throw new FlotillaError(
      'WIRE_VALUE',
      "an option without a definition takes hexadecimal data: set 'csv-format' to false, or define the option",
    );
  }
  const context = fieldContext(definition, family);
  const writer = new Writer();
  if (definition.type === 'internal') {
    const problem = internalCodecs(definition, family).write(writer, text, context);
    if (problem !== undefined) throw refused(definition, undefined, text, problem);
    return writer.finish();
  }

  const types = fieldTypes(definition);
  const fields = text.trim() === '' ? [] : splitFields(text);
  // Nothing is a value of an empty option and of a list.
  const mayBeEmpty = types[0] === 'empty' || (definition.array && definition.type !== 'record');
  if (fields.length === 0 && mayBeEmpty) return writer.finish();
  checkCount(definition, types, fields, text);
  for (const [i, field] of fields.entries()) {
    const type = types[Math.min(i, types.length - 1)]!;
    const allowed = fieldCodecs[type].write(writer, field, context);
    if (allowed !== undefined) {
      throw refused(definition, fields.length > 1 ? i + 1 : undefined, field, `${type} takes ${allowed}`);
    }
  }
  return writer.finish();
}

/**
 * The inverse of {@link encodeOptionText}: the `data` text, with `csvFormat` false (hexadecimal) when there is no
 * definition or the bytes do not have the form that it asks for. Never throws.
 */
export function decodeOptionText(
  definition: OptionDefinition | undefined,
  bytes: Uint8Array,
  family: Family = 4,
): { data: string; csvFormat: boolean } {
  if (definition) {
    try {
      const data =
        definition.type === 'internal'
          ? internalCodecs(definition, family).read(new Reader(bytes), fieldContext(definition, family))
          : joinFields(readFields(definition, bytes, family).map(({ text }) => text));
      // Text that is not UTF-8, a boolean of an odd length: only hexadecimal can say it.
      const again = encodeOptionText(definition, data, true, family);
      if (Buffer.compare(again, bytes) === 0) return { data, csvFormat: true };
    } catch (thrown) {
      if (!(thrown instanceof FlotillaError)) throw thrown;
    }
  }
  return { data: formatHex(bytes, ''), csvFormat: false };
}

function encodeHexOrQuoted(
  definition: OptionDefinition | undefined,
  text: string,
  family: Family,
): Uint8Array {
  const quoted = /^\s*'(.*)'\s*$/s.exec(text);
  const bytes = quoted ? Uint8Array.from(Buffer.from(quoted[1]!, 'utf8')) : tryParseHex(text);
  if (!bytes) {
    throw refused(
      definition,
      undefined,
      text,
      "with 'csv-format' false, allowed are hexadecimal digits (0a0b, 0x0a0b, 0a:0b, 0a 0b) or 'text' in single quotes",
    );
  }
  if (definition && bytes.length > 0) checkForm(definition, bytes, text, family);
  return bytes;
}

/** Bytes written by hand must still be what the definition promises to clients. */
function checkForm(definition: OptionDefinition, bytes: Uint8Array, text: string, family: Family): void {
  // A container takes any bytes: they are its sub-options.
  if (definition.type === 'empty') return;
  try {
    if (definition.type === 'internal') {
      internalCodecs(definition, family).read(new Reader(bytes), fieldContext(definition, family));
    } else {
      readFields(definition, bytes, family);
    }
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown;
    const form = fieldTypes(definition).join(', ') + (definition.array ? ', repeated' : '');
    throw refused(definition, undefined, text, `the bytes do not have the form ${form} (${thrown.message})`);
  }
}

function checkCount(
  definition: OptionDefinition,
  types: readonly FieldType[],
  fields: readonly string[],
  text: string,
): void {
  const least = types.length;
  if (fields.length >= least && (definition.array || fields.length === least)) return;
  const expected = `${definition.array ? 'at least ' : ''}${least} field${least === 1 ? '' : 's'}`;
  const hint = fields.length > least ? '; write a comma inside a field as \\, (in JSON \\\\,)' : '';
  throw refused(
    definition,
    undefined,
    text,
    `expected ${expected} (${types.join(', ')}), found ${fields.length}${hint}`,
  );
}

function refused(
  definition: OptionDefinition | undefined,
  field: number | undefined,
  text: string,
  allowed: string,
): FlotillaError {
  const option = definition ? `option ${definition.name} (${definition.space} ${definition.code})` : 'option';
  const place = field === undefined ? '' : `, field ${field}`;
  return new FlotillaError('WIRE_VALUE', `${option}${place}: '${text}' is refused: ${allowed}`);
}

interface InternalCodec {
  write(writer: Writer, text: string, context: FieldContext): string | undefined;
  read(reader: Reader, context: FieldContext): string;
}

function internalCodecs(definition: OptionDefinition, family: Family): InternalCodec {
  if (family === 4 && definition.code === 121) {
    return { write: writeClasslessRoutes, read: readClasslessRoutes };
  }
  if (definition.code === (family === 4 ? 162 : 144)) return { write: writeDnr, read: readDnr };
  throw new FlotillaError(
    'WIRE_VALUE',
    `option ${definition.name}: the type 'internal' is only for standard options; use 'binary'`,
  );
}
