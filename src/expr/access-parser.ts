// Everything that reads the packet: option[…], relay4[…], relay6[…], vendor…, vendor-class…, pkt, pkt4, pkt6.
import { topSpace } from '../wire/definitions.ts';
import type { OptionDefinition, OptionDefinitions } from '../wire/option-definition.ts';
import { optionText } from '../wire/option-display.ts';
import { encapsulatedSpace, suboptionAt } from '../wire/suboption-tree.ts';
import type { ExpressionContext, ExpressionPacket, HeaderField } from './expression.ts';
import { evaluationError, noBytes, uint32Bytes, utf8, type Bytes } from './functions.ts';
import { syntaxError, type Token } from './lexer.ts';
import { booleanNode, stringNode, type Node } from './node.ts';
import { integerIn, integerOf, type TokenStream } from './token-stream.ts';
import { firstVendorClass, firstVendorOptions } from './vendor.ts';

type AccessParser = (stream: TokenStream, context: ExpressionContext, keyword: Token) => Node;

/** By the keyword that begins the operand, which is already taken. */
export const accessParsers: Readonly<Partial<Record<string, AccessParser>>> = {
  option(stream, context) {
    const step = optionStep(stream, context, topSpace(context.family));
    return chain(stream, context, step, (packet) => packet.option(step.code));
  },

  relay4(stream, context, keyword) {
    requireFamily(context, 4, keyword);
    const agent = context.definitions.byCode('dhcp4', 82);
    const step = optionStep(stream, context, agent?.encapsulates ?? '');
    return chain(stream, context, step, (packet) => {
      const bytes = packet.option(82);
      return bytes && suboptionAt(agent, bytes, [step.code], context.definitions)?.bytes;
    });
  },

  relay6(stream, context, keyword) {
    requireFamily(context, 6, keyword);
    stream.expect('[');
    const level = integerIn(stream, -32, 31, 'Nest level has invalid value');
    stream.expect(']');
    stream.expect('.');
    switch (stream.expectOneOf('option', 'peeraddr', 'linkaddr')) {
      case 'peeraddr':
        return stringNode((packet) => packet.relay6?.(level)?.peer ?? noBytes);
      case 'linkaddr':
        return stringNode((packet) => packet.relay6?.(level)?.link ?? noBytes);
      case 'option': {
        const step = optionStep(stream, context, 'dhcp6');
        return chain(stream, context, step, (packet) => packet.relay6?.(level)?.option(step.code));
      }
    }
  },

  vendor(stream, context) {
    if (stream.accept('.')) {
      stream.expect('enterprise');
      return stringNode((packet) => enterpriseBytes(firstVendorOptions(packet)));
    }
    const enterprise = enterpriseIndex(stream);
    stream.expect('.');
    if (stream.expectOneOf('option', 'exists') === 'exists')
      return booleanNode((packet) => isOf(enterprise, firstVendorOptions(packet)));
    const step = optionStep(stream, context, `vendor-${enterprise}`);
    return chain(stream, context, step, (packet) => {
      const vendor = firstVendorOptions(packet);
      return isOf(enterprise, vendor) ? vendor.suboptions.get(step.code) : undefined;
    });
  },

  'vendor-class'(stream) {
    if (stream.accept('.')) {
      stream.expect('enterprise');
      return stringNode((packet) => enterpriseBytes(firstVendorClass(packet)));
    }
    const enterprise = enterpriseIndex(stream);
    stream.expect('.');
    if (stream.expectOneOf('exists', 'data') === 'exists')
      return booleanNode((packet) => isOf(enterprise, firstVendorClass(packet)));
    let index = 0;
    if (stream.accept('[')) {
      index = integerIn(stream, 0, 255);
      stream.expect(']');
    }
    return stringNode((packet) => {
      const vendor = firstVendorClass(packet);
      return (isOf(enterprise, vendor) ? vendor.data[index] : undefined) ?? noBytes;
    });
  },

  pkt(stream) {
    stream.expect('.');
    switch (stream.expectOneOf('iface', 'src', 'dst', 'len')) {
      case 'iface':
        return stringNode((packet) => utf8(packet.iface));
      case 'src':
        return stringNode((packet) => packet.source);
      case 'dst':
        return stringNode((packet) => packet.destination);
      case 'len':
        return stringNode((packet) => uint32Bytes(packet.length));
    }
  },

  pkt4(stream, context, keyword) {
    requireFamily(context, 4, keyword);
    stream.expect('.');
    return header(
      stream.expectOneOf(
        'mac',
        'hlen',
        'htype',
        'ciaddr',
        'giaddr',
        'yiaddr',
        'siaddr',
        'msgtype',
        'transid',
      ),
    );
  },

  pkt6(stream, context, keyword) {
    requireFamily(context, 6, keyword);
    stream.expect('.');
    return header(stream.expectOneOf('msgtype', 'transid'));
  },
};

