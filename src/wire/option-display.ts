// The text of an option in class expressions: `type=051, len=004: 3600 (uint32)`. Forms differ by type, as in Kea.
import type { Family } from '../addr/family.ts';
import { formatHex } from '../addr/hex.ts';
import { FlotillaError } from '../errors.ts';
import { Reader } from './cursor.ts';
import { topSpace } from './definitions.ts';
import type { OptionDefinition, OptionDefinitions } from './option-definition.ts';
import { fieldContext, readFields, type OptionField } from './option-fields.ts';
import { ownText6 } from './option-display-v6.ts';
import { decodeOptionTree, encapsulatedSpace, type Suboptions } from './suboption-tree.ts';
import { decodeClientFqdn4 } from './v4/fqdn.ts';
import { encodeSuboptions4 } from './v4/suboptions.ts';
import { decodeVendorClasses4, decodeVendorOptions4 } from './v4/vendor.ts';
import { readClasslessRoutes } from './classless-routes.ts';
import { readDnrInstances, type DnrInstance } from './dnr.ts';

export interface TextContext {
  /** Needed for the code in the text when there is no definition. */
  readonly code?: number;
  /** Definitions of sub-options; without them those show as bytes. */
  readonly definitions?: OptionDefinitions;
  /** Taken from `definitions` if they are given; else 4. */
  readonly family?: Family;
}

/**
 * What `option[x].text` gives. A string is itself; everything else begins with its code and length. Bytes without a
 * definition, or that do not have the form that it asks for, show as hexadecimal pairs. Never throws.
 */
export function optionText(
  definition: OptionDefinition | undefined,
  bytes: Uint8Array,
  context: TextContext = {},
): string {
  if (definition?.type === 'string' && !definition.array) return trimmedText(bytes);
  return nestedText(definition, bytes, context);
}

/** A space may encapsulate itself: deeper levels show as bytes. */
const deepest = 8;

interface NestedContext extends TextContext {
  readonly depth?: number;
}

function nestedText(
  definition: OptionDefinition | undefined,
  bytes: Uint8Array,
  context: NestedContext,
): string {
  const family = context.definitions?.family ?? context.family ?? 4;
  const code = definition?.code ?? context.code ?? 0;
  if (definition && (context.depth ?? 0) < deepest) {
    try {
      const own =
        definition.space === topSpace(family) ? ownText(definition, bytes, family, context) : undefined;
      return own ?? heading(code, bytes, family) + bodyText(definition, bytes, family, context);
    } catch (thrown) {
      if (!(thrown instanceof FlotillaError)) throw thrown;
    }
  }
  return `${heading(code, bytes, family)}: ${bytesText(bytes)}`;
}

function heading(code: number, bytes: Uint8Array, family: Family, name = ''): string {
  const width = family === 4 ? 3 : 5;
  const shown = name === '' ? '' : `(${name})`;
  return `type=${String(code).padStart(width, '0')}${shown}, len=${String(bytes.length).padStart(width, '0')}`;
}

function bodyText(
  definition: OptionDefinition,
  bytes: Uint8Array,
  family: Family,
  context: NestedContext,
): string {
  const { type, array } = definition;
  const { definitions } = context;
  if (encapsulatedSpace(definition) !== '' && definitions) {
    const tree = decodeOptionTree(definition, bytes, definitions);
    const fields = tree.fields.map(fieldText).join(' ');
    return `${fields === '' ? ':' : `: ${fields}`}${suboptionsText(tree.space, tree.suboptions, context)}`;
  }
  if (type === 'binary' || type === 'empty' || type === 'internal') return `: ${bytesText(bytes)}`;
  const fields = readFields(definition, bytes, family);
  if (!array || type === 'record') return `: ${fields.map(fieldText).join(' ')}`;
  if (type === 'ipv4-address' || type === 'ipv6-address') {
    return `: ${fields.map(({ text }) => text).join(' ')}`;
  }
  if (type === 'tuple') {
    return fields.map(({ text }, i) => `, data-len${i}=${byteLength(text)}, data${i}='${text}'`).join('');
  }
  if (/int/.test(type)) return `: ${fields.map((field) => `${field.text}(${field.type})`).join(' ')}`;
  return `: ${fields.map(fieldText).join(' ')}`;
}

function suboptionsText(space: string, suboptions: Suboptions, context: NestedContext): string {
  if (suboptions.size === 0) return '';
  const inner = { ...context, depth: (context.depth ?? 0) + 1 };
  const lines = [...suboptions].map(([code, value]) => {
    const text = nestedText(context.definitions?.byCode(space, code), value, { ...inner, code });
    return `\n  ${text.replaceAll('\n', '\n  ')}`;
  });
  return `,\noptions:${lines.join('')}`;
}

