// DHCPv4 messages from and to bytes (RFC 2131 §2, RFC 2132 §9.3, RFC 3396).
import { FlotillaError } from '../../errors.ts';
import { putUint16, putUint32, uint16At, uint32At } from '../big-endian.ts';
import { concatenate, WireError } from '../cursor.ts';
import { fitOptions4 } from './fit.ts';
import type { Message4 } from './message.ts';

export interface DecodeOptions4 {
  /**
   * Kea's `compatibility.lenient-option-parsing`: an option that runs past the end takes what is left, `hlen` above 16
   * is cut to 16, an unknown overload value is ignored.
   */
  readonly lenient?: boolean;
  /** Accept BOOTP (RFC 951): no magic cookie, or no message type. Such a message has no option 53. */
  readonly bootp?: boolean;
}

export interface EncodeLimits4 {
  /**
   * The largest IP datagram the client takes, as option 57 counts it (UDP and IP headers included); below 576 means 576.
   * Without it only the limits of UDP hold. See {@link maxMessageSize4}.
   */
  readonly maxSize?: number;
  /** Told the codes of options that had to be left out. */
  readonly onDropped?: (codes: readonly number[]) => void;
}

/**
 * Decodes one UDP payload. Throws WireError (WIRE_TRUNCATED or WIRE_MALFORMED with a reason) and nothing else.
 *
 * The message's byte fields are views over `bytes` (only options that arrived in pieces are copied): whoever reuses a
 * receive buffer must copy it first.
 */
export function decodeMessage4(bytes: Uint8Array, options: DecodeOptions4 = {}): Message4 {
  if (bytes.length < headerSize) {
    throw new WireError(
      'WIRE_TRUNCATED',
      'truncated-header',
      `${bytes.length} bytes are too few for a DHCPv4 header of ${headerSize}`,
    );
  }
  const lenient = options.lenient === true;
  const hlen = bytes[2]!;
  if (hlen > 16 && !lenient) {
    throw new WireError('WIRE_MALFORMED', 'hardware-address-length', `hlen ${hlen} is larger than 16`);
  }
  const message: Message4 = {
    op: bytes[0]!,
    htype: bytes[1]!,
    hops: bytes[3]!,
    xid: uint32At(bytes, 4),
    secs: uint16At(bytes, 8),
    flags: uint16At(bytes, 10),
    ciaddr: uint32At(bytes, 12),
    yiaddr: uint32At(bytes, 16),
    siaddr: uint32At(bytes, 20),
    giaddr: uint32At(bytes, 24),
    chaddr: bytes.subarray(28, 28 + Math.min(hlen, 16)),
    sname: empty,
    file: empty,
    options: new Map(),
  };

  const hasCookie = bytes.length >= optionsStart && uint32At(bytes, headerSize) === magicCookie;
  if (!hasCookie && options.bootp !== true) {
    throw new WireError('WIRE_MALFORMED', 'bootp-no-cookie', 'BOOTP without the magic cookie of DHCP');
  }
  const sname = bytes.subarray(snameStart, fileStart);
  const file = bytes.subarray(fileStart, headerSize);
  const overload = hasCookie ? decodeAreas(message.options, bytes, sname, file, lenient) : 0;
  if ((overload & overloadFile) === 0) message.file = withoutTrailingZeros(file);
  if ((overload & overloadSname) === 0) message.sname = withoutTrailingZeros(sname);

  const type = message.options.get(optionMessageType);
  if (type === undefined) {
    if (options.bootp === true) return message;
    throw new WireError('WIRE_MALFORMED', 'bootp-no-message-type', 'BOOTP: there is no DHCP message type');
  }
  if (type.length !== 1 || type[0] === 0) {
    throw new WireError('WIRE_MALFORMED', 'message-type', 'option 53 is not one byte from 1 to 255');
  }
  return message;
}

/**
 * Encodes a message: option 53 first, then the map's order, option 82 last (RFC 3046 §2.1), END, zeros up to the 300
 * bytes of BOOTP (RFC 1542 §2.1). Values above 255 bytes are split as RFC 3396 says. What exceeds the limit moves to
 * `file` and `sname` if they are free, else is left out: see {@link fitOptions4} for the order. Codes 0, 52 and 255 in
 * the map are the codec's own business and are skipped. Throws WIRE_VALUE when a field does not fit its place.
 */
export function encodeMessage4(message: Message4, limits: EncodeLimits4 = {}): Uint8Array {
  const { chaddr, sname, file } = message;
  checkLength('chaddr', chaddr, 16);
  checkLength('sname', sname, fileStart - snameStart);
  checkLength('file', file, headerSize - fileStart);

  const layout = fitOptions4(message, limits.maxSize);
  if (layout.dropped.length > 0) limits.onDropped?.(layout.dropped);

  const bytes = new Uint8Array(Math.max(minimumSize, optionsStart + layout.mainSize));
  bytes[0] = message.op;
  bytes[1] = message.htype;
  bytes[2] = chaddr.length;
  bytes[3] = message.hops;
  putUint32(bytes, 4, message.xid);
  putUint16(bytes, 8, message.secs);
  putUint16(bytes, 10, message.flags);
  putUint32(bytes, 12, message.ciaddr);
  putUint32(bytes, 16, message.yiaddr);
  putUint32(bytes, 20, message.siaddr);
  putUint32(bytes, 24, message.giaddr);
  bytes.set(chaddr, 28);
  bytes.set(sname, snameStart);
  bytes.set(file, fileStart);
  putUint32(bytes, headerSize, magicCookie);

  const { options } = message;
  let offset = optionsStart;
  for (const code of layout.main) {
    offset = putOption(bytes, offset, code, options.get(code)!);
    // RFC 2131 §4.1: the overload option tells of the other fields before they are read.
    if (code === layout.main[0] && layout.overload !== 0)
      offset = putOverload(bytes, offset, layout.overload);
  }
  if (layout.main.length === 0 && layout.overload !== 0) offset = putOverload(bytes, offset, layout.overload);
  bytes[offset] = optionEnd;
  putArea(bytes, fileStart, options, layout.file);
  putArea(bytes, snameStart, options, layout.sname);
  return bytes;
}

