// Identity associations with the addresses and prefixes in them (RFC 8415 §21.4, §21.5, §21.6, §21.21, §21.22).
import { readIpv6, writeIpv6 } from '../../addr/ipv6.ts';
import { putUint32, uint32At, viewOf } from '../big-endian.ts';
import { WireError } from '../cursor.ts';
import { option6 } from './option-codes.ts';
import { decodeOptions6, type Options6 } from './options.ts';

/** IA_NA or IA_PD; which of them its option code says. */
export interface Ia6 {
  readonly iaid: number;
  /** Seconds; 0: the client may choose, 0xffffffff: never. */
  readonly t1: number;
  readonly t2: number;
  /** IA Address or IA Prefix options, Status Code. */
  readonly options: Options6;
}

/** IA_TA. */
export interface IaTa6 {
  readonly iaid: number;
  readonly options: Options6;
}

/** IA Address. Lifetimes are seconds, 0xffffffff is for ever. */
export interface IaAddress6 {
  readonly address: bigint;
  readonly preferredLifetime: number;
  readonly validLifetime: number;
  readonly options: Options6;
}

/** IA Prefix. The prefix is as it was sent: bits behind its length may be set. `::` with a length is a wish for it. */
export interface IaPrefix6 {
  readonly preferredLifetime: number;
  readonly validLifetime: number;
  /** 0 to 128. */
  readonly length: number;
  readonly prefix: bigint;
  /** Prefix Exclude (see `pd-exclude.ts`), Status Code. */
  readonly options: Options6;
}

/** Options 3 and 25. Throws WireError: too short, an option runs past the end, an IA inside the IA. */
export function decodeIa6(bytes: Uint8Array): Ia6 {
  const options = nestedOptions(bytes, 12, 'IA', notInsideIa);
  return { iaid: uint32At(bytes, 0), t1: uint32At(bytes, 4), t2: uint32At(bytes, 8), options };
}

export function encodeIa6({ iaid, t1, t2, options }: Ia6): Uint8Array {
  const bytes = bytesBefore(12, options);
  putUint32(bytes, 0, iaid);
  putUint32(bytes, 4, t1);
  putUint32(bytes, 8, t2);
  return bytes;
}

/** Option 4. Throws WireError as {@link decodeIa6} does. */
export function decodeIaTa6(bytes: Uint8Array): IaTa6 {
  const options = nestedOptions(bytes, 4, 'IA_TA', notInsideIa);
  return { iaid: uint32At(bytes, 0), options };
}

export function encodeIaTa6({ iaid, options }: IaTa6): Uint8Array {
  const bytes = bytesBefore(4, options);
  putUint32(bytes, 0, iaid);
  return bytes;
}

/** Option 5. Throws WireError: too short, an option runs past the end, an IA, address or prefix inside the address. */
export function decodeIaAddress6(bytes: Uint8Array): IaAddress6 {
  const options = nestedOptions(bytes, 24, 'IA Address', notInsideLease);
  return {
    address: readIpv6(viewOf(bytes), 0),
    preferredLifetime: uint32At(bytes, 16),
    validLifetime: uint32At(bytes, 20),
    options,
  };
}

export function encodeIaAddress6(lease: IaAddress6): Uint8Array {
  const bytes = bytesBefore(24, lease.options);
  writeIpv6(viewOf(bytes), 0, lease.address);
  putUint32(bytes, 16, lease.preferredLifetime);
  putUint32(bytes, 20, lease.validLifetime);
  return bytes;
}

/** Option 26. Throws WireError as {@link decodeIaAddress6} does, and for a length above 128. */
export function decodeIaPrefix6(bytes: Uint8Array): IaPrefix6 {
  const options = nestedOptions(bytes, 25, 'IA Prefix', notInsideLease);
  const length = bytes[8]!;
  if (length > 128) {
    throw new WireError('WIRE_MALFORMED', 'option-value', `IA Prefix has the prefix length ${length}`);
  }
  return {
    preferredLifetime: uint32At(bytes, 0),
    validLifetime: uint32At(bytes, 4),
    length,
    prefix: readIpv6(viewOf(bytes), 9),
    options,
  };
}

export function encodeIaPrefix6(lease: IaPrefix6): Uint8Array {
  const bytes = bytesBefore(25, lease.options);
  putUint32(bytes, 0, lease.preferredLifetime);
  putUint32(bytes, 4, lease.validLifetime);
  bytes[8] = lease.length;
  writeIpv6(viewOf(bytes), 9, lease.prefix);
  return bytes;
}

/** The IA Address options of an IA, or of a message or Client Data that has them bare. Throws WireError. */
export function iaAddresses6(options: Options6): IaAddress6[] {
  return options.all(option6.iaAddress).map(decodeIaAddress6);
}

/** The IA Prefix options of an IA_PD or of Client Data. Throws WireError. */
export function iaPrefixes6(options: Options6): IaPrefix6[] {
  return options.all(option6.iaPrefix).map(decodeIaPrefix6);
}

/** RFC 8415 §21.4, §21.5, §21.21: an IA may only appear in the options area of a message. */
const notInsideIa: readonly number[] = [option6.iaNa, option6.iaTa, option6.iaPd];
/** RFC 8415 §21.6, §21.22: addresses and prefixes are in IAs. */
const notInsideLease: readonly number[] = [...notInsideIa, option6.iaAddress, option6.iaPrefix];

function nestedOptions(
  bytes: Uint8Array,
  fixed: number,
  name: string,
  forbidden: readonly number[],
): Options6 {
  if (bytes.length < fixed) {
    throw new WireError(
      'WIRE_TRUNCATED',
      'truncated-option',
      `${name} has ${bytes.length} bytes, its fields alone have ${fixed}`,
    );
  }
  const options = decodeOptions6(bytes, fixed, name);
  for (const code of forbidden) {
    if (options.has(code)) {
      throw new WireError(
        'WIRE_MALFORMED',
        'option-nesting',
        `${name}: option ${code} must not be inside it`,
      );
    }
  }
  return options;
}

/** Room for the fixed fields, and the options behind it. */
function bytesBefore(fixed: number, options: Options6): Uint8Array {
  const bytes = new Uint8Array(fixed + options.encodedLength);
  options.write(bytes, fixed);
  return bytes;
}
