// How log lines name clients and leases.
import { formatHex } from '../../addr/hex.ts';
import { formatIpv4 } from '../../addr/ipv4.ts';
import type { LogFields } from '../../log.ts';
import type { Lease4 } from '../../store/lease.ts';
import type { Transaction4 } from './transaction.ts';

export function clientFields(t: Transaction4): LogFields {
  return startFields(t);
}

type Fields = Record<string, string | number>;

/** Grown in place: two of these are made for every exchange. */
function startFields(t: Transaction4): Fields {
  const fields: Fields = { hwaddr: formatHex(t.query.chaddr) };
  if (t.clientId) fields['client-id'] = formatHex(t.clientId);
  fields['xid'] = t.query.xid;
  return fields;
}

/** `lifetime`: seconds as announced to the client. */
export function leaseFields(t: Transaction4, lease: Lease4, lifetime?: number): LogFields {
  const fields = startFields(t);
  fields['address'] = formatIpv4(lease.address);
  fields['subnet'] = lease.subnetId;
  if (lifetime !== undefined) fields['lifetime'] = lifetime;
  if (lease.hostname !== '') fields['hostname'] = lease.hostname;
  return fields;
}
