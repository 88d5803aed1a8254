// Vendor options by enterprise number (RFC 3925): 124 carries vendor classes, 125 carries sub-options.
import { concatenate, Reader, WireError, Writer } from '../cursor.ts';
import { decodeSuboptions4, encodeSuboptions4 } from './suboptions.ts';

/** One enterprise's part of option 124: opaque data items. */
export interface VendorClass4 {
  readonly enterprise: number;
  readonly data: readonly Uint8Array[];
}

/** One enterprise's part of option 125. */
export interface VendorOptions4 {
  readonly enterprise: number;
  readonly suboptions: ReadonlyMap<number, Uint8Array>;
}

/** Option 124 (RFC 3925 §3), enterprises in order of first appearance, each with the data of its blocks. Throws WireError. */
export function decodeVendorClasses4(bytes: Uint8Array): VendorClass4[] {
  return [...byEnterprise(bytes)].map(([enterprise, data]) => ({ enterprise, data }));
}

/** One block an item. An item above 255 bytes throws WireError: the format has no room for it. */
export function encodeVendorClasses4(classes: readonly VendorClass4[]): Uint8Array {
  const writer = new Writer();
  for (const { enterprise, data } of classes) {
    for (const item of data) putBlock(writer, enterprise, item);
  }
  return writer.finish();
}

/** Option 125 (RFC 3925 §4), in wire order; the blocks of one enterprise are joined. Throws WireError. */
export function decodeVendorOptions4(bytes: Uint8Array): VendorOptions4[] {
  return [...byEnterprise(bytes)].map(([enterprise, blocks]) => ({
    enterprise,
    suboptions: decodeSuboptions4(concatenate(blocks)),
  }));
}

/** An enterprise whose sub-options exceed 255 bytes gets several blocks, cut between sub-options. */
export function encodeVendorOptions4(vendors: readonly VendorOptions4[]): Uint8Array {
  const writer = new Writer();
  for (const { enterprise, suboptions } of vendors) {
    let block = new Writer();
    for (const suboption of suboptions) {
      const bytes = encodeSuboptions4(new Map([suboption]));
      fits(bytes.length);
      if (block.length + bytes.length > 255) {
        putBlock(writer, enterprise, block.finish());
        block = new Writer();
      }
      block.bytes(bytes);
    }
    putBlock(writer, enterprise, block.finish());
  }
  return writer.finish();
}

/** Both options are blocks of enterprise number, length, data. */
function byEnterprise(bytes: Uint8Array): Map<number, Uint8Array[]> {
  const reader = new Reader(bytes);
  const found = new Map<number, Uint8Array[]>();
  while (reader.remaining > 0) {
    const enterprise = reader.uint32();
    const body = reader.take(reader.uint8());
    const earlier = found.get(enterprise);
    if (earlier) earlier.push(body);
    else found.set(enterprise, [body]);
  }
  return found;
}

function putBlock(writer: Writer, enterprise: number, body: Uint8Array): void {
  writer.uint32(enterprise).uint8(fits(body.length)).bytes(body);
}

function fits(length: number): number {
  if (length > 255) {
    throw new WireError('WIRE_MALFORMED', 'option-value', `${length} bytes do not fit a vendor option's 255`);
  }
  return length;
}
