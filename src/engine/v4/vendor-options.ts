// Vendor options 124 and 125 (RFC 3925): configured ones, and the sub-options of the enterprises that the client named.
import {
  decodeVendorClasses4,
  decodeVendorOptions4,
  encodeVendorOptions4,
  type VendorOptions4,
} from '../../wire/v4/vendor.ts';
import type { OptionScopes } from '../option-scopes.ts';
import { cableLabs, cableLabsRequestList, vendorSuboptions } from '../vendor-suboptions.ts';
import { option4, uint32Of } from './option-codes.ts';
import type { Transaction4 } from './transaction.ts';

interface Wanted {
  readonly requested: Uint8Array;
  readonly always: ReadonlySet<number>;
  readonly never: ReadonlySet<number>;
}

export function addVendorOptions(t: Transaction4, from: OptionScopes, wanted: Wanted): void {
  const { options } = t.response!;
  const sends = (code: number): boolean =>
    !wanted.never.has(code) && (wanted.requested.includes(code) || wanted.always.has(code));

  if (sends(option4.viVendorClass)) {
    const classes = t.engine.options.values(from, 'dhcp4', option4.viVendorClass);
    if (classes.length > 0) options.set(option4.viVendorClass, Buffer.concat(classes));
  }

  if (wanted.never.has(option4.viVendorOptions)) return;
  const named = t.query.options;
  const isNamed = named.has(option4.viVendorClass) || named.has(option4.viVendorOptions);
  if (!isNamed && !sends(option4.viVendorOptions)) return;
  const asked = clientVendors(t);
  const enterprises = new Set(asked.keys());
  const configured = new Set<number>();
  if (sends(option4.viVendorOptions)) {
    for (const value of t.engine.options.values(from, 'dhcp4', option4.viVendorOptions)) {
      configured.add(uint32Of(value.subarray(0, 4)));
    }
  }
  const blocks: VendorOptions4[] = [];
  for (const enterprise of new Set([...configured, ...enterprises])) {
    const suboptions = vendorSuboptions(t.engine.options, from, enterprise, asked.get(enterprise) ?? []);
    // An enterprise that is configured to be announced is, even without sub-options.
    if (suboptions.size > 0 || configured.has(enterprise)) blocks.push({ enterprise, suboptions });
  }
  if (blocks.length > 0) options.set(option4.viVendorOptions, encodeVendorOptions4(blocks));
}

/** Enterprise → sub-options asked for. Options that cannot be read name nobody. */
function clientVendors(t: Transaction4): Map<number, readonly number[]> {
  const asked = new Map<number, readonly number[]>();
  const { options } = t.query;
  try {
    const classes = options.get(option4.viVendorClass);
    for (const { enterprise } of classes ? decodeVendorClasses4(classes) : []) asked.set(enterprise, []);
  } catch {
    t.engine.log.debug('DHCP4_PACKET_OPTIONS_SKIPPED', 'option 124 cannot be read');
  }
  try {
    const vendors = options.get(option4.viVendorOptions);
    for (const { enterprise, suboptions } of vendors ? decodeVendorOptions4(vendors) : []) {
      const list = enterprise === cableLabs ? suboptions.get(cableLabsRequestList) : undefined;
      asked.set(enterprise, [...(list ?? [])]);
    }
  } catch {
    t.engine.log.debug('DHCP4_PACKET_OPTIONS_SKIPPED', 'option 125 cannot be read');
  }
  return asked;
}
