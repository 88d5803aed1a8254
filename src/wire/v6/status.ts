// The Status Code option (RFC 8415 §21.13).
import { Reader, Writer } from '../cursor.ts';
import { fieldCodecs, type FieldContext } from '../fields.ts';

/** RFC 8415 §21.13 and later codes. */
export const statusCode6 = {
  Success: 0,
  UnspecFail: 1,
  NoAddrsAvail: 2,
  NoBinding: 3,
  NotOnLink: 4,
  UseMulticast: 5,
  NoPrefixAvail: 6,
  /** RFC 5007 */
  UnknownQueryType: 7,
  MalformedQuery: 8,
  NotConfigured: 9,
  NotAllowed: 10,
  /** RFC 5460 */
  QueryTerminated: 11,
  /** RFC 7653 */
  DataMissing: 12,
  CatchUpComplete: 13,
  NotSupported: 14,
  TLSConnectionRefused: 15,
  /** RFC 8156 */
  AddressInUse: 16,
  ConfigurationConflict: 17,
  MissingBindingInformation: 18,
  OutdatedBindingInformation: 19,
  ServerShuttingDown: 20,
  DNSUpdateNotSupported: 21,
  ExcessiveTimeSkew: 22,
} as const;

export interface Status6 {
  readonly code: number;
  /** For people, may be ''. */
  readonly message: string;
}

/** Throws WireError when there are fewer than two bytes. Text that is not UTF-8 is read one character a byte. */
export function decodeStatus6(bytes: Uint8Array): Status6 {
  const reader = new Reader(bytes);
  return { code: reader.uint16(), message: fieldCodecs.string.read(reader, context) };
}

export function encodeStatus6({ code, message }: Status6): Uint8Array {
  return new Writer().uint16(code).bytes(Buffer.from(message, 'utf8')).finish();
}

const context: FieldContext = { family: 6, tupleLength: 2 };
