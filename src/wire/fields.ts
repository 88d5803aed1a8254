// The fields that options are made of: each type's text and bytes.
import type { Family } from '../addr/family.ts';
import { formatHex, tryParseHex } from '../addr/hex.ts';
import { formatIpv4, tryParseIpv4 } from '../addr/ipv4.ts';
import { formatIpv6, ipv6Bytes, ipv6FromBytes, ipv6Mask, tryParseIpv6 } from '../addr/ipv6.ts';
import { WireError, type Reader, type Writer } from './cursor.ts';
import { readDomainName, writeDomainName } from './domain-name.ts';
import type { OptionType } from './option-definition.ts';

export interface FieldContext {
  readonly family: Family;
  /** Bytes of a tuple's length: one in DHCPv4, two in DHCPv6 and in option 143. */
  readonly tupleLength: 1 | 2;
}

/** One data type of one field. */
export interface FieldCodec {
  /** Writes the text's bytes. Returns what is allowed when the text is refused. */
  write(writer: Writer, text: string, context: FieldContext): string | undefined;
  /** Reads one value as `option-data` writes it (commas not yet escaped). Throws WireError. */
  read(reader: Reader, context: FieldContext): string;
}

export type FieldType = Exclude<OptionType, 'record' | 'internal'>;

export const fieldCodecs: Readonly<Record<FieldType, FieldCodec>> = {
  empty: {
    write: (_writer, text) => (text === '' ? undefined : 'no data'),
    read: () => '',
  },
  binary: {
    write(writer, text) {
      const bytes = tryParseHex(text);
      if (!bytes) return 'hexadecimal digits such as 0a1b2c, 0x0a1b2c or 0a:1b:2c';
      writer.bytes(bytes);
      return undefined;
    },
    read: (reader) => formatHex(reader.rest(), ''),
  },
  boolean: {
    write(writer, text) {
      const value = { true: 1, '1': 1, false: 0, '0': 0 }[text.toLowerCase()];
      if (value === undefined) return 'true, false, 1 or 0';
      writer.uint8(value);
      return undefined;
    },
    read(reader) {
      const value = reader.uint8();
      if (value > 1)
        throw new WireError('WIRE_MALFORMED', 'option-value', `a boolean has the value ${value}`);
      return value === 1 ? 'true' : 'false';
    },
  },
  int8: integer(1, true),
  int16: integer(2, true),
  int32: integer(4, true),
  uint8: integer(1, false),
  uint16: integer(2, false),
  uint32: integer(4, false),
  'ipv4-address': {
    write(writer, text) {
      const address = tryParseIpv4(text);
      if (address === undefined) return 'an IPv4 address such as 192.0.2.1';
      writer.uint32(address);
      return undefined;
    },
    read: (reader) => formatIpv4(reader.uint32()),
  },
  'ipv6-address': {
    write(writer, text) {
      const address = tryParseIpv6(text);
      if (address === undefined) return 'an IPv6 address such as 2001:db8::1';
      writer.bytes(ipv6Bytes(address));
      return undefined;
    },
    read: (reader) => formatIpv6(ipv6FromBytes(reader.take(16))),
  },
  'ipv6-prefix': {
    write(writer, text) {
      const match = /^([^/]+)\/\s*(\d{1,3})$/.exec(text);
      const address = tryParseIpv6(match?.[1]?.trim() ?? '');
      const length = Number(match?.[2]);
      if (address === undefined || !(length <= 128)) return 'an IPv6 prefix such as 2001:db8::/32';
      const bytes = ipv6Bytes(address & ipv6Mask(length));
      writer.uint8(length).bytes(bytes.subarray(0, Math.ceil(length / 8)));
      return undefined;
    },
    read(reader) {
      const length = reader.uint8();
      if (length > 128) {
        throw new WireError('WIRE_MALFORMED', 'option-value', `an IPv6 prefix has the length ${length}`);
      }
      const bytes = new Uint8Array(16);
      bytes.set(reader.take(Math.ceil(length / 8)));
      return `${formatIpv6(ipv6FromBytes(bytes) & ipv6Mask(length))}/${length}`;
    },
  },
  // RFC 7597 §5.1: the identifier fills the high bits of 16.
  psid: {
    write(writer, text) {
      const match = /^(\d{1,5})\s*\/\s*(\d{1,2})$/.exec(text);
      const [psid, length] = [Number(match?.[1]), Number(match?.[2])];
      if (!(length <= 16) || !(psid < 2 ** length)) {
        return 'a PSID and its length in bits (0 to 16) such as 3/4, the PSID below 2 to the power of the length';
      }
      writer.uint8(length).uint16(psid << (16 - length));
      return undefined;
    },
    read(reader) {
      const length = reader.uint8();
      const field = reader.uint16();
      if (length > 16) {
        throw new WireError('WIRE_MALFORMED', 'option-value', `a PSID has the length ${length}`);
      }
      return `${field >>> (16 - length)}/${length}`;
    },
  },
  string: {
    write(writer, text) {
      if (text === '') return 'at least one character';
      writer.bytes(Buffer.from(text, 'utf8'));
      return undefined;
    },
    // RFC 2132 §2: receivers ignore trailing NULs.
    read: (reader) => latinOrUtf8(reader.rest()).replace(/\0+$/, ''),
  },
  tuple: {
    write(writer, text, { tupleLength }) {
      const bytes = Buffer.from(text, 'utf8');
      const limit = tupleLength === 1 ? 255 : 65535;
      if (bytes.length > limit) return `at most ${limit} bytes`;
      if (tupleLength === 1) writer.uint8(bytes.length);
      else writer.uint16(bytes.length);
      writer.bytes(bytes);
      return undefined;
    },
    read(reader, { tupleLength }) {
      const length = tupleLength === 1 ? reader.uint8() : reader.uint16();
      return latinOrUtf8(reader.take(length));
    },
  },
  fqdn: {
    write(writer, text) {
      const problem = writeDomainName(writer, text);
      return problem === undefined ? undefined : `a domain name such as www.example.com (${problem})`;
    },
    read: (reader) => readDomainName(reader),
  },
};

function integer(size: 1 | 2 | 4, signed: boolean): FieldCodec {
  const bits = 8 * size;
  const lowest = signed ? -(2 ** (bits - 1)) : 0;
  const highest = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  return {
    write(writer, text) {
      const value = numberOf(text);
      if (!(value >= lowest && value <= highest)) {
        return `a whole number from ${lowest} to ${highest}, or hexadecimal such as 0x1f`;
      }
      if (size === 1) writer.uint8(value);
      else if (size === 2) writer.uint16(value);
      else writer.uint32(value);
      return undefined;
    },
    read(reader) {
      const value = size === 1 ? reader.uint8() : size === 2 ? reader.uint16() : reader.uint32();
      return String(signed && value > highest ? value - 2 ** bits : value);
    },
  };
}

/** Decimal first; what is not decimal may be hexadecimal, with or without 0x. */
function numberOf(text: string): number {
  if (/^[+-]?\d{1,12}$/.test(text)) return Number(text);
  const hex = /^(?:0[xX])?([0-9a-fA-F]{1,8})$/.exec(text);
  return hex ? parseInt(hex[1]!, 16) : NaN;
}

/** UTF-8 where it is, else one character a byte, so that no byte is lost. */
function latinOrUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}