/** The limit a client names in option 57; 576 when it names none or less (RFC 2132 §9.10, RFC 2131 §2). */
export function maxMessageSize4(request: Message4): number {
  const value = request.options.get(57);
  return value?.length === 2 ? Math.max(576, uint16At(value, 0)) : 576;
}

const snameStart = 44;
const fileStart = 108;
const headerSize = 236;
const optionsStart = 240;
const minimumSize = 300;
const magicCookie = 0x63825363;
const optionPad = 0;
const optionOverload = 52;
const optionMessageType = 53;
const optionEnd = 255;
const overloadFile = 1;
const overloadSname = 2;
const empty = new Uint8Array(0);

type Options = Map<number, Uint8Array>;

/** RFC 3396 §5: the options field, then `file`, then `sname` are one buffer. Returns the overload value. */
function decodeAreas(
  options: Options,
  bytes: Uint8Array,
  sname: Uint8Array,
  file: Uint8Array,
  lenient: boolean,
): number {
  const pieces: Pieces = { overload: empty, more: undefined };
  decodeArea(options, pieces, bytes, optionsStart, lenient, true);
  const overload = overloadOf(pieces.overload, lenient);
  if ((overload & overloadFile) !== 0) decodeArea(options, pieces, file, 0, lenient, false);
  if ((overload & overloadSname) !== 0) decodeArea(options, pieces, sname, 0, lenient, false);
  if (pieces.more) {
    for (const [code, parts] of pieces.more) options.set(code, concatenate(parts));
  }
  return overload;
}

interface Pieces {
  overload: Uint8Array;
  /** Codes seen more than once, with all their pieces. */
  more: Map<number, Uint8Array[]> | undefined;
}

function decodeArea(
  options: Options,
  pieces: Pieces,
  area: Uint8Array,
  start: number,
  lenient: boolean,
  isMain: boolean,
): void {
  let offset = start;
  while (offset < area.length) {
    const code = area[offset++]!;
    if (code === optionPad) continue;
    if (code === optionEnd) return;
    const length = area[offset++];
    const left = area.length - offset;
    if (length === undefined || length > left) {
      if (!lenient) {
        throw new WireError(
          'WIRE_TRUNCATED',
          'truncated-option',
          length === undefined
            ? `option ${code} ends before its length`
            : `option ${code} announces ${length} bytes, ${left} are left`,
        );
      }
      if (length === undefined) return;
    }
    const value = area.subarray(offset, (offset += Math.min(length, left)));
    if (code === optionOverload) {
      // Only the options field may overload (RFC 2132 §9.3).
      if (isMain) pieces.overload = value;
      continue;
    }
    const first = options.get(code);
    if (first === undefined) {
      options.set(code, value);
      continue;
    }
    // Joined at the end, so that many small pieces cost no repeated copies.
    const more = (pieces.more ??= new Map<number, Uint8Array[]>());
    const parts = more.get(code);
    if (parts) parts.push(value);
    else more.set(code, [first, value]);
  }
}

function overloadOf(value: Uint8Array, lenient: boolean): number {
  if (value === empty) return 0;
  if (value.length === 1 && value[0]! >= 1 && value[0]! <= 3) return value[0]!;
  if (lenient) return 0;
  throw new WireError('WIRE_MALFORMED', 'option-overload', 'option 52 is not one byte of 1, 2 or 3');
}

/** RFC 3396 §6: a long value is several options of one code, one behind the other. */
function putOption(bytes: Uint8Array, start: number, code: number, value: Uint8Array): number {
  let offset = start;
  let from = 0;
  do {
    const piece = value.length > 255 ? value.subarray(from, from + 255) : value;
    bytes[offset] = code;
    bytes[offset + 1] = piece.length;
    bytes.set(piece, offset + 2);
    offset += 2 + piece.length;
    from += 255;
  } while (from < value.length);
  return offset;
}

function putOverload(bytes: Uint8Array, offset: number, overload: number): number {
  bytes[offset] = optionOverload;
  bytes[offset + 1] = 1;
  bytes[offset + 2] = overload;
  return offset + 3;
}

function putArea(bytes: Uint8Array, start: number, options: Options, codes: readonly number[]): void {
  if (codes.length === 0) return;
  let offset = start;
  for (const code of codes) offset = putOption(bytes, offset, code, options.get(code)!);
  bytes[offset] = optionEnd;
}

function checkLength(field: string, value: Uint8Array, limit: number): void {
  if (value.length > limit) {
    throw new FlotillaError('WIRE_VALUE', `${field} has ${value.length} bytes, at most ${limit} fit`);
  }
}

function withoutTrailingZeros(field: Uint8Array): Uint8Array {
  let end = field.length;
  while (end > 0 && field[end - 1] === 0) end--;
  return end === 0 ? empty : field.subarray(0, end);
}
