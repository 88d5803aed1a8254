// One packet through every decoder of the wire room; anything but its own errors escapes to the caller.
import { standardDefinitions } from '../../src/wire/definitions.ts';
import { WireError } from '../../src/wire/cursor.ts';
import { decodeOptionText, encodeOptionText, optionText } from '../../src/wire/option-text.ts';
import { decodeOptionTree } from '../../src/wire/suboption-tree.ts';
import { agentInformation4 } from '../../src/wire/v4/agent.ts';
import { decodeMessage4, encodeMessage4, maxMessageSize4 } from '../../src/wire/v4/codec.ts';
import { decodeClientFqdn4, hostNameText4 } from '../../src/wire/v4/fqdn.ts';
import type { Message4 } from '../../src/wire/v4/message.ts';
import { decodeVendorClasses4, decodeVendorOptions4 } from '../../src/wire/v4/vendor.ts';

/** Returns a function from packet to the outcomes it met, such as `message: ok` or `option 81: option-value`. */
export function exerciseWire(): (packet: Uint8Array) => readonly string[] {
  const definitions = standardDefinitions(4);

  return (packet) => {
    const outcomes: string[] = [];
    const attempt = <T>(what: string, decode: () => T): T | undefined => {
      try {
        const result = decode();
        outcomes.push(`${what}: ok`);
        return result;
      } catch (thrown) {
        if (!(thrown instanceof WireError)) throw thrown;
        outcomes.push(`${what}: ${thrown.reason}`);
        return undefined;
      }
    };

    const message = attempt('message', () => decodeMessage4(packet));
    attempt('lenient', () => decodeMessage4(packet, { lenient: true, bootp: true }));
    if (!message) return outcomes;
    const { options } = message;
    attempt('agent information', () => agentInformation4(message));
    for (const [code, decode] of payloadDecoders) {
      const bytes = options.get(code);
      if (bytes) attempt(`option ${code}`, () => decode(bytes));
    }
    for (const [code, bytes] of options) {
      const definition = definitions.byCode('dhcp4', code);
      optionText(definition, bytes, { code, definitions });
      const { data, csvFormat } = decodeOptionText(definition, bytes);
      encodeOptionText(csvFormat ? definition : undefined, data, csvFormat);
      if (definition) attempt('fields', () => decodeOptionTree(definition, bytes, definitions));
    }
    checkAgain(message);
    return outcomes;
  };
}

const payloadDecoders: readonly (readonly [code: number, decode: (bytes: Uint8Array) => unknown])[] = [
  [12, hostNameText4],
  [81, decodeClientFqdn4],
  [124, decodeVendorClasses4],
  [125, decodeVendorOptions4],
];

/** What was decoded encodes, and decodes to the same number of options. */
function checkAgain(message: Message4): void {
  const again = decodeMessage4(encodeMessage4(message));
  if (again.options.size !== message.options.size) throw new Error('an option was lost in encoding');
  decodeMessage4(encodeMessage4(message, { maxSize: maxMessageSize4(message) }));
}
