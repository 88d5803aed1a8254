// Host reservations: which one counts in which subnet, and whose an address is.
import type { Address } from '../addr/family.ts';
import { sameBytes } from '../addr/hex.ts';
import type { Subnet } from '../config/snapshot.ts';
import type { Host, HostFindings, HostIdentifier } from '../store/host-store.ts';
import { eligibleSubnets, inAnyPool, isEligible, poolsOf, type LeaseType } from './eligible.ts';
import { reservationsOf, type PacketContext } from './packet-context.ts';

/** Fills in `identifiers` (and `flexId`): which a packet has is the protocol's knowledge. */
export type CollectIdentifiers<T extends PacketContext> = (t: T) => void | Promise<void>;

/** The subnet 0 reservation of the client, for `early-global-reservations-lookup`. */
export async function findGlobalReservation<T extends PacketContext>(
  t: T,
  collect: CollectIdentifiers<T>,
): Promise<Host | null> {
  await collect(t);
  if (t.identifiers.length === 0) return null;
  const found = await t.engine.hosts.find({ identifiers: t.identifiers, subnetIds: [0], addresses: [] });
  return firstByIdentifier(t, found.byIdentifier, 0) ?? null;
}

/** Asks for the client's reservations in these subnets and for the owners of these addresses, in one query. Null: there are none at all. */
export function findReservations<T extends PacketContext>(
  t: T,
  subnets: readonly Subnet[],
  addresses: readonly Address[],
  collect: CollectIdentifiers<T>,
): Promise<void> | null {
  if (!t.hooks && t.engine.hosts.isEmpty === true) return null;
  return askForReservations(t, subnets, addresses, collect);
}

async function askForReservations<T extends PacketContext>(
  t: T,
  subnets: readonly Subnet[],
  addresses: readonly Address[],
  collect: CollectIdentifiers<T>,
): Promise<void> {
  const collecting = collect(t);
  if (collecting) await collecting;
  const inSubnet = subnets.filter((subnet) => subnet.parameters.reservationsInSubnet);
  const global = subnets.some((subnet) => subnet.parameters.reservationsGlobal);
  if (inSubnet.length === 0 && !global) return;

  // A network of many subnets is searched by identifier alone.
  const ids = inSubnet.map((subnet) => subnet.id);
  const subnetIds = ids.length > t.identifiers.length ? null : global ? [0, ...ids] : ids;
  const found = await t.engine.hosts.find({
    identifiers: t.identifiers,
    subnetIds,
    addresses: inSubnet.length > 0 ? addresses : [],
  });
  for (const subnet of inSubnet) {
    const host = firstByIdentifier(t, found.byIdentifier, subnet.id);
    if (host) reservationsOf(t).bySubnet.set(subnet.id, host);
  }
  if (global) reservationsOf(t).global ??= firstByIdentifier(t, found.byIdentifier, 0) ?? null;
  remember(t, addresses, found);
}

/** Makes the owners of these addresses known, asking only for those that are not yet. Null: there is nothing to ask. */
export function askOwners(
  t: PacketContext,
  addresses: readonly Address[],
  type: LeaseType = 0,
): Promise<void> | null {
  return !t.subnet || t.engine.hosts.isEmpty === true ? null : askForOwners(t, addresses, type);
}

async function askForOwners(t: PacketContext, addresses: readonly Address[], type: LeaseType): Promise<void> {
  const unknown = addresses.filter((address) => !t.reservations.asked.has(address));
  if (unknown.length === 0) return;
  const subnetIds = [...new Set(unknown.flatMap((address) => subnetIdsAt(t, address, type)))];
  if (subnetIds.length === 0) {
    remember(t, unknown, { byIdentifier: [], byAddress: [] });
    return;
  }
  remember(t, unknown, await t.engine.hosts.find({ identifiers: [], subnetIds, addresses: unknown }));
}

/** A delegated prefix need not lie in its subnet: any of the network's may have it reserved. */
function subnetIdsAt(t: PacketContext, address: Address, type: LeaseType): number[] {
  if (type === 2) {
    return eligibleSubnets(t)
      .filter(({ parameters }) => parameters.reservationsInSubnet)
      .map(({ id }) => id);
  }
  const subnet = t.snapshot.index.byAddress(address, (candidate) => isEligible(t, candidate));
  return subnet?.parameters.reservationsInSubnet ? [subnet.id] : [];
}

function remember(t: PacketContext, addresses: readonly Address[], found: HostFindings): void {
  if (addresses.length === 0 && found.byAddress.length === 0) return;
  const { asked, byAddress } = reservationsOf(t);
  for (const address of addresses) asked.add(address);
  byAddress.push(...found.byAddress);
}

/** The address has a reservation in this subnet, and none of its owners is this client. */
export function isReservedForOther(
  t: PacketContext,
  subnet: Subnet,
  address: Address,
  type: LeaseType = 0,
): boolean {
  const { reservationsInSubnet, reservationsOutOfPool } = subnet.parameters;
  if (!reservationsInSubnet || t.reservations.byAddress.length === 0) return false;
  if (reservationsOutOfPool && inAnyPool(poolsOf(subnet, type), address)) return false;
  let reserved = false;
  for (const host of t.reservations.byAddress) {
    if (host.subnetId !== subnet.id || !reserves(host, address, type)) continue;
    if (isOneOf(host.identifier, t.identifiers)) return false;
    reserved = true;
  }
  return reserved;
}

const reserves = (host: Host, address: Address, type: LeaseType): boolean =>
  typeof address === 'number'
    ? host.address4 === address
    : host.addresses6.some((each) => each.type === type && each.address === address);

/** Identifier types are tried in the client's (configured) order. */
function firstByIdentifier(t: PacketContext, hosts: readonly Host[], subnetId: number): Host | undefined {
  const here = hosts.filter((host) => host.subnetId === subnetId);
  for (const identifier of here.length === 0 ? [] : t.identifiers) {
    const host = here.find((candidate) => isSame(candidate.identifier, identifier));
    if (host) return host;
  }
  return undefined;
}

const isOneOf = (identifier: HostIdentifier, list: readonly HostIdentifier[]): boolean =>
  list.some((candidate) => isSame(identifier, candidate));

const isSame = (a: HostIdentifier, b: HostIdentifier): boolean =>
  a.type === b.type && sameBytes(a.value, b.value);
