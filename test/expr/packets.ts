// Packets for expression tests: built from small parts, no decoder involved.
import type { ExpressionContext, ExpressionPacket, HeaderField } from '../../src/expr/expression.ts';
import { standardDefinitions } from '../../src/wire/definitions.ts';

export const bytes = (...parts: (string | number | readonly number[] | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'string'
        ? [...Buffer.from(part, 'latin1')]
        : typeof part === 'number'
          ? [part]
          : [...part],
    ),
  );

/** One DHCPv4 sub-option. */
export const sub = (code: number, ...parts: Parameters<typeof bytes>): Uint8Array => {
  const value = bytes(...parts);
  return bytes(code, value.length, value);
};

/** One DHCPv6 sub-option. */
export const sub6 = (code: number, ...parts: Parameters<typeof bytes>): Uint8Array => {
  const value = bytes(...parts);
  return bytes(code >> 8, code & 255, value.length >> 8, value.length & 255, value);
};

interface Parts {
  readonly family?: 4 | 6;
  readonly options?: Readonly<Record<number, Uint8Array>>;
  readonly header?: Partial<Record<HeaderField, Uint8Array>>;
  readonly classes?: readonly string[];
  readonly relays?: readonly {
    options: Readonly<Record<number, Uint8Array>>;
    peer: Uint8Array;
    link: Uint8Array;
  }[];
  readonly length?: number;
}

export function packetWith(parts: Parts = {}): ExpressionPacket {
  const relays = parts.relays ?? [];
  return {
    family: parts.family ?? 4,
    option: (code) => parts.options?.[code],
    header: (field) => parts.header?.[field],
    iface: 'eth0',
    source: bytes(10, 0, 0, 9),
    destination: bytes(255, 255, 255, 255),
    length: parts.length ?? 300,
    inClass: (name) => parts.classes?.includes(name) ?? false,
    relay6(level) {
      const relay = relays.at(level);
      return relay && { option: (code) => relay.options[code], peer: relay.peer, link: relay.link };
    },
  };
}

export function contextWith(family: 4 | 6 = 4, ...classes: readonly string[]): ExpressionContext {
  return {
    family,
    definitions: standardDefinitions(family),
    isClassDefined: (name) => classes.includes(name),
  };
}

/** The DISCOVER that the expected texts were taken from: they are what Kea 3.0.4 logged for the same bytes. */
export const capturedDiscover = packetWith({
  options: {
    2: bytes(255, 255, 255, 255),
    6: bytes(10, 0, 0, 1, 10, 0, 0, 2),
    12: bytes('Host.Example'),
    15: bytes('ex.org', 0),
    19: bytes(1),
    43: bytes(sub(1, 'abc'), sub(2, 'xyz')),
    50: bytes(192, 0, 2, 15),
    53: bytes(1),
    55: bytes(1, 3, 6),
    57: bytes(5, 220),
    60: bytes('MSFT 5.0'),
    61: bytes(1, 2, 3, 4, 5, 6, 7),
    77: bytes(4, 'user', 3, 'abc'),
    80: bytes(),
    81: bytes(1, 255, 255, 'my.host'),
    82: bytes(sub(1, 'eth1/2'), sub(2, 0xaa, 0xbb, 0xcc), sub(1, 'more')),
    88: bytes(3, 'foo', 0),
    93: bytes(0, 7, 0, 6),
    94: bytes(1, 3, 1),
    116: bytes(1),
    118: bytes(192, 0, 2, 0),
    119: bytes(3, 'foo', 3, 'bar', 0, 1, 'a', 0),
    124: bytes([0, 0, 0x11, 0x8b], 5, 'hello', [0, 0, 0, 9], 3, 'abc'),
    125: bytes([0, 0, 0x11, 0x8b], 10, sub(1, 'v1'), sub(2, 10, 0, 0, 1)),
    150: bytes(1, 2, 3),
  },
  header: {
    mac: bytes(2, 0, 0, 0, 0, 1),
    hlen: bytes(6),
    htype: bytes(1),
    msgtype: bytes(1),
    transid: bytes(0x12, 0x34, 0x56, 0x78),
    ciaddr: bytes(0, 0, 0, 0),
    giaddr: bytes(192, 0, 2, 1),
    yiaddr: bytes(0, 0, 0, 0),
    siaddr: bytes(0, 0, 0, 0),
  },
  length: 0x18a,
});
