// An option as its definition sees it: record fields, then the sub-options of the space it encapsulates.
import { concatenate, Reader, WireError } from './cursor.ts';
import { takeFields, type OptionField } from './option-fields.ts';
import type { OptionDefinition, OptionDefinitions } from './option-definition.ts';
import { decodeSuboptions4 } from './v4/suboptions.ts';
import { decodeVendorOptions4 } from './v4/vendor.ts';

export interface OptionTree {
  readonly fields: readonly OptionField[];
  /** Code → value; empty when the option encapsulates nothing. Values are views. */
  readonly suboptions: ReadonlyMap<number, Uint8Array>;
  /** The space that the sub-options belong to, '' for none. */
  readonly space: string;
}

/** Throws WireError when fields or sub-options do not have the form that the definition asks for. */
export function decodeOptionTree(
  definition: OptionDefinition,
  bytes: Uint8Array,
  definitions: OptionDefinitions,
): OptionTree {
  if (definitions.family === 4 && definition.space === 'dhcp4' && definition.code === 125) {
    // RFC 3925 §4: the enterprise decides the space; the first one speaks for the option, as in Kea.
    const [first] = decodeVendorOptions4(bytes);
    return {
      fields: first ? [{ type: 'uint32', text: String(first.enterprise) }] : [],
      suboptions: first?.suboptions ?? none,
      space: first ? `vendor-${first.enterprise}` : '',
    };
  }
  if (definition.type === 'internal') return { fields: [], suboptions: none, space: '' };
  const reader = new Reader(bytes);
  const fields = takeFields(definition, reader, definitions.family);
  const space = definition.encapsulates;
  if (space === '') return { fields, suboptions: none, space };
  return { fields, suboptions: decodeSpace(space, reader.rest(), definitions), space };
}

/**
 * What `option[a].option[b]` means, at any depth: the payload at the end of `path`, undefined when a level is missing,
 * has no definition with sub-options, or is malformed.
 */
export function suboptionAt(
  definition: OptionDefinition | undefined,
  bytes: Uint8Array,
  path: readonly number[],
  definitions: OptionDefinitions,
): { definition: OptionDefinition | undefined; bytes: Uint8Array } | undefined {
  let level = { definition, bytes };
  for (const code of path) {
    if (!level.definition) return undefined;
    const tree = treeOrUndefined(level.definition, level.bytes, definitions);
    const value = tree?.suboptions.get(code);
    if (!tree || !value) return undefined;
    level = { definition: definitions.byCode(tree.space, code), bytes: value };
  }
  return level;
}

/** The sub-options of a space: one-byte codes and lengths in DHCPv4, two-byte ones in DHCPv6. Throws WireError. */
export function decodeSpace(
  space: string,
  bytes: Uint8Array,
  definitions: OptionDefinitions,
): ReadonlyMap<number, Uint8Array> {
  if (definitions.family === 4) {
    // RFC 2132 §8.4: PAD and END keep their meaning inside option 43, unless somebody defines those codes.
    const isVendorSpace = space === 'vendor-encapsulated-options-space';
    return decodeSuboptions4(bytes, isVendorSpace && !definitions.byCode(space, 255));
  }
  const reader = new Reader(bytes);
  const pieces = new Map<number, Uint8Array[]>();
  while (reader.remaining > 0) {
    const code = reader.uint16();
    const value = reader.take(reader.uint16());
    const parts = pieces.get(code);
    if (parts) parts.push(value);
    else pieces.set(code, [value]);
  }
  return new Map([...pieces].map(([code, parts]) => [code, concatenate(parts)]));
}

const none: ReadonlyMap<number, Uint8Array> = new Map();

function treeOrUndefined(
  definition: OptionDefinition,
  bytes: Uint8Array,
  definitions: OptionDefinitions,
): OptionTree | undefined {
  try {
    return decodeOptionTree(definition, bytes, definitions);
  } catch (thrown) {
    if (thrown instanceof WireError) return undefined;
    throw thrown;
  }
}
