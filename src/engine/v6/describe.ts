// How log lines name clients and leases.
import { formatHex } from '../../addr/hex.ts';
import { formatIpv6 } from '../../addr/ipv6.ts';
import type { LogFields } from '../../log.ts';
import type { Lease6 } from '../../store/lease.ts';
import type { Transaction6 } from './transaction.ts';

type Fields = Record<string, string | number>;

export function clientFields(t: Transaction6): LogFields {
  return startFields(t);
}

function startFields(t: Transaction6): Fields {
  const fields: Fields = {};
  if (t.duid) fields['duid'] = duidText(t.duid);
  fields['tid'] = t.query.transactionId;
  return fields;
}

/** The last one is remembered: an IA each has a line. */
function duidText(duid: Uint8Array): string {
  if (duid !== lastDuid.duid) lastDuid = { duid, text: formatHex(duid) };
  return lastDuid.text;
}

let lastDuid: { readonly duid: Uint8Array; readonly text: string } = { duid: new Uint8Array(0), text: '' };

/** `2001:db8::1`, or `2001:db8:8::/56`. */
export const leaseText = ({ type, address, prefixLength }: Lease6): string =>
  type === 2 ? `${formatIpv6(address)}/${prefixLength}` : formatIpv6(address);

/** `lifetime`: seconds as announced to the client. */
export function leaseFields(t: Transaction6, lease: Lease6, lifetime?: number): LogFields {
  const fields = startFields(t);
  fields['iaid'] = lease.iaid;
  fields['type'] = lease.type === 2 ? 'IA_PD' : 'IA_NA';
  fields['address'] = leaseText(lease);
  fields['subnet'] = lease.subnetId;
  if (lifetime !== undefined) fields['lifetime'] = lifetime;
  if (lease.hostname !== '') fields['hostname'] = lease.hostname;
  return fields;
}
