// IA_NA and IA_PD as an answer carries them: leases, T1 and T2, withdrawn leases, status (RFC 8415 §21.4, §21.21).
import type { PdPool, Subnet } from '../../config/snapshot.ts';
import { encodeIa6, encodeIaAddress6, encodeIaPrefix6 } from '../../wire/v6/ia.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { noOptions6, Options6 } from '../../wire/v6/options.ts';
import { encodePdExclude6, type Prefix6 } from '../../wire/v6/pd-exclude.ts';
import { encodeStatus6 } from '../../wire/v6/status.ts';
import { teeTimes6 } from '../lifetime.ts';
import { currentHost } from '../packet-context.ts';
import type { IaGrant, IaSearch } from './ia-search.ts';
import type { Transaction6 } from './transaction.ts';

export function addIas(t: Transaction6, response: Options6): void {
  for (const s of t.ias) {
    // A RELEASE or DECLINE that succeeded does not repeat the IA.
    if (s.grants.length > 0 || s.status || s.withdrawn.length > 0) response.add(s.code, iaOption(s));
  }
}

function iaOption(s: IaSearch): Uint8Array {
  const options = new Options6();
  for (const grant of s.grants) {
    const { preferred, valid, lease } = grant;
    addLease(s, options, lease.address, lease.prefixLength, preferred, valid, excludedOf(s, grant));
  }
  for (const { address, length } of s.withdrawn) addLease(s, options, address, length, 0, 0, null);
  if (s.status) options.add(option6.statusCode, encodeStatus6(s.status));
  const { t1, t2 } = timesOf(s);
  return encodeIa6({ iaid: s.ia.iaid, t1, t2, options });
}

function addLease(
  s: IaSearch,
  options: Options6,
  address: bigint,
  length: number,
  preferredLifetime: number,
  validLifetime: number,
  exclude: Uint8Array | null,
): void {
  const nested = exclude ? new Options6().add(option6.pdExclude, exclude) : noOptions6;
  const value =
    s.leaseType === 0
      ? encodeIaAddress6({ address, preferredLifetime, validLifetime, options: nested })
      : encodeIaPrefix6({ prefix: address, length, preferredLifetime, validLifetime, options: nested });
  options.add(s.leaseType === 0 ? option6.iaAddress : option6.iaPrefix, value);
}

/** RFC 8415 §14.2: of the shortest preferred lifetime. */
function timesOf({ snapshot, grants }: IaSearch): { readonly t1: number; readonly t2: number } {
  const [first] = grants;
  const subnet = first && snapshot.subnets.get(first.lease.subnetId);
  if (!subnet) return { t1: 0, t2: 0 };
  return teeTimes6(
    subnet.parameters,
    grants.reduce((least, { preferred }) => Math.min(least, preferred), Infinity),
  );
}

/** RFC 6603 §4.2: only to a client that asks for it; of the reservation, else of the pool. */
function excludedOf(s: IaSearch, { lease }: IaGrant): Uint8Array | null {
  if (s.leaseType !== 2 || !s.t.requested.includes(option6.pdExclude)) return null;
  // Other IAs of the message may have leases of other subnets of the network.
  const subnet = s.snapshot.subnets.get(lease.subnetId) ?? null;
  const reserved = currentHost({ subnet, reservations: s.reservations })?.addresses6.find(
    ({ type, address }) => type === 2 && address === lease.address,
  );
  const excluded = reserved?.excluded ?? poolExclusion(subnet, lease.address);
  if (!excluded) return null;
  try {
    return encodePdExclude6(excluded, { prefix: lease.address, length: lease.prefixLength });
  } catch {
    // A prefix delegated before the pool was changed may be too small for it.
    return null;
  }
}

/** At the same place in each delegated prefix. */
function poolExclusion(subnet: Subnet | null, address: bigint): Prefix6 | null {
  const holds = ({ first, last, excluded }: PdPool): boolean =>
    excluded !== null && address >= first && address <= last;
  const pool = subnet?.pdPools.find(holds);
  if (!pool?.excluded) return null;
  return { prefix: pool.excluded.prefix - pool.first + address, length: pool.excluded.length };
}
