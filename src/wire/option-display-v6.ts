// The texts of the DHCPv6 options that Kea has classes of their own for; the others follow their definitions.
import { formatHex } from '../addr/hex.ts';
import { formatIpv6 } from '../addr/ipv6.ts';
import { Reader } from './cursor.ts';
import type { Suboptions } from './suboption-tree.ts';
import { decodeClientFqdn6 } from './v6/fqdn.ts';
import { decodeIa6, decodeIaAddress6, decodeIaPrefix6 } from './v6/ia.ts';
import { option6 } from './v6/option-codes.ts';
import { decodeStatus6, statusCode6 } from './v6/status.ts';
import { decodeVendorClass6, decodeVendorOptions6 } from './v6/vendor.ts';

/** `heading` takes the name that Kea shows behind the code. Undefined: no form of its own. Throws WireError. */
export function ownText6(
  code: number,
  bytes: Uint8Array,
  heading: (name?: string) => string,
  suboptionsText: (space: string, suboptions: Suboptions) => string,
): string | undefined {
  switch (code) {
    case option6.iaNa:
    case option6.iaPd: {
      const { iaid, t1, t2, options } = decodeIa6(bytes);
      const name = code === option6.iaNa ? 'IA_NA' : 'IA_PD';
      return `${heading(name)}: iaid=${iaid}, t1=${t1}, t2=${t2}${suboptionsText('dhcp6', options)}`;
    }
    case option6.iaAddress: {
      const lease = decodeIaAddress6(bytes);
      const fields = `address=${formatIpv6(lease.address)}, ${lifetimes(lease)}`;
      return `${heading('IAADDR')}: ${fields}${suboptionsText('dhcp6', lease.options)}`;
    }
    case option6.iaPrefix: {
      const lease = decodeIaPrefix6(bytes);
      const fields = `prefix=${formatIpv6(lease.prefix)}/${lease.length}, ${lifetimes(lease)}`;
      return `${heading('IAPREFIX')}: ${fields}${suboptionsText('dhcp6', lease.options)}`;
    }
    case option6.statusCode: {
      const status = decodeStatus6(bytes);
      const message = status.message === '' ? '(no status message)' : `"${status.message}"`;
      return `${heading()}: ${statusName(status.code)}(${status.code}) ${message}`;
    }
    case option6.vendorClass: {
      const { enterprise, data } = decodeVendorClass6(bytes);
      const items = data.map((item, i) => {
        return `, data-len${i}=${item.length}, vendor-class-data${i}='${Buffer.from(item).toString('latin1')}'`;
      });
      return `type=16, len=${bytes.length},  enterprise id=0x${enterprise.toString(16)}${items.join('')}`;
    }
    case option6.vendorOptions: {
      const { enterprise, options } = decodeVendorOptions6(bytes);
      return `${heading()}: ${enterprise} (uint32)${suboptionsText(`vendor-${enterprise}`, options)}`;
    }
    case option6.clientFqdn: {
      const { noUpdates, overridden, serverUpdates, name } = decodeClientFqdn6(bytes);
      const flags = `N=${Number(noUpdates)}, O=${Number(overridden)}, S=${Number(serverUpdates)}`;
      const kind = name.endsWith('.') ? 'full' : 'partial';
      return `type=39(CLIENT_FQDN), flags: (${flags}), domain-name='${name}' (${kind})`;
    }
    case option6.pdExclude: {
      const reader = new Reader(bytes);
      const length = reader.uint8();
      return `${heading()}: excluded-prefix-len=${length}, subnet-id=0x${formatHex(reader.rest(), '').toUpperCase()}`;
    }
  }
  return undefined;
}

interface Lifetimes {
  readonly preferredLifetime: number;
  readonly validLifetime: number;
}

function lifetimes({ preferredLifetime, validLifetime }: Lifetimes): string {
  return `preferred-lft=${preferredLifetime}, valid-lft=${validLifetime}`;
}

/** Kea names the codes up to those of RFC 5007. */
function statusName(code: number): string {
  const row = Object.entries(statusCode6).find(([, value]) => value === code);
  return row && code <= statusCode6.NotAllowed ? row[0] : '(unknown status code)';
}