/** Options that Kea has a class of its own for. */
function ownText(
  definition: OptionDefinition,
  bytes: Uint8Array,
  family: Family,
  context: NestedContext,
): string | undefined {
  if (family === 4) return ownText4(definition, bytes, context);
  return ownText6(
    definition.code,
    bytes,
    (name) => heading(definition.code, bytes, family, name),
    (space, suboptions) => suboptionsText(space, suboptions, context),
  );
}

function ownText4(
  definition: OptionDefinition,
  bytes: Uint8Array,
  context: NestedContext,
): string | undefined {
  const { code } = definition;
  if (code === 79) {
    const [mandatory, scopes] = readFields(definition, bytes, 4);
    return `type=079, len=${lengthText(bytes)}: mandatory:${bit(mandatory?.text === 'true')}, scope-list:"${scopes?.text}"`;
  }
  if (code === 81) {
    const { noUpdates, encoded, overridden, serverUpdates, name } = decodeClientFqdn4(bytes);
    const flags = `N=${bit(noUpdates)}, E=${bit(encoded)}, O=${bit(overridden)}, S=${bit(serverUpdates)}`;
    const kind = name.endsWith('.') ? 'full' : 'partial';
    return `type=81 (CLIENT_FQDN), flags: (${flags}), domain-name='${name}' (${kind})`;
  }
  if (code === 121) {
    const routes = readClasslessRoutes(new Reader(bytes)).split(', ');
    const texts = routes.map((route, i) => {
      const [subnet, router] = route.split(' - ');
      return `, Route ${i + 1} (subnet ${subnet}, router IP ${router})`;
    });
    return `type=121(CLASSLESS_STATIC_ROUTE), len=${bytes.length}${texts.join('')}`;
  }
  if (code === 124) {
    const classes = decodeVendorClasses4(bytes).map(({ enterprise, data }) => {
      const items = data.map((item, i) => {
        return `, data-len${i}=${item.length}, vendor-class-data${i}='${Buffer.from(item).toString('latin1')}'`;
      });
      return `,  enterprise id=0x${enterprise.toString(16)}${items.join('')}`;
    });
    return `type=124, len=${bytes.length}${classes.join('')}`;
  }
  if (code === 125) return vendorText(bytes, context);
  if (code === 143) {
    const tuples = readFields(definition, bytes, 4);
    const items = tuples.map(({ text }, i) => `, data-len${i}=${byteLength(text)}, data${i}='${text}'`);
    return `type=143, len=${bytes.length}${items.join('')}`;
  }
  if (code === 162) {
    const instances = readDnrInstances(new Reader(bytes), fieldContext(definition, 4));
    return `type=162(V4_DNR), len=${bytes.length}, ${instances.map(dnrText).join(', ')}`;
  }
  return undefined;
}

function dnrText(instance: DnrInstance, index: number): string {
  const { length, priority, name, nameLength, addressLength, addresses, parameters } = instance;
  const parts = [
    `Instance len=${length}`,
    `service_priority=${priority}`,
    `adn_length=${nameLength}`,
    `adn='${name}'`,
  ];
  if (addresses) parts.push(`addr_length=${addressLength}`, `address(es): ${addresses.join(' ')}`);
  if (parameters !== '') parts.push(`svc_params='${parameters}'`);
  return `DNR Instance ${index + 1}(${parts.join(', ')})`;
}

/** The first enterprise speaks for the option. */
function vendorText(bytes: Uint8Array, context: NestedContext): string {
  const [first] = decodeVendorOptions4(bytes);
  if (!first) return `${heading(125, bytes, 4)}: ''`;
  const { enterprise, suboptions } = first;
  const size = encodeSuboptions4(suboptions).length;
  const length = String(size + 5).padStart(3, '0');
  const inner = suboptionsText(`vendor-${enterprise}`, suboptions, context);
  return `type=125, len=${length}: ${enterprise} (uint32) ${size} (uint8)${inner}`;
}

function fieldText({ type, text }: OptionField): string {
  if (type === 'string' || type === 'tuple' || type === 'fqdn') return `"${text}" (${type})`;
  if (type === 'psid') return `${text.replace(/(\d+)\/(\d+)/, 'len=$2,psid=$1')} (psid)`;
  return `${text} (${type})`;
}

/** Hexadecimal pairs, and the text in quotes when every byte is printable. */
function bytesText(bytes: Uint8Array): string {
  const isPrintable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  const hex = formatHex(bytes);
  if (!isPrintable) return hex;
  return `${hex}${hex === '' ? '' : ' '}'${Buffer.from(bytes).toString('latin1')}'`;
}

function trimmedText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1').replace(/\0+$/, '');
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

function lengthText(bytes: Uint8Array): string {
  return String(bytes.length).padStart(3, '0');
}

function bit(flag: boolean): number {
  return flag ? 1 : 0;
}
