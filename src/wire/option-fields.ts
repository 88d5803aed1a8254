// The fields of an option's payload, read as its definition says.
import type { Family } from '../addr/family.ts';
import { Reader, WireError } from './cursor.ts';
import { fieldCodecs, type FieldContext, type FieldType } from './fields.ts';
import type { OptionDefinition } from './option-definition.ts';

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
  const context = fieldContext(definition, family);
  const types = fieldTypes(definition);
  const fields: OptionField[] = [];
  for (const type of types) {
    if (type === 'empty') continue;
    fields.push({ type, text: fieldCodecs[type].read(reader, context) });
  }
  const last = types.at(-1)!;
  let length = 0;
  while (definition.array && last !== 'empty' && reader.remaining > 0) {
    const text = fieldCodecs[last].read(reader, context);
    fields.push({ type: last, text });
    // Two bytes of compression can stand for 255 (RFC 3397): 64 KiB of them must not become 8 MiB of text.
    length += text.length;
    if (last === 'fqdn' && length > 65_535) {
      throw new WireError('WIRE_MALFORMED', 'option-value', `${definition.name} unfolds to more than 64 KiB`);
    }
  }
  return fields;
}

/** The types of the fields; the last one repeats when the definition is an array. */
export function fieldTypes(definition: OptionDefinition): readonly FieldType[] {
  return (definition.type === 'record' ? definition.recordTypes : [definition.type]) as readonly FieldType[];
}

/** What the field codecs must know of the option they work for. */
export function fieldContext(definition: OptionDefinition, family: Family): FieldContext {
  // RFC 8572 §8.3: the URI lengths of option 143 have 16 bits although DHCPv4's tuples have 8.
  const wide = family === 6 || (definition.space === 'dhcp4' && definition.code === 143);
  return { family, tupleLength: wide ? 2 : 1 };
}
