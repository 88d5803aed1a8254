// What a conditional write does to the current row: the rules of LeaseWrite as one pure function, for every backend.
import { isDeepStrictEqual } from 'node:util';
import { sameBytes } from '../addr/hex.ts';
import { isExpired, leaseState, type Lease } from './lease.ts';
import { ownedBy } from './lease-owner.ts';
import type { ClientKey, LeaseWrite, WriteOutcome } from './lease-store.ts';

/**
 * `row`: what holds the write's address now. `other`: what holds `alsoRemove` now. `now`: seconds, the store's clock.
 * The SQL conditions of mysql/write-sql.ts say the same; the contract suite holds both to it.
 */
export function judgeWrite<L extends Lease>(
  write: LeaseWrite<L>,
  row: L | null,
  other: L | null,
  now: number,
): WriteOutcome<L> {
  switch (write.verb) {
    case 'put':
      return { result: 'done', before: row, after: write.lease };
    case 'claim': {
      if (write.onlyAsSeen && !isDeepStrictEqual(row, write.seen)) return { result: 'absent' };
      if (row && !mayClaim(row, write.client, now) && !(write.reassign && sameGrant(row, write.reassign)))
        return { result: 'conflict', holder: row };
      const after = { ...write.lease, cltt: now };
      const removes = other !== null && other.address !== row?.address && ownedBy(other, write.client);
      return { result: 'done', before: row, after, ...(removes && { removed: other }) };
    }
    case 'replace':
      if (!row) return { result: 'absent' };
      if (!sameGrant(row, write.expected)) return { result: 'conflict', holder: row };
      return { result: 'done', before: row, after: write.by };
    case 'remove':
      if (!row) return { result: 'absent' };
      if (write.client && !ownedBy(row, write.client)) return { result: 'conflict', holder: row };
      return { result: 'done', before: row, after: null };
    case 'release':
      if (!row) return { result: 'absent' };
      if (row.state !== leaseState.default || !ownedBy(row, write.client))
        return { result: 'conflict', holder: row };
      return { result: 'done', before: row, after: write.keep ? releasedRow(row, now) : null };
    case 'decline':
      if (!row) return { result: 'absent' };
      if (row.state !== leaseState.default || isExpired(row, now) || !ownedBy(row, write.client))
        return { result: 'conflict', holder: row };
      return { result: 'done', before: row, after: declinedRow(row, write.probation, now) };
  }
}

/** A row that a claim by anybody may overwrite: reclaimed, released, or expired (a declined one after its probation). */
export function isClaimable(row: Lease, now: number): boolean {
  return (
    row.state === leaseState.expiredReclaimed || row.state === leaseState.released || isExpired(row, now)
  );
}

/** Reclaimed: kept in state 2 so that its client tends to get it back; names and relay information go. */
export function reclaimedRow<L extends Lease>(row: L): L {
  const after = { ...row, state: leaseState.expiredReclaimed, hostname: '', fqdnFwd: false, fqdnRev: false };
  after.userContext = withoutRelayInfo(row.userContext);
  return row.family === 4 ? { ...after, relayId: null, remoteId: null } : after;
}

/** Deleted when reclaimed: declined and registered rows keep no affinity. */
export function reclaimDeletes(row: Lease): boolean {
  return row.state === leaseState.declined || row.state === leaseState.registered;
}

function mayClaim(row: Lease, client: ClientKey, now: number): boolean {
  const isValid = row.state === leaseState.default || row.state === leaseState.registered;
  return isClaimable(row, now) || (isValid && ownedBy(row, client));
}

/** The same grant, not the same object: owner, state, subnet and expiry are equal. */
function sameGrant(a: Lease, b: Lease): boolean {
  const owner =
    a.family === 4
      ? b.family === 4 && sameBytes(a.hwaddr, b.hwaddr) && sameBytes(a.clientId, b.clientId)
      : b.family === 6 && a.iaid === b.iaid && a.type === b.type && sameBytes(a.duid, b.duid);
  return (
    owner &&
    a.state === b.state &&
    a.subnetId === b.subnetId &&
    a.validLifetime === b.validLifetime &&
    a.cltt === b.cltt
  );
}

function releasedRow<L extends Lease>(row: L, now: number): L {
  const after = { ...row, state: leaseState.released, validLifetime: 0, cltt: now };
  return row.family === 6 ? { ...after, preferredLifetime: 0 } : after;
}

function declinedRow<L extends Lease>(row: L, probation: number, now: number): L {
  const nobody =
    row.family === 4
      ? { hwaddr: new Uint8Array(0), clientId: null }
      : { duid: new Uint8Array(3), hwaddr: null, hwaddrType: null, hwaddrSource: null, preferredLifetime: 0 };
  return {
    ...row,
    ...nobody,
    state: leaseState.declined,
    validLifetime: probation,
    cltt: now,
    hostname: '',
    fqdnFwd: false,
    fqdnRev: false,
    userContext: null,
  };
}

function withoutRelayInfo(context: Lease['userContext']): Lease['userContext'] {
  const isc = context?.['ISC'];
  if (!context || typeof isc !== 'object' || isc === null) return context;
  if (!('relay-agent-info' in isc || 'relay-info' in isc)) return context;
  const { 'relay-agent-info': _v4, 'relay-info': _v6, ...restOfIsc } = isc as Record<string, unknown>;
  const { ISC: _isc, ...rest } = context;
  const left = Object.keys(restOfIsc).length > 0 ? { ...rest, ISC: restOfIsc } : rest;
  return Object.keys(left).length > 0 ? left : null;
}