/** One `[code]` or `[name]` of a chain. */
interface Step {
  readonly code: number;
  readonly definition: OptionDefinition | undefined;
}

function optionStep(stream: TokenStream, context: ExpressionContext, space: string): Step {
  stream.expect('[');
  const token = stream.next;
  if (token.kind === 'option-name') {
    stream.take();
    const definition = space === '' ? undefined : context.definitions.byName(space, token.text);
    if (!definition) throw syntaxError(token, `option '${token.text}' is not defined`);
    stream.expect(']');
    return { code: definition.code, definition };
  }
  const code = integerOf(stream.expectKind('integer', 'integer or option name'));
  const highest = context.family === 4 ? 255 : 65535;
  if (code < 0 || code > highest)
    throw syntaxError(token, `Option code has invalid value in ${token.text}. Allowed range: 0..${highest}`);
  stream.expect(']');
  return { code, definition: space === '' ? undefined : context.definitions.byCode(space, code) };
}

/** `.option[…]` any number of times, then `.text`, `.hex` or `.exists`. */
function chain(
  stream: TokenStream,
  context: ExpressionContext,
  first: Step,
  readFirst: (packet: ExpressionPacket) => Bytes | undefined,
): Node {
  const { definitions } = context;
  const path: number[] = [];
  let last = first;
  stream.expect('.');
  while (stream.accept('option')) {
    last = optionStep(stream, context, last.definition ? encapsulatedSpace(last.definition) : '');
    path.push(last.code);
    stream.expect('.');
  }
  const read = (packet: ExpressionPacket): Bytes | undefined => {
    const bytes = readFirst(packet);
    if (!bytes || path.length === 0) return bytes;
    return suboptionAt(first.definition, bytes, path, definitions)?.bytes;
  };
  switch (stream.expectOneOf('text', 'hex', 'exists')) {
    case 'exists':
      return booleanNode((packet) => read(packet) !== undefined);
    case 'hex':
      return stringNode((packet) => read(packet) ?? noBytes);
    case 'text':
      return stringNode((packet) => {
        const bytes = read(packet);
        return bytes ? displayed(last, bytes, definitions) : noBytes;
      });
  }
}

/** Kea's text of an option; a plain string keeps its own bytes, whatever their encoding. */
function displayed({ code, definition }: Step, bytes: Bytes, definitions: OptionDefinitions): Bytes {
  const text = optionText(definition, bytes, { code, definitions });
  const isPlain = definition?.type === 'string' && !definition.array;
  return isPlain ? new Uint8Array(Buffer.from(text, 'latin1')) : utf8(text);
}

/** `[number]` or `[*]`; 0 means any enterprise, like `*`. */
function enterpriseIndex(stream: TokenStream): number {
  stream.expect('[');
  const enterprise = stream.accept('*') ? 0 : integerIn(stream, 0, 0xffffffff);
  stream.expect(']');
  return enterprise;
}

interface OfEnterprise {
  readonly enterprise: number;
}

function isOf<T extends OfEnterprise>(enterprise: number, vendor: T | undefined): vendor is T {
  return vendor !== undefined && (enterprise === 0 || vendor.enterprise === enterprise);
}

const enterpriseBytes = (vendor: OfEnterprise | undefined): Bytes =>
  vendor ? uint32Bytes(vendor.enterprise) : noBytes;

/** Addresses and the hardware address as they are; numbers as four bytes, so that they compare with plain integers. */
function header(field: HeaderField): Node {
  return stringNode((packet) => {
    const bytes = packet.header(field);
    if (field === 'mac') {
      if (!bytes) throw evaluationError('the packet has no hardware address');
      return bytes;
    }
    if (bytes?.length === 4) return bytes;
    const padded = new Uint8Array(4);
    if (bytes) padded.set(bytes.subarray(-4), 4 - Math.min(4, bytes.length));
    return padded;
  });
}

function requireFamily(context: ExpressionContext, family: 4 | 6, keyword: Token): void {
  if (context.family !== family)
    throw syntaxError(keyword, `${keyword.text} can only be used in DHCPv${family}.`);
}
