// Leases and clients of the store tests, made from a number.
import type { Lease4 } from '../../src/store/lease.ts';
import type { ClientKey, LeaseWrite } from '../../src/store/lease-store.ts';

/** 10.20.0.0 and up. */
export const hostAddress = (n: number): number => 0x0a140000 + n;

export function client4(n: number): Extract<ClientKey, { family: 4 }> {
  return { family: 4, clientId: null, hwaddr: Uint8Array.of(2, 1, n >>> 24, n >>> 16, n >>> 8, n) };
}

export function lease4(n: number, more: Partial<Lease4> = {}): Lease4 {
  return {
    family: 4,
    address: hostAddress(n),
    hwaddr: client4(n).hwaddr,
    clientId: null,
    validLifetime: 3600,
    cltt: 0,
    subnetId: 1,
    poolId: 0,
    fqdnFwd: false,
    fqdnRev: false,
    hostname: '',
    state: 0,
    userContext: null,
    relayId: null,
    remoteId: null,
    ...more,
  };
}

/** Client `who`, by default number `n`, claims address number `n`. */
export const claimBy = (n: number, more: Partial<Lease4> = {}, who = n): LeaseWrite<Lease4> => ({
  verb: 'claim',
  client: client4(who),
  lease: lease4(n, { ...client4(who), ...more }),
});
