// Vendor-identifying options: the enterprise that `vendor` and `vendor-class` speak of.
import { Reader } from '../wire/cursor.ts';
import type { Suboptions } from '../wire/suboption-tree.ts';
import { decodeVendorOptions4 } from '../wire/v4/vendor.ts';
import { decodeVendorClass6, decodeVendorOptions6 } from '../wire/v6/vendor.ts';
import type { ExpressionPacket } from './expression.ts';
import type { Bytes } from './functions.ts';

export interface VendorOptions {
  readonly enterprise: number;
  readonly suboptions: Suboptions;
}

export interface VendorClass {
  readonly enterprise: number;
  readonly data: readonly Bytes[];
}

/** Option 125 (RFC 3925 §4) or 17 (RFC 8415 §21.17). Of several enterprises the lowest number counts, as in Kea. */
export function firstVendorOptions(packet: ExpressionPacket): VendorOptions | undefined {
  const bytes = packet.option(packet.family === 4 ? 125 : 17);
  if (!bytes) return undefined;
  if (packet.family === 4) return lowest(decodeVendorOptions4(bytes));
  const { enterprise, options } = decodeVendorOptions6(bytes);
  return { enterprise, suboptions: options };
}

/**
 * Option 124 or 16 (RFC 8415 §21.16). Of several enterprises the lowest number counts, as in Kea. In option 124 each
 * enterprise is followed by one counted item that is the data itself: RFC 3925 §3 can also be read as counted items
 * inside it, but expressions see what Kea sees.
 */
export function firstVendorClass(packet: ExpressionPacket): VendorClass | undefined {
  const bytes = packet.option(packet.family === 4 ? 124 : 16);
  if (!bytes) return undefined;
  return packet.family === 4 ? lowest(vendorClasses4(new Reader(bytes))) : decodeVendorClass6(bytes);
}

function vendorClasses4(reader: Reader): VendorClass[] {
  const classes = new Map<number, Bytes[]>();
  while (reader.remaining > 0) {
    const enterprise = reader.uint32();
    const item = reader.take(reader.uint8());
    const items = classes.get(enterprise);
    if (items) items.push(item);
    else classes.set(enterprise, [item]);
  }
  return [...classes].map(([enterprise, data]) => ({ enterprise, data }));
}

function lowest<T extends { readonly enterprise: number }>(vendors: readonly T[]): T | undefined {
  return vendors.reduce<T | undefined>(
    (first, each) => (first && first.enterprise <= each.enterprise ? first : each),
    undefined,
  );
}
