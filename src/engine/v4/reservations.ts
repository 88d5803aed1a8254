// Host reservations: who the client may be, which reservation counts in which subnet, and whose an address is.
import { agentSuboption4 } from '../../wire/v4/agent.ts';
import { sameBytes } from '../../addr/hex.ts';
import type { Subnet } from '../../config/snapshot.ts';
import type { Host, HostFindings, HostIdentifier } from '../../store/host-store.ts';
import { inAnyPool, isEligible } from './eligible.ts';
import { hooksAt, queryOf } from './hook-packets.ts';
import { reservationsOf, type Transaction4 } from './transaction.ts';

/** Asks the host4_identifier callouts, once per packet, where the flexible identifier counts at all. */
async function askFlexibleIdentifier(t: Transaction4): Promise<void> {
  const hooks = hooksAt(t, 'host4_identifier');
  if (!hooks || t.flexId !== undefined) return;
  t.flexId = null;
  if (!t.snapshot.globals.hostReservationIdentifiers.includes('flex-id')) return;
  const args = { query4: queryOf(t), id_type: 'flex-id' as HostIdentifier['type'], id_value: noBytes };
  const { status } = await hooks.call('host4_identifier', args);
  const { id_type: type, id_value: value } = args;
  if (status === 'continue' && value instanceof Uint8Array && value.length > 0) t.flexId = { type, value };
}

const noBytes = new Uint8Array(0);

/** The client's identifiers in configured order (`host-reservation-identifiers`). */
export function identifiersOf(t: Transaction4): readonly HostIdentifier[] {
  const identifiers: HostIdentifier[] = [];
  for (const type of t.snapshot.globals.hostReservationIdentifiers) {
    // Only a callout can say what the flexible identifier of a packet is.
    if (type === 'flex-id' && t.flexId) identifiers.push(t.flexId);
    const value = identifierValue(t, type);
    if (value && value.length > 0) identifiers.push({ type, value });
  }
  return identifiers;
}

function identifierValue(t: Transaction4, type: HostIdentifier['type']): Uint8Array | null | undefined {
  switch (type) {
    case 'hw-address':
      return t.query.chaddr;
    case 'duid':
      // RFC 4361 §6.1: type 255, four bytes of IAID, then the DUID.
      return t.clientId?.[0] === 255 && t.clientId.length > 5 ? t.clientId.subarray(5) : null;
    case 'circuit-id':
      return t.agent?.get(agentSuboption4.circuitId);
    case 'client-id':
      return t.clientId;
    case 'flex-id':
      return null;
  }
}

/** The subnet 0 reservation of the client, for `early-global-reservations-lookup`. */
export async function findGlobalReservation(t: Transaction4): Promise<Host | null> {
  if (t.hooks) await askFlexibleIdentifier(t);
  t.identifiers = identifiersOf(t);
  if (t.identifiers.length === 0) return null;
  const found = await t.engine.hosts.find({ identifiers: t.identifiers, subnetIds: [0], addresses: [] });
  return firstByIdentifier(t, found.byIdentifier, 0) ?? null;
}

/** Asks for the client's reservations in these subnets and for the owners of these addresses, in one query. Null: there are none at all. */
export function findReservations(
  t: Transaction4,
  subnets: readonly Subnet[],
  addresses: readonly number[],
): Promise<void> | null {
  if (!t.hooks && t.engine.hosts.isEmpty === true) return null;
  return askForReservations(t, subnets, addresses);
}

async function askForReservations(
  t: Transaction4,
  subnets: readonly Subnet[],
  addresses: readonly number[],
): Promise<void> {
  if (t.hooks) await askFlexibleIdentifier(t);
  t.identifiers = identifiersOf(t);
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

/** Makes the owners of these addresses known, asking only for those that are not yet. */
export function askOwners(t: Transaction4, addresses: readonly number[]): Promise<void> | null {
  return !t.subnet || t.engine.hosts.isEmpty === true ? null : askForOwners(t, addresses);
}

async function askForOwners(t: Transaction4, addresses: readonly number[]): Promise<void> {
  const unknown = addresses.filter((address) => !t.reservations.asked.has(address));
  if (unknown.length === 0) return;
  const subnetIds = [...new Set(unknown.flatMap((address) => subnetIdsAt(t, address)))];
  if (subnetIds.length === 0) {
    remember(t, unknown, { byIdentifier: [], byAddress: [] });
    return;
  }
  remember(t, unknown, await t.engine.hosts.find({ identifiers: [], subnetIds, addresses: unknown }));
}

function subnetIdsAt(t: Transaction4, address: number): number[] {
  const subnet = t.snapshot.index.byAddress(address, (candidate) => isEligible(t, candidate));
  return subnet?.parameters.reservationsInSubnet ? [subnet.id] : [];
}

function remember(t: Transaction4, addresses: readonly number[], found: HostFindings): void {
  if (addresses.length === 0 && found.byAddress.length === 0) return;
  const { asked, byAddress } = reservationsOf(t);
  for (const address of addresses) asked.add(address);
  byAddress.push(...found.byAddress);
}

/** The address has a reservation in this subnet, and none of its owners is this client. */
export function isReservedForOther(t: Transaction4, subnet: Subnet, address: number): boolean {
  const { reservationsInSubnet, reservationsOutOfPool } = subnet.parameters;
  if (!reservationsInSubnet || t.reservations.byAddress.length === 0) return false;
  if (reservationsOutOfPool && inAnyPool(subnet, address)) return false;
  let reserved = false;
  for (const host of t.reservations.byAddress) {
    if (host.address4 !== address || host.subnetId !== subnet.id) continue;
    if (isOneOf(host.identifier, t.identifiers)) return false;
    reserved = true;
  }
  return reserved;
}

export interface OwnReservation {
  readonly subnet: Subnet;
  readonly host: Host;
  /** 0: the reservation has no address (or an ignored one) but still decides the subnet. */
  readonly address: number;
}

/** The reservation that decides the client's address: of the selected subnet, then of the others, then the global one. */
export function ownReservation(t: Transaction4, subnets: readonly Subnet[]): OwnReservation | null {
  const { bySubnet, global } = t.reservations;
  for (const subnet of bySubnet.size === 0 ? [] : subnets) {
    const host = bySubnet.get(subnet.id);
    if (!host) continue;
    // No client could use an address of another network.
    const foreign = host.address4 < Number(subnet.first) || host.address4 > Number(subnet.last);
    const ignored = foreign || (subnet.parameters.reservationsOutOfPool && inAnyPool(subnet, host.address4));
    return { subnet, host, address: ignored ? 0 : host.address4 };
  }
  if (!global || global.address4 === 0) return null;
  const subnet = t.snapshot.index.byAddress(
    global.address4,
    (candidate) => isEligible(t, candidate) && candidate.parameters.reservationsGlobal,
  );
  return subnet ? { subnet, host: global, address: global.address4 } : null;
}

/** Identifier types are tried in the client's (configured) order. */
function firstByIdentifier(t: Transaction4, hosts: readonly Host[], subnetId: number): Host | undefined {
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
