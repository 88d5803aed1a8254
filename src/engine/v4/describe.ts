// How log lines name clients and leases.
import { formatHex } from '../../addr/hex.ts';
import { formatIpv4 } from '../../addr/ipv4.ts';
import type { LogFields } from '../../log.ts';
import type { Lease4 } from '../../store/lease.ts';
import type { Transaction4 } from './transaction.ts';

export function clientFields(t: Transaction4): LogFields {
  return {
    hwaddr: formatHex(t.query.chaddr),
    ...(t.clientId && { 'client-id': formatHex(t.clientId) }),
    xid: t.query.xid,
  };
}

/** `lifetime`: seconds as announced to the client. */
export function leaseFields(t: Transaction4, lease: Lease4, lifetime?: number): LogFields {
  return {
    ...clientFields(t),
    address: formatIpv4(lease.address),
    subnet: lease.subnetId,
    ...(lifetime !== undefined && { lifetime }),
    ...(lease.hostname !== '' && { hostname: lease.hostname }),
  };
}
