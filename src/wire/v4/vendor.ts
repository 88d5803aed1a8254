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

/** Option 124 (RFC 3925 §3), in wire order; one enterprise may appear more than once. Throws WireError. */
export function decodeVendorClasses4(bytes: Uint8Array): VendorClass4[] {
  return blocks(bytes).map(({ enterprise, body }) => {
    const reader = new Reader(body);
    const data: Uint8Array[] = [];
    while (reader.remaining > 0) data.push(reader.take(reader.uint8()));
    return { enterprise, data };
  });
}

/** Items above 255 bytes, or a block above it, throw WireError: the format has no room. */
export function encodeVendorClasses4(classes: readonly VendorClass4[]): Uint8Array {
  const writer = new Writer();
  for (const { enterprise, data } of classes) {
    const body = new Writer();
    for (const item of data) body.uint8(fits(item.length)).bytes(item);
    putBlock(writer, enterprise, body.finish());
  }
  return writer.finish();
}

/** Option 125 (RFC 3925 §4), in wire order; the blocks of one enterprise are joined. Throws WireError. */
export function decodeVendorOptions4(bytes: Uint8Array): VendorOptions4[] {
  const bodies = new Map<number, Uint8Array[]>();
  for (const { enterprise, body } of blocks(bytes)) {
    const earlier = bodies.get(enterprise);
    if (earlier) earlier.push(body);
    else bodies.set(enterprise, [body]);
  }
  return [...bodies].map(([enterprise, parts]) => ({
    enterprise,
    suboptions: decodeSuboptions4(concatenate(parts)),
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

function blocks(bytes: Uint8Array): { enterprise: number; body: Uint8Array }[] {
  const reader = new Reader(bytes);
  const found: { enterprise: number; body: Uint8Array }[] = [];
  while (reader.remaining > 0) {
    const enterprise = reader.uint32();
    found.push({ enterprise, body: reader.take(reader.uint8()) });
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
