// Which clients a question is about, and what each of them has on which link.
import { sameBytes } from '../../addr/hex.ts';
import type { Snapshot } from '../../config/snapshot.ts';
import { isExpired, leaseState, type Lease6 } from '../../store/lease.ts';
import type { LeaseStore } from '../../store/lease-store.ts';
import { statusCode6, type Status6 } from '../../wire/v6/status.ts';
import { isInPool, linkAt, linkOf, type Link, type PrefixPoolsCache } from './links.ts';
import { longestFirst, prefixAround } from './parameters.ts';
import type { Question } from './query.ts';

/** What one client has on one link: never empty, in ascending order of address. */
export interface Binding {
  readonly duid: Uint8Array;
  readonly link: Link;
  readonly leases: readonly Lease6[];
}

/** `now`: the store's clock, seconds since the epoch. */
export interface Found {
  readonly bindings: readonly Binding[];
  readonly now: number;
}

export interface BindingDeps {
  readonly leases: LeaseStore<Lease6>;
  readonly snapshot: Snapshot;
  readonly prefixPools: PrefixPoolsCache;
  /** `prefix-lengths`. */
  readonly prefixLengths: readonly number[] | null;
}

/** RFC 5007 §4.1.3: a link or an address that the configuration does not have. */
export const notConfigured = (message: string): Status6 => ({ code: statusCode6.NotConfigured, message });

/** Only what the client may use now: neither expired nor declined, released or only registered. */
export const isActive = (lease: Lease6, now: number): boolean =>
  lease.state === leaseState.default && !isExpired(lease, now) && lease.validLifetime > 0;

/** All that the client has on the link of the lease that holds the address, or whose prefix it is in. */
export async function bindingsByAddress(
  { address, link }: Extract<Question, { by: 'address' }>,
  deps: BindingDeps,
): Promise<Found | Status6> {
  const { leases, snapshot } = deps;
  const asked = link === 0n ? null : linkAt(snapshot, link);
  if (asked === undefined) return notConfigured('the link is not in the configuration');
  const pools = deps.prefixPools.of(snapshot);
  const lengths = deps.prefixLengths ?? pools.lengths;
  const addresses = new Set([
    address,
    ...longestFirst(lengths).map((length) => prefixAround(address, length)),
  ]);
  const { held, now } = await leases.find({ client: null, subnetIds: null, addresses: [...addresses] });
  const holder = held
    .filter((lease) => isActive(lease, now) && covers(lease, address))
    .sort((a, b) => b.prefixLength - a.prefixLength)[0];
  if (!holder) {
    if (held.length > 0 || isInPool(snapshot, address) || pools.has(address)) return { bindings: [], now };
    return notConfigured('the address is not in the configuration');
  }
  const [found] = bindingsOf(await leases.ofClients([holder.duid]), now, snapshot).filter(
    ({ leases: own, link: of }) =>
      own.some((lease) => lease.address === holder.address) && (asked === null || isSameLink(of, asked)),
  );
  return { bindings: found ? [found] : [], now };
}

/** What the client has, one binding for each link; on the link asked about, where one is. */
export async function bindingsByClient(
  { duid, link }: Extract<Question, { by: 'client' }>,
  { leases, snapshot }: BindingDeps,
): Promise<Found | Status6> {
  const asked = link === 0n ? null : linkAt(snapshot, link);
  if (asked === undefined) return notConfigured('the link is not in the configuration');
  const [own, { now }] = await Promise.all([leases.ofClients([duid]), clockOf(leases)]);
  const bindings = bindingsOf(own, now, snapshot).filter(
    (binding) => asked === null || isSameLink(binding.link, asked),
  );
  return { bindings, now };
}

/** Leases of any clients → bindings. Leases of subnets that are not configured are on no link, and left out. */
export function bindingsOf(leases: readonly Lease6[], now: number, snapshot: Snapshot): Binding[] {
  const bindings: (Binding & { readonly leases: Lease6[] })[] = [];
  const byClient = new Map<string, typeof bindings>();
  const ascending = leases
    .filter((lease) => isActive(lease, now))
    .sort((a, b) => (a.address < b.address ? -1 : 1));
  for (const lease of ascending) {
    const subnet = snapshot.subnets.get(lease.subnetId);
    if (!subnet) continue;
    const key = Buffer.from(lease.duid).toString('latin1');
    const own = byClient.get(key) ?? [];
    byClient.set(key, own);
    const link = linkOf(snapshot, subnet);
    const known = own.find((binding) => isSameLink(binding.link, link));
    if (known) {
      known.leases.push(lease);
      continue;
    }
    const binding = { duid: lease.duid, link, leases: [lease] };
    own.push(binding);
    bindings.push(binding);
  }
  return bindings;
}

export const clockOf = (leases: LeaseStore<Lease6>): Promise<{ readonly now: number }> =>
  leases.find({ client: null, subnetIds: null, addresses: [] });

export const isSameLink = (a: Link, b: Link): boolean => a[0]!.id === b[0]!.id;
export const isSameClient = (a: Pick<Lease6, 'duid'>, b: Pick<Lease6, 'duid'>): boolean =>
  sameBytes(a.duid, b.duid);

function covers({ type, address: first, prefixLength }: Lease6, address: bigint): boolean {
  return type === 2 ? prefixAround(address, prefixLength) === first : first === address;
}
