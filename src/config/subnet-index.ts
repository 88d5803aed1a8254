// Which subnet: by address, relay, interface or interface-id, in time that does not grow with the number of subnets.
import type { Address, Family } from '../addr/family.ts';
import { formatHex, sameBytes } from '../addr/hex.ts';
import type { Link4o6, SharedNetwork, Subnet, SubnetIndex } from './snapshot.ts';

/**
 * By address: one map per prefix length that occurs, asked from the longest to the shortest, so overlapping prefixes
 * stay apart and a lookup costs at most one step per distinct length. `subnets` must be in ascending order of id.
 */
export function buildSubnetIndex(
  family: Family,
  subnets: Iterable<Subnet>,
  networks: ReadonlyMap<string, SharedNetwork>,
): SubnetIndex {
  const byLength = new Map<number, Level>();
  const byRelay = new Map<Key, Subnet[]>();
  const byInterface = new Map<string, Subnet[]>();
  const byInterfaceId = new Map<string, Subnet[]>();
  const over6: Subnet[] = [];

  for (const subnet of subnets) {
    let level = byLength.get(subnet.prefixLength);
    if (!level) {
      level = { keyOf: prefixKey(family, subnet.prefixLength), subnets: new Map() };
      byLength.set(subnet.prefixLength, level);
    }
    level.subnets.set(level.keyOf(subnet.first), subnet);

    const network = subnet.networkName === null ? undefined : networks.get(subnet.networkName);
    const relays = subnet.relayAddresses.length > 0 ? subnet.relayAddresses : (network?.relayAddresses ?? []);
    for (const relay of relays) append(byRelay, relayKey(relay), subnet);
    const name = subnet.interface ?? network?.interface ?? null;
    if (name !== null) append(byInterface, name, subnet);
    const id = subnet.interfaceId ?? network?.interfaceId ?? null;
    if (id !== null) append(byInterfaceId, formatHex(id, ''), subnet);
    if (subnet.dhcp4o6) over6.push(subnet);
  }

  const levels = [...byLength].sort(([a], [b]) => b - a).map(([, level]) => level);

  return Object.freeze({
    byAddress(address, accept) {
      for (const { keyOf, subnets: ofLength } of levels) {
        const subnet = ofLength.get(keyOf(address));
        if (subnet && accept(subnet)) return subnet;
      }
      return undefined;
    },
    byRelay: (relay, accept) => byRelay.get(relayKey(relay))?.find(accept),
    byInterface: (name, accept) => byInterface.get(name)?.find(accept),
    byInterfaceId: (id, accept) => byInterfaceId.get(formatHex(id, ''))?.find(accept),
    byDhcp4o6: (source, interfaceId, name, accept) =>
      over6.find(
        (subnet) =>
          (isWithin(subnet.dhcp4o6!.prefix, source) ||
            (interfaceId !== undefined && sameBytes(subnet.dhcp4o6!.interfaceId, interfaceId)) ||
            subnet.dhcp4o6!.interface === name) &&
          accept(subnet),
      ),
  } satisfies SubnetIndex);
}

const isWithin = (prefix: Link4o6['prefix'], address: bigint): boolean =>
  prefix !== null && address >= prefix.first && address <= prefix.last;

function append<K>(map: Map<K, Subnet[]>, key: K, subnet: Subnet): void {
  const list = map.get(key);
  if (list) list.push(subnet);
  else map.set(key, [subnet]);
}

/** The subnets of one prefix length, by the bits that tell them apart. */
interface Level {
  readonly keyOf: (address: Address) => Key;
  readonly subnets: Map<Key, Subnet>;
}

/**
 * V8 hashes a bigint by its lowest 64 bits alone, and those of /64 prefixes, or of relays that all end in ::1, are the
 * same: a map of ten thousand of them is a list. So a key is never a bigint that is longer, or whose low bits say nothing.
 */
type Key = number | bigint | string;

/** Address → key of its prefix of this length. */
function prefixKey(family: Family, length: number): (address: Address) => Key {
  if (family === 4) {
    const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
    return (address) => ((address as number) & mask) >>> 0;
  }
  const shift = BigInt(128 - length);
  if (length <= 64) return (address) => (address as bigint) >> shift;
  return (address) => ((address as bigint) >> shift).toString(36);
}

function relayKey(relay: Address): Key {
  return typeof relay === 'bigint' ? relay.toString(36) : relay;
}

/** Pairs of subnets where the second lies inside the first: one sweep over the prefixes in ascending order. */
export function overlapsOf(subnets: Iterable<Subnet>): readonly (readonly [Subnet, Subnet])[] {
  const sorted = [...subnets].sort((a, b) =>
    a.first === b.first ? a.prefixLength - b.prefixLength : a.first < b.first ? -1 : 1,
  );
  const pairs: (readonly [Subnet, Subnet])[] = [];
  const open: Subnet[] = [];
  for (const subnet of sorted) {
    while (open.length > 0 && open.at(-1)!.last < subnet.first) open.pop();
    const outer = open.at(-1);
    if (outer) pairs.push([outer, subnet]);
    open.push(subnet);
  }
  return pairs;
}
