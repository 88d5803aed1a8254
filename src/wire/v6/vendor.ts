// Vendor Class, Vendor-specific Information and User Class (RFC 8415 §21.15, §21.16, §21.17).
import { putUint32 } from '../big-endian.ts';
import { Reader, Writer } from '../cursor.ts';
import { decodeOptions6, type Options6 } from './options.ts';

/** One option 16; a message has one for each enterprise. */
export interface VendorClass6 {
  readonly enterprise: number;
  readonly data: readonly Uint8Array[];
}

/** One option 17; a message has one for each enterprise. */
export interface VendorOptions6 {
  readonly enterprise: number;
  readonly options: Options6;
}

/** Option 16. Throws WireError. */
export function decodeVendorClass6(bytes: Uint8Array): VendorClass6 {
  const reader = new Reader(bytes);
  return { enterprise: reader.uint32(), data: takeTuples(reader) };
}

/** An item above 65,535 bytes does not fit its option anyway. */
export function encodeVendorClass6({ enterprise, data }: VendorClass6): Uint8Array {
  return putTuples(new Writer().uint32(enterprise), data);
}

/** Option 17. Throws WireError. */
export function decodeVendorOptions6(bytes: Uint8Array): VendorOptions6 {
  const enterprise = new Reader(bytes).uint32();
  return { enterprise, options: decodeOptions6(bytes, 4, `vendor options of ${enterprise}`) };
}

export function encodeVendorOptions6({ enterprise, options }: VendorOptions6): Uint8Array {
  const bytes = new Uint8Array(4 + options.encodedLength);
  putUint32(bytes, 0, enterprise);
  options.write(bytes, 4);
  return bytes;
}

/** Option 15: items behind their lengths of two bytes. Throws WireError. */
export function decodeUserClass6(bytes: Uint8Array): Uint8Array[] {
  return takeTuples(new Reader(bytes));
}

export function encodeUserClass6(data: readonly Uint8Array[]): Uint8Array {
  return putTuples(new Writer(), data);
}

function takeTuples(reader: Reader): Uint8Array[] {
  const items: Uint8Array[] = [];
  while (reader.remaining > 0) items.push(reader.take(reader.uint16()));
  return items;
}

function putTuples(writer: Writer, items: readonly Uint8Array[]): Uint8Array {
  for (const item of items) writer.uint16(item.length).bytes(item);
  return writer.finish();
}
