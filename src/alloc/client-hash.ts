// Where in a pool a client starts: the same number on every server, spread evenly.
import type { Address } from '../addr/family.ts';
import type { ClientKey } from '../store/lease-store.ts';

/** 32-bit FNV-1a of what identifies the client (v4: client-id, else hardware address; v6: DUID, IAID, type). */
export function clientHash(client: ClientKey): number {
  const bytes = client.family === 6 ? client.duid : (client.clientId ?? client.hwaddr);
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  if (client.family === 6) hash = mix(Math.imul(hash ^ client.iaid, 0x01000193) ^ client.type);
  return hash >>> 0;
}

/** 32 bits of an address or prefix, whichever of its bits tell it from others. */
export function addressHash(address: Address): number {
  if (typeof address === 'number') return mix(address);
  const half = address ^ (address >> 64n);
  return mix(Number(BigInt.asUintN(32, half)) ^ mix(Number(BigInt.asUintN(32, half >> 32n))));
}

/** An index below `size` from a client's hash; `salt` 0 is the one that all servers share. */
export function hashIndex(hash: number, subnetId: number, salt: number, size: number): number {
  const high = mix(hash ^ mix(subnetId ^ mix(salt)));
  const low = mix(high ^ 0x9e3779b9);
  return Math.floor(((high * 0x10000 + (low >>> 16)) / 2 ** 48) * size);
}

/** Addresses in an order of the client's own, so that clients that come at once try different ones first. */
export function preferences(client: ClientKey, addresses: readonly Address[]): Address[] {
  const hash = clientHash(client);
  return addresses
    .map((address) => ({ address, rank: mix(hash ^ addressHash(address)) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ address }) => address);
}

/** Every input bit moves every output bit (the finalizer of MurmurHash3, public domain). */
export function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
