// DHCP unique identifiers (RFC 8415 §11, RFC 6355). Text is hexadecimal: `formatHex` writes it.
import { parseHex } from '../../addr/hex.ts';
import { FlotillaError } from '../../errors.ts';
import { Reader, WireError, Writer } from '../cursor.ts';

export type Duid =
  | {
      readonly kind: 'LLT';
      /** Hardware type; 1 is Ethernet. */
      readonly htype: number;
      /** Seconds since {@link duidEpoch}, 32 bits. */
      readonly time: number;
      readonly address: Uint8Array;
    }
  | { readonly kind: 'EN'; readonly enterprise: number; readonly identifier: Uint8Array }
  | { readonly kind: 'LL'; readonly htype: number; readonly address: Uint8Array }
  /** 16 bytes. */
  | { readonly kind: 'UUID'; readonly uuid: Uint8Array }
  /** A type that no RFC known here defines. */
  | { readonly kind: 'other'; readonly type: number; readonly data: Uint8Array };

/** RFC 8415 §11.1: two bytes of type and 1 to 128 more. Kea asks for the same. */
export const duidLength = { least: 3, most: 130 } as const;

/** 2000-01-01T00:00:00Z in seconds since 1970 (RFC 8415 §11.2). */
export const duidEpoch = 946_684_800;

/**
 * The bytes of a Client or Server Identifier option, if they can be a DUID; WireError if not. RFC 8415 §11: whoever gets
 * a DUID compares it and does not look into it, so only its length counts.
 */
export function checkDuid(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= duidLength.least && bytes.length <= duidLength.most) return bytes;
  throw new WireError(
    'WIRE_MALFORMED',
    'option-value',
    `a DUID has ${bytes.length} bytes, allowed are ${duidLength.least} to ${duidLength.most}`,
  );
}

/** Throws WireError when the length is not allowed, or the bytes do not have the form of their type. */
export function decodeDuid(bytes: Uint8Array): Duid {
  const reader = new Reader(checkDuid(bytes));
  const type = reader.uint16();
  switch (type) {
    case duidType.LLT: {
      const htype = reader.uint16();
      const time = reader.uint32();
      return { kind: 'LLT', htype, time, address: notEmpty(reader, 'DUID-LLT') };
    }
    case duidType.EN: {
      const enterprise = reader.uint32();
      return { kind: 'EN', enterprise, identifier: notEmpty(reader, 'DUID-EN') };
    }
    case duidType.LL: {
      const htype = reader.uint16();
      return { kind: 'LL', htype, address: notEmpty(reader, 'DUID-LL') };
    }
    case duidType.UUID: {
      // RFC 6355 §4: 128 bits.
      if (reader.remaining !== 16) throw malformed(`DUID-UUID has ${reader.remaining} bytes, a UUID has 16`);
      return { kind: 'UUID', uuid: reader.rest() };
    }
    default:
      return { kind: 'other', type, data: reader.rest() };
  }
}

/** Throws WIRE_VALUE when the result would not be 3 to 130 bytes, or a UUID is not 16. */
export function encodeDuid(duid: Duid): Uint8Array {
  const writer = new Writer();
  switch (duid.kind) {
    case 'LLT':
      writer.uint16(duidType.LLT).uint16(duid.htype).uint32(duid.time).bytes(duid.address);
      break;
    case 'EN':
      writer.uint16(duidType.EN).uint32(duid.enterprise).bytes(duid.identifier);
      break;
    case 'LL':
      writer.uint16(duidType.LL).uint16(duid.htype).bytes(duid.address);
      break;
    case 'UUID':
      writer.uint16(duidType.UUID).bytes(duid.uuid);
      break;
    case 'other':
      writer.uint16(duid.type).bytes(duid.data);
      break;
  }
  const bytes = writer.finish();
  try {
    decodeDuid(bytes);
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown;
    throw new FlotillaError('WIRE_VALUE', thrown.message);
  }
  return bytes;
}

/** `00:01:00:01:2a:…` in the spellings of `parseHex`. Throws ADDRESS_SYNTAX; the type's own form is not asked for. */
export function parseDuid(text: string): Uint8Array {
  const bytes = parseHex(text);
  if (bytes.length >= duidLength.least && bytes.length <= duidLength.most) return bytes;
  throw new FlotillaError(
    'ADDRESS_SYNTAX',
    `'${text}' has ${bytes.length} bytes, a DUID has ${duidLength.least} to ${duidLength.most}`,
  );
}

const duidType = { LLT: 1, EN: 2, LL: 3, UUID: 4 } as const;

function notEmpty(reader: Reader, name: string): Uint8Array {
  if (reader.remaining === 0) throw malformed(`${name} ends before what identifies its owner`);
  return reader.rest();
}

function malformed(message: string): WireError {
  return new WireError('WIRE_MALFORMED', 'option-value', message);
}
