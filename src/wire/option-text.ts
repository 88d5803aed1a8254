// Option payloads from and to text: the `data` of Kea's `option-data`, and `option[x].text` of class expressions.
import type { Family } from '../addr/family.ts';
import { formatHex, tryParseHex } from '../addr/hex.ts';
import { FlotillaError } from '../errors.ts';
import { readClasslessRoutes, writeClasslessRoutes } from './classless-routes.ts';
import { joinFields, splitFields } from './csv.ts';
import { Reader, WireError, Writer } from './cursor.ts';
import { readDnr, writeDnr } from './dnr.ts';
import { fieldCodecs, type FieldContext, type FieldType } from './fields.ts';
import type { OptionDefinition } from './option-definition.ts';

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
  if (!csvFormat) return encodeHexOrQuoted(definition, text);
  if (!definition) {
    throw new FlotillaError(
      'WIRE_VALUE',
      "an option without a definition takes hexadecimal data: set 'csv-format' to false, or define the option",
    );
  }
  const context = contextOf(definition, family);
  const writer = new Writer();
  if (definition.type === 'internal') {
    const problem = internalCodecs(definition, family).write(writer, text, context);
    if (problem !== undefined) throw refused(definition, undefined, text, problem);
    return writer.finish();
  }

  const types = fieldTypes(definition);
  const fields = text.trim() === '' ? [] : splitFields(text);
  if (types[0] === 'empty' && fields.length === 0) return writer.finish();
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
          ? internalCodecs(definition, family).read(new Reader(bytes), contextOf(definition, family))
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

/** A field of an option as `option-data` writes it. */
export interface OptionField {
  readonly type: FieldType;
  readonly text: string;
}

/** The fields of a payload whose definition is not `internal`. Throws WireError when the bytes have another form. */
export function readFields(
  definition: OptionDefinition,
  bytes: Uint8Array,
  family: Family = 4,
): readonly OptionField[] {
  const reader = new Reader(bytes);
  const fields = takeFields(definition, reader, family);
  if (reader.remaining > 0 && definition.encapsulates === '') {
    throw new WireError(
      'WIRE_MALFORMED',
      'option-value',
      `${definition.name} has ${reader.remaining} bytes behind its last field`,
    );
  }
  return fields;
}

/** Reads a definition's fields and leaves the reader behind them, where an encapsulated space begins. */
export function takeFields(definition: OptionDefinition, reader: Reader, family: Family): OptionField[] {
  const context = contextOf(definition, family);
  const types = fieldTypes(definition);
  const fields: OptionField[] = [];
  for (const type of types) {
    if (type === 'empty') continue;
    fields.push({ type, text: fieldCodecs[type].read(reader, context) });
  }
  const last = types.at(-1)!;
  while (definition.array && last !== 'empty' && reader.remaining > 0) {
    fields.push({ type: last, text: fieldCodecs[last].read(reader, context) });
  }
  return fields;
}

function encodeHexOrQuoted(definition: OptionDefinition | undefined, text: string): Uint8Array {
  const quoted = /^\s*'(.*)'\s*$/s.exec(text);
  if (quoted) return Uint8Array.from(Buffer.from(quoted[1]!, 'utf8'));
  const bytes = tryParseHex(text);
  if (!bytes) {
    throw refused(
      definition,
      undefined,
      text,
      "with 'csv-format' false, allowed are hexadecimal digits (0a0b, 0x0a0b, 0a:0b, 0a 0b) or 'text' in single quotes",
    );
  }
  return bytes;
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

function fieldTypes(definition: OptionDefinition): readonly FieldType[] {
  return (definition.type === 'record' ? definition.recordTypes : [definition.type]) as readonly FieldType[];
}

function contextOf(definition: OptionDefinition, family: Family): FieldContext {
  // RFC 8572 §8.3: the URI lengths of option 143 have 16 bits although DHCPv4's tuples have 8.
  const wide = family === 6 || (definition.space === 'dhcp4' && definition.code === 143);
  return { family, tupleLength: wide ? 2 : 1 };
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

/**
 * What `option[x].text` gives: the form depends on the type, as in Kea. Without a definition, or when the bytes do not
 * have the form that it asks for: `type=NNN, len=NNN: aa:bb`. Never throws.
 */
export function optionText(
  definition: OptionDefinition | undefined,
  bytes: Uint8Array,
  family: Family = 4,
  code = definition?.code ?? 0,
): string {
  const width = family === 4 ? 3 : 5;
  const heading = `type=${String(code).padStart(width, '0')}, len=${String(bytes.length).padStart(width, '0')}: `;
  if (definition) {
    try {
      if (definition.type === 'string' && !definition.array)
        return readFields(definition, bytes, family)[0]!.text;
      if (definition.type === 'internal') {
        return (
          heading + internalCodecs(definition, family).read(new Reader(bytes), contextOf(definition, family))
        );
      }
      return (
        heading +
        readFields(definition, bytes, family)
          .map(({ text }) => text)
          .join(' ')
      );
    } catch (thrown) {
      if (!(thrown instanceof WireError)) throw thrown;
    }
  }
  return heading + formatHex(bytes);
}
