// ADDR-REG-INFORM → ADDR-REG-REPLY: a client tells which address it made itself (RFC 9686).
import { sameBytes } from '../../addr/hex.ts';
import { formatIpv6 } from '../../addr/ipv6.ts';
import type { Subnet } from '../../config/snapshot.ts';
import { messageOf } from '../../errors.ts';
import { isClaimable } from '../../store/judge.ts';
import { leaseState, type Lease6 } from '../../store/lease.ts';
import { ownedBy } from '../../store/lease-owner.ts';
import type { WriteOutcome } from '../../store/lease-store.ts';
import { iaAddresses6, type IaAddress6 } from '../../wire/v6/ia.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { Options6 } from '../../wire/v6/options.ts';
import { eligibleSubnets, poolOf } from '../eligible.ts';
import { hooksAt } from '../hook-step.ts';
import { reclaimForReuse } from '../lease-reuse.ts';
import { drop, type Drop, type StepResult } from '../pipeline.ts';
import { chooseName } from './client-name.ts';
import { clientFields, leaseFields } from './describe.ts';
import { extendedInfo } from './extended-info.ts';
import { hardwareAddressOf } from './hardware-address.ts';
import { reviewName } from './hook-leases.ts';
import { begunResponse, queryOf } from './hook-packets.ts';
import { reclaimCallouts6 } from './reclaim-callouts.ts';
import type { Transaction6 } from './transaction.ts';

/** RFC 9686 §4.2.1: what is not right is not answered. */
export async function register(t: Transaction6): Promise<StepResult> {
  const asked = askedAddress(t);
  if ('drop' in asked) return asked;
  const { address } = asked;
  const named = formatIpv6(address);
  // "Appropriate to the link": any subnet of it.
  const subnet = eligibleSubnets(t).find(({ first, last }) => address >= first && address <= last);
  if (!subnet) return refused(t, 'no-subnet', `${named} is in no subnet of the client's link`);
  if (await isReserved(t, address)) return refused(t, 'not-leased', `${named} is reserved`);
  t.subnet = subnet;
  t.answer = messageType6.ADDR_REG_REPLY;
  for (let tries = 0; tries < maxTries; tries++) {
    const result = await registerOnce(t, subnet, asked);
    if (result) return result;
  }
  return refused(t, 'not-leased', `${named} changes hands too often`);
}

const maxTries = 3;

/** Null: the row changed since it was looked up. */
async function registerOnce(t: Transaction6, subnet: Subnet, asked: IaAddress6): Promise<StepResult | null> {
  const { leases, usage, log } = t.engine;
  const { address } = asked;
  const named = formatIpv6(address);
  const { held, now } = await leases.find({ client: null, subnetIds: [], addresses: [address] });
  const row = held[0] ?? null;
  const isFree = !row || isClaimable(row, now);
  if (!isFree && row.state !== leaseState.registered)
    return refused(t, 'not-leased', `${named} is leased, or was declined`);
  const lease = await buildLease(t, subnet, asked, isFree ? null : row, now);
  const isOthers = row !== null && !isFree && !sameBytes(row.duid, lease.duid);
  if (isOthers)
    log.info(
      'DHCP6_ADDR_REG_INFORM_CLIENT_CHANGE',
      `${named} was registered by another client`,
      clientFields(t),
    );
  const hooks = hooksAt(t, 'addr6_register');
  if (hooks) {
    const { status } = await hooks.call('addr6_register', {
      query6: queryOf(t),
      response6: begunAnswer(t),
      address6: address,
      old_lease6: row && { ...row },
      new_lease6: { ...lease },
    });
    if (status === 'drop') {
      log.debug(
        'DHCP6_HOOK_ADDR6_REGISTER_DROP',
        'an addr6_register callout dropped the packet',
        clientFields(t),
      );
      return drop('hook-dropped', 'an addr6_register callout dropped the packet');
    }
    if (status === 'skip') {
      log.debug(
        'DHCP6_HOOK_ADDR6_REGISTER_SKIP',
        `${named} is not written: a callout said so`,
        clientFields(t),
      );
      return 'continue';
    }
  }
  const outcome = await write(t, lease, row, now);
  if (outcome?.result !== 'done') return null;
  usage.claimed(outcome, now);
  log.info(
    'FLOTILLA_ADDRESS_REGISTERED',
    `${named} for ${lease.validLifetime} seconds`,
    leaseFields(t, lease, lease.validLifetime),
  );
  return 'continue';
}

