// An option as its definition sees it: record fields, then the sub-options of the space it encapsulates.
import { Reader, WireError } from './cursor.ts';
import { takeFields, type OptionField } from './option-fields.ts';
import type { OptionDefinition, OptionDefinitions } from './option-definition.ts';
import { decodeSuboptions4 } from './v4/suboptions.ts';
import { decodeVendorOptions4 } from './v4/vendor.ts';
import { option6 } from './v6/option-codes.ts';
import { decodeOptions6 } from './v6/options.ts';
import { decodeVendorOptions6 } from './v6/vendor.ts';

/** Code → value, in wire order. In DHCPv6 a code may repeat: `get` answers with its first value. Values are views. */
export interface Suboptions extends Iterable<readonly [code: number, value: Uint8Array]> {
  readonly size: number;
  get(code: number): Uint8Array | undefined;
}

export interface OptionTree {
  readonly fields: readonly OptionField[];
  /** Empty when the option encapsulates nothing. */
  readonly suboptions: Suboptions;
  /** The space that the sub-options belong to, '' for none. */
  readonly space: string;
}

/** Throws WireError when fields or sub-options do not have the form that the definition asks for. */
export function decodeOptionTree(
  definition: OptionDefinition,
  bytes: Uint8Array,
  definitions: OptionDefinitions,
): OptionTree {
  if (isVendorOption(definition, definitions)) {
    // RFC 3925 §4, RFC 8415 §21.17: the enterprise decides the space; the first one speaks for the option, as in Kea.
    const first = firstVendor(bytes, definitions);
    return {
      fields: first ? [{ type: 'uint32', text: String(first.enterprise) }] : [],
      suboptions: first?.suboptions ?? none,
      space: first ? `vendor-${first.enterprise}` : '',
    };
  }
  if (definition.type === 'internal') return { fields: [], suboptions: none, space: '' };
  const reader = new Reader(bytes);
  const fields = takeFields(definition, reader, definitions.family);
  const space = encapsulatedSpace(definition);
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
function decodeSpace(space: string, bytes: Uint8Array, definitions: OptionDefinitions): Suboptions {
  if (definitions.family === 4) {
    // RFC 2132 §8.4: PAD and END keep their meaning inside option 43, unless somebody defines those codes.
    const isVendorSpace = space === 'vendor-encapsulated-options-space';
    return decodeSuboptions4(bytes, isVendorSpace && !definitions.byCode(space, 255));
  }
  return decodeOptions6(bytes, 0, space);
}

/** The space of the sub-options that an option of this definition carries, '' for none. */
export function encapsulatedSpace({ space, code, encapsulates }: OptionDefinition): string {
  // RFC 8415 §21.4, §21.6: what is in an IA and in its addresses and prefixes are options of the protocol itself.
  if (encapsulates === '' && space === 'dhcp6' && ofIdentityAssociations.has(code)) return space;
  return encapsulates;
}

const none: Suboptions = new Map();

const ofIdentityAssociations: ReadonlySet<number> = new Set([
  option6.iaNa,
  option6.iaTa,
  option6.iaAddress,
  option6.iaPd,
  option6.iaPrefix,
]);

function isVendorOption({ space, code }: OptionDefinition, { family }: OptionDefinitions): boolean {
  return family === 4
    ? space === 'dhcp4' && code === 125
    : space === 'dhcp6' && code === option6.vendorOptions;
}

function firstVendor(
  bytes: Uint8Array,
  { family }: OptionDefinitions,
): { enterprise: number; suboptions: Suboptions } | undefined {
  if (family === 4) return decodeVendorOptions4(bytes)[0];
  const { enterprise, options } = decodeVendorOptions6(bytes);
  return { enterprise, suboptions: options };
}

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
