// Vendor options 16 and 17 (RFC 8415 §21.16, §21.17): configured ones, and the sub-options of the enterprises that the client named.
import { uint32At } from '../../wire/big-endian.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { Options6 } from '../../wire/v6/options.ts';
import { decodeCodes6 } from '../../wire/v6/values.ts';
import { decodeVendorClass6, decodeVendorOptions6, encodeVendorOptions6 } from '../../wire/v6/vendor.ts';
import type { OptionScopes } from '../option-scopes.ts';
import { cableLabs, cableLabsRequestList, vendorSuboptions } from '../vendor-suboptions.ts';
import type { Transaction6 } from './transaction.ts';

interface Forced {
  readonly always: ReadonlySet<number>;
  readonly never: ReadonlySet<number>;
}

/** One option 17 for each enterprise. */
export function addVendorOptions(
  t: Transaction6,
  options: Options6,
  from: OptionScopes,
  { always, never }: Forced,
): void {
  if (never.has(option6.vendorOptions)) return;
  const { options: query } = t.query;
  const isNamed = query.has(option6.vendorClass) || query.has(option6.vendorOptions);
  if (!isNamed && !t.requested.includes(option6.vendorOptions) && !always.has(option6.vendorOptions)) return;
  const asked = clientVendors(t);
  const enterprises = new Set(asked.keys());
  const configured = new Set<number>();
  if (t.requested.includes(option6.vendorOptions) || always.has(option6.vendorOptions)) {
    for (const value of t.engine.options.values(from, 'dhcp6', option6.vendorOptions))
      if (value.length >= 4) configured.add(uint32At(value, 0));
  }
  for (const enterprise of new Set([...configured, ...enterprises])) {
    const wanted = asked.get(enterprise) ?? [];
    const suboptions = vendorSuboptions(t.engine.options, from, enterprise, wanted);
    // An enterprise that is configured to be announced is, even without sub-options.
    if (suboptions.size === 0 && !configured.has(enterprise)) continue;
    const inside = new Options6();
    for (const [code, value] of suboptions) inside.add(code, value);
    options.add(option6.vendorOptions, encodeVendorOptions6({ enterprise, options: inside }));
  }
}

/** Enterprise → sub-options asked for. Options that cannot be read name nobody. */
function clientVendors(t: Transaction6): Map<number, readonly number[]> {
  const asked = new Map<number, readonly number[]>();
  const { options } = t.query;
  try {
    for (const bytes of options.all(option6.vendorClass)) asked.set(decodeVendorClass6(bytes).enterprise, []);
    for (const bytes of options.all(option6.vendorOptions)) {
      const { enterprise, options: suboptions } = decodeVendorOptions6(bytes);
      const list = enterprise === cableLabs ? suboptions.get(cableLabsRequestList) : undefined;
      asked.set(enterprise, list ? decodeCodes6(list) : []);
    }
  } catch {
    t.engine.log.debug('DHCP6_PACKET_OPTIONS_SKIPPED', 'option 16 or 17 cannot be read');
  }
  return asked;
}