/** RFC 9686 §4.2.1: an address is whose it was last said to be. */
async function write(
  t: Transaction6,
  lease: Lease6,
  row: Lease6 | null,
  now: number,
): Promise<WriteOutcome<Lease6> | null> {
  const { leases, log } = t.engine;
  const { duid, iaid, address } = lease;
  const client = { family: 6, duid, iaid, type: 0 } as const;
  if (row && !isClaimable(row, now) && !ownedBy(row, client))
    return await leases.write({ verb: 'replace', address, expected: row, by: lease });
  if (t.hooks && !(await reclaimForReuse(t.hooks, reclaimCallouts6, row, { now, log }))) return null;
  return await leases.write({ verb: 'claim', client, lease, seen: row });
}

/** The one address of the message, which has to be where the message came from. */
function askedAddress(t: Transaction6): IaAddress6 | Drop {
  if (!t.snapshot.globals.allowAddressRegistration)
    return refused(
      t,
      'admin-filtered',
      'allow-address-registration is false',
      'DHCP6_ADDR6_REGISTER_DISABLED_DROP',
    );
  if (!t.subnet) return refused(t, 'no-subnet', 'no subnet for the client');
  const { options } = t.query;
  for (const code of [option6.iaNa, option6.iaTa, option6.iaPd, option6.optionRequest])
    if (options.has(code)) return refused(t, 'rfc-violation', `ADDR-REG-INFORM carries option ${code}`);
  let addresses: IaAddress6[];
  try {
    addresses = iaAddresses6(options);
  } catch (error) {
    return drop('parse-failed', messageOf(error));
  }
  const [asked, ...more] = addresses;
  if (!asked || more.length > 0)
    return refused(t, 'rfc-violation', `ADDR-REG-INFORM has ${addresses.length} addresses, not one`);
  const source = t.relays.at(-1)?.peerAddress ?? t.datagram.source;
  if (asked.address === source) return asked;
  const [named, from] = [formatIpv6(asked.address), formatIpv6(source)];
  return refused(t, 'rfc-violation', `ADDR-REG-INFORM for ${named} came from ${from}`);
}

function refused(
  t: Transaction6,
  reason: Drop['drop'],
  detail: string,
  id = 'DHCP6_ADDR_REG_INFORM_FAIL',
): Drop {
  if (t.engine.log.debugEnabled) t.engine.log.debug(id, detail, clientFields(t));
  return drop(reason, detail);
}

/** For anybody, the client too: what is reserved is leased. */
async function isReserved(t: Transaction6, address: bigint): Promise<boolean> {
  const { hosts } = t.engine;
  if (hosts.isEmpty === true) return false;
  const found = await hosts.find({ identifiers: [], subnetIds: null, addresses: [address] });
  const isIt = (each: { readonly type: 0 | 2; readonly address: bigint }): boolean =>
    each.type === 0 && each.address === address;
  return found.byAddress.some(({ addresses6 }) => addresses6.some(isIt));
}

async function buildLease(
  t: Transaction6,
  subnet: Subnet,
  { address, preferredLifetime, validLifetime }: IaAddress6,
  before: Lease6 | null,
  now: number,
): Promise<Lease6> {
  const pool = poolOf(subnet.pools, address, t.classes);
  t.name = chooseName(t, address, subnet.parameters);
  const hardware = hardwareAddressOf(t);
  const lease: Lease6 = {
    family: 6,
    address,
    prefixLength: 128,
    type: 0,
    // A copy: what a lease keeps must not keep the whole datagram alive.
    duid: new Uint8Array(t.duid!),
    iaid: 0,
    preferredLifetime,
    validLifetime,
    cltt: now,
    subnetId: subnet.id,
    poolId: pool?.poolId ?? 0,
    fqdnFwd: t.name?.forward ?? false,
    fqdnRev: t.name?.reverse ?? false,
    hostname: t.name?.hostname ?? '',
    state: leaseState.registered,
    hwaddr: hardware?.address ?? null,
    hwaddrType: hardware?.htype ?? null,
    hwaddrSource: hardware?.source ?? null,
    userContext: extendedInfo(t, subnet, before),
  };
  return t.name ? await reviewName(t, lease, subnet) : lease;
}

const begunAnswer = ({ answer, query }: Transaction6) =>
  begunResponse({ type: answer, transactionId: query.transactionId, options: new Options6() });

/** RFC 9686 §4.2.1: as the client sent it. */
export function addRegistered(t: Transaction6, response: Options6): void {
  response.add(option6.iaAddress, t.query.options.get(option6.iaAddress)!);
}

/** RFC 9686 §4.1: clients that ask whether they may register are told so. */
export function addRegistrationOffer(t: Transaction6, response: Options6): void {
  const { allowAddressRegistration } = t.snapshot.globals;
  if (allowAddressRegistration && t.requested.includes(option6.addressRegistration))
    response.set(option6.addressRegistration, new Uint8Array(0));
}
