// Whose lease is it: the ownership rule of both families and the index keys that follow from it.
import { sameBytes } from '../addr/hex.ts';
import { leaseState, type Lease } from './lease.ts';
import type { ClientKey } from './lease-store.ts';

/**
 * v4: equal client identifiers; when one side has none, equal hardware addresses (never two empty ones: a declined row
 * belongs to nobody). v6: equal DUID, IAID and type; a declined row, whose DUID is all zeros, belongs to nobody either.
 */
export function ownedBy(lease: Lease, client: ClientKey): boolean {
  if (lease.family === 4) {
    if (client.family !== 4) return false;
    if (lease.clientId && client.clientId) return sameBytes(lease.clientId, client.clientId);
    return lease.hwaddr.length > 0 && sameBytes(lease.hwaddr, client.hwaddr);
  }
  return (
    client.family === 6 &&
    lease.state !== leaseState.declined &&
    lease.iaid === client.iaid &&
    lease.type === client.type &&
    lease.duid.length > 0 &&
    sameBytes(lease.duid, client.duid)
  );
}

/** Texts under which a lease or a client is found: two owners that could match share at least one. */
export function ownerKeys(owner: Lease | ClientKey): readonly string[] {
  if ('keys' in owner && owner.keys) return owner.keys;
  if (owner.family === 6) {
    const isNobodys = owner.duid.length === 0 || ('state' in owner && owner.state === leaseState.declined);
    return isNobodys ? [] : [`d${owner.type}/${owner.iaid}/${latin1(owner.duid)}`];
  }
  const { clientId, hwaddr } = owner;
  const byHwaddr = hwaddr.length > 0 ? `h${latin1(hwaddr)}` : null;
  if (!clientId || clientId.length === 0) return byHwaddr === null ? [] : [byHwaddr];
  const byClientId = `c${latin1(clientId)}`;
  return byHwaddr === null ? [byClientId] : [byClientId, byHwaddr];
}

/** What names the client itself: its client identifier (v4) or DUID (v6). Null where there is none, or the row is nobody's. */
export function clientIdentifier(lease: Lease): Uint8Array | null {
  const identifier = lease.family === 6 ? lease.duid : lease.clientId;
  const isNobodys = lease.state === leaseState.declined || identifier === null || identifier.length === 0;
  return isNobodys ? null : identifier;
}

/** One text per client: for whom an address is set aside. */
export const ownerName = (client: ClientKey): string => ownerKeys(client)[0] ?? '';

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
