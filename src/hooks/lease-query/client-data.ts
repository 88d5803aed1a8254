// One client on one link as options: its addresses and prefixes, when it was heard, and what else was asked about it.
import type { OptionSet } from '../../wire/option-data.ts';
import type { Snapshot, Subnet } from '../../config/snapshot.ts';
import { OptionAssembler, type OptionScopes } from '../../engine/option-scopes.ts';
import { infiniteLifetime, type Lease6 } from '../../store/lease.ts';
import { Writer } from '../../wire/cursor.ts';
import { encodeClientFqdn6 } from '../../wire/v6/fqdn.ts';
import { encodeIaAddress6, encodeIaPrefix6 } from '../../wire/v6/ia.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { encodeSuboptions6, Options6 } from '../../wire/v6/options.ts';
import type { Binding } from './bindings.ts';
import type { Question } from './query.ts';

export class ClientDataEncoder {
  readonly #options = new OptionAssembler({ encodeSuboptions: encodeSuboptions6 });

  /** The options of CLIENT_DATA (RFC 5007 §4.1.2.2). `now`: of the store's clock. */
  encode(
    { duid, leases }: Binding,
    now: number,
    { requested }: Pick<Question, 'requested'>,
    snapshot: Snapshot,
  ): Options6 {
    const data = new Options6().add(option6.clientId, duid);
    for (const lease of leases) if (lease.type === 0) data.add(option6.iaAddress, iaAddressOf(lease, now));
    for (const lease of leases) if (lease.type === 2) data.add(option6.iaPrefix, iaPrefixOf(lease, now));
    // RFC 5007 §4.1.2.3: seconds since the server last heard the client on this link.
    const heard = Math.max(...leases.map(({ cltt }) => cltt));
    data.add(option6.cltTime, new Writer().uint32(Math.max(0, now - heard)).finish());
    this.#addRequested(data, leases, requested, snapshot);
    return data;
  }

  /** What is configured for the pools, the subnet, the network and all; classes and reservations are a packet's. */
  #addRequested(
    data: Options6,
    leases: readonly Lease6[],
    requested: readonly number[],
    snapshot: Snapshot,
  ): void {
    const subnet = snapshot.subnets.get(leases[0]!.subnetId);
    if (!subnet || requested.length === 0) return;
    const from: OptionScopes = { scopes: scopesOf(subnet, leases, snapshot), classes: new Set(['ALL']) };
    const never = this.#options.neverSent(from, 'dhcp6');
    for (const code of new Set(requested)) {
      if (madeHere.has(code) || never.has(code)) continue;
      if (code === option6.clientFqdn) addName(data, leases);
      else for (const value of this.#options.values(from, 'dhcp6', code)) data.add(code, value);
    }
  }
}

function scopesOf(subnet: Subnet, leases: readonly Lease6[], snapshot: Snapshot): OptionSet[] {
  const scopes: OptionSet[] = [];
  for (const { address, subnetId, type } of leases) {
    const pools = subnetId !== subnet.id ? [] : type === 2 ? subnet.pdPools : subnet.pools;
    const pool = pools.find(({ first, last }) => first <= address && address <= last);
    if (pool) scopes.push(pool.options);
  }
  const network = subnet.networkName === null ? undefined : snapshot.networks.get(subnet.networkName);
  return [...scopes, subnet.options, ...(network ? [network.options] : []), snapshot.options];
}

/** RFC 4704: the name that the client has in the DNS, and who updates it. */
function addName(data: Options6, leases: readonly Lease6[]): void {
  const named = leases.find(({ hostname }) => hostname !== '');
  if (!named) return;
  const { fqdnFwd, fqdnRev, hostname: name } = named;
  const flags = { serverUpdates: fqdnFwd, overridden: false, noUpdates: !fqdnFwd && !fqdnRev };
  try {
    data.add(option6.clientFqdn, encodeClientFqdn6({ ...flags, name }));
  } catch {
    // A stored name that is no domain name has no such option.
  }
}

function iaAddressOf(lease: Lease6, now: number): Uint8Array {
  return encodeIaAddress6({ address: lease.address, ...lifetimesLeft(lease, now), options: noOptions });
}

function iaPrefixOf(lease: Lease6, now: number): Uint8Array {
  const { address: prefix, prefixLength: length } = lease;
  return encodeIaPrefix6({ prefix, length, ...lifetimesLeft(lease, now), options: noOptions });
}

/** Seconds that are left. */
function lifetimesLeft(lease: Lease6, now: number) {
  const left = (lifetime: number): number =>
    lifetime === infiniteLifetime ? infiniteLifetime : Math.max(0, lease.cltt + lifetime - now);
  return {
    preferredLifetime: left(lease.preferredLifetime),
    validLifetime: left(lease.validLifetime),
  };
}

const noOptions = new Options6();

/** Options whose value is not a configured one. */
const madeHere: ReadonlySet<number> = new Set([
  option6.clientId,
  option6.serverId,
  option6.iaNa,
  option6.iaTa,
  option6.iaAddress,
  option6.optionRequest,
  option6.elapsedTime,
  option6.relayMessage,
  option6.statusCode,
  option6.iaPd,
  option6.iaPrefix,
  option6.leaseQuery,
  option6.clientData,
  option6.cltTime,
  option6.lqRelayData,
  option6.lqClientLink,
]);
