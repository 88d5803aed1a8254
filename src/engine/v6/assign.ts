// What each IA of a SOLICIT, REQUEST, RENEW or REBIND gets: its reservation, its leases, what it wishes, anything free.
import { isExpired, leaseState, type Lease6 } from '../../store/lease.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import {
  askHolders,
  findInstead,
  isFree,
  isFreeForClient,
  isHolder,
  ownLeases,
  rememberOffer,
  setAside,
  wasMisled,
} from '../address-search.ts';
import { countAllocationFailure } from '../allocation-failure.ts';
import { eligibleSubnets } from '../eligible.ts';
import { bestOf, freshAddresses } from '../fresh-address.ts';
import { noReservations } from '../packet-context.ts';
import { askOwners, isReservedForOther } from '../reservations.ts';
import { clientFields, leaseFields, leaseText } from './describe.ts';
import { giveUp, grantLease } from './grant.ts';
import { lengthAt, placedHints, placeOf, type ChosenLease } from './hints.ts';
import type { IaSearch } from './ia-search.ts';
import { poolChoices } from './lookup.ts';
import { nothingAvailable } from './refusal.ts';
import { isOwnReservation, reservedByIa } from './reserved.ts';
import type { Transaction6 } from './transaction.ts';

/** All IAs at once: what they look up and write joins the same batches. */
export function assignAll(t: Transaction6, ias: readonly IaSearch[] = t.ias): void | Promise<void> {
  const reserved = reservedByIa(t, ias);
  const assigned = (s: IaSearch) => assign(s, reserved.get(s) ?? noneReserved);
  const settle = (): void => settleSubnet(t, ias);
  // Of several none may throw while another is under way.
  if (ias.length > 1) return Promise.all(ias.map(async (s) => assigned(s))).then(settle);
  const waiting = ias.length === 1 ? assigned(ias[0]!) : undefined;
  return waiting ? waiting.then(settle) : settle();
}

const noneReserved: readonly ChosenLease[] = [];

function settleSubnet(t: Transaction6, ias: readonly IaSearch[]): void {
  // Of the last lease in the order of the message, whichever was ready first: its options are sent.
  const last = ias.findLast(({ grants }) => grants.length > 0)?.grants.at(-1);
  if (last) t.subnet = t.snapshot.subnets.get(last.lease.subnetId) ?? t.subnet;
}

/** RFC 8415 §18.3: an offer is not written. */
export const isOffer = ({ type, isRapidCommit }: Transaction6): boolean =>
  type === messageType6.SOLICIT && !isRapidCommit;

function assign(s: IaSearch, reserved: readonly ChosenLease[]): void | Promise<void> {
  if (s.t.classes.has('REJECT')) {
    s.status = nothingAvailable(s, 'member of the class REJECT');
    return;
  }
  if (s.isRecalled) return extendRecalled(s, reserved);
  const own = ownLeases(s);
  const likely = own.length === 0 && reserved.length === 0 ? likelyLease(s) : null;
  const got = likely ? grantLease(s, likely, null) : false;
  const goOn = (isGranted: boolean) => (isGranted ? granted(s) : assignOther(s, reserved, own));
  return got instanceof Promise ? got.then(goOn) : goOn(got);
}

/** The client's lease as this server remembers it, or whatever is its due once that was looked up. */
async function extendRecalled(s: IaSearch, reserved: readonly ChosenLease[]): Promise<void> {
  const [lease] = ownLeases(s);
  const chosen = lease ? recalledPlace(s, lease, reserved) : null;
  if (chosen) {
    if (await grantLease(s, chosen, lease!)) {
      granted(s);
      return;
    }
    wasMisled(s);
  }
  await findInstead(s, s.hints[0]!.address);
  await assign(s, reserved);
}

function recalledPlace(s: IaSearch, lease: Lease6, reserved: readonly ChosenLease[]): ChosenLease | null {
  if (reserved.length > 0)
    return reserved.length === 1 && reserved[0]!.address === lease.address ? reserved[0]! : null;
  const [hint] = placedHints(s);
  return hint && !isReservedForOther(s, hint.subnet, hint.address, s.leaseType) ? hint : null;
}

async function assignOther(
  s: IaSearch,
  reserved: readonly ChosenLease[],
  own: readonly Lease6[],
): Promise<void> {
  const { t } = s;
  if (!s.isRefused) await assignBest(s, reserved, own);
  withdrawOthers(s);
  if (s.grants.length > 0) granted(s);
  else {
    countAllocationFailure(s, clientFields(t));
    s.status = nothingAvailable(s, 'nothing is free for this client');
  }
}

async function assignBest(
  s: IaSearch,
  reserved: readonly ChosenLease[],
  own: readonly Lease6[],
): Promise<void> {
  const active = own.filter((lease) => lease.state === leaseState.default && !isExpired(lease, s.now));
  // Without a lease in force the last one is a wish for the same again.
  const [last] = active.length > 0 ? [] : [...own].sort((a, b) => b.cltt - a.cltt);
  const kept = await keptLeases(s, active, reserved);
  for (const chosen of reserved) {
    const lease = own.find(({ address }) => address === chosen.address) ?? null;
    if (await mayTakeReserved(s, chosen)) await grantLease(s, chosen, lease);
    if (s.isRefused) return;
  }
  const hasReserved = s.grants.length > 0;
  for (const lease of active) {
    if (s.grants.some((grant) => grant.lease.address === lease.address)) continue;
    const chosen = kept.get(lease);
    // What the client holds besides its reservation, or is another's, it has to leave.
    if (!chosen || hasReserved) await giveUp(s, lease);
    else await grantLease(s, chosen, lease);
    if (s.isRefused) return;
  }
  if (s.grants.length > 0) return;
  for await (const chosen of assignable(s, last)) {
    if (!isHolder(s, chosen.address) && !(await mayTake(s, chosen))) continue;
    const previous = own.find(({ address }) => address === chosen.address) ?? null;
    if ((await grantLease(s, chosen, previous)) || s.isRefused) return;
    if (++s.tries >= maxTries) return;
  }
}

const maxTries = 8;

/** The address that was set aside with the lookup, or was offered a moment ago: what nearly every new client gets. */
function likelyLease(s: IaSearch): ChosenLease | null {
  const { t } = s;
  if (t.reservations !== noReservations) return null;
  const [hint] = placedHints(s);
  if (t.type === messageType6.REQUEST && s.hints.length === 1) {
    return hint &&
      isFree(s, hint.address) &&
      s.held.has(hint.address) &&
      s.offers.get(hint.address) !== 'other'
      ? hint
      : null;
  }
  if (hint) return s.offers.get(hint.address) === 'mine' && isFreeForClient(s, hint.address) ? hint : null;
  const [first] = s.draws;
  if (!first || !eligibleSubnets(t).includes(first.subnet)) return null;
  const best = bestOf<Lease6>(s, first.subnet, first.draw);
  if (!best || s.offers.get(best.address) !== 'mine') return null;
  return { ...best, length: lengthAt(s, best.subnet, best.address) };
}

/** The leases in force that the client may keep, with their places: in a pool that admits it, reserved for nobody else. */
async function keptLeases(
  s: IaSearch,
  active: readonly Lease6[],
  reserved: readonly ChosenLease[],
): Promise<ReadonlyMap<Lease6, ChosenLease>> {
  const kept = new Map<Lease6, ChosenLease>();
  if (active.length === 0) return kept;
  await askOwners(
    s,
    active.map(({ address }) => address),
    s.leaseType,
  );
  for (const lease of active) {
    const own = reserved.find(({ address }) => address === lease.address);
    const place = own ?? placeOf(s, lease.address);
    if (!place || (!own && isReservedForOther(s, place.subnet, lease.address, s.leaseType))) continue;
    // A pool that now delegates other lengths does not take away what it delegated before.
    kept.set(lease, { ...place, length: s.leaseType === 2 ? lease.prefixLength : 128 });
  }
  return kept;
}

/** A reserved address that another client leases is not taken from it. */
async function mayTakeReserved(s: IaSearch, { subnet, address }: ChosenLease): Promise<boolean> {
  await askHolders(s, [address]);
  if (isFreeForClient(s, address)) {
    return isHolder(s, address) || !isOffer(s.t) || (await setAside(s, subnet.id, address, true));
  }
  s.engine.usage.count('reservation-conflicts', subnet.id);
  s.engine.log.warn(
    'ALLOC_ENGINE_V6_ADDRESS_CONFLICT',
    'a reserved address or prefix is leased to another client',
    {
      ...clientFields(s.t),
      subnet: subnet.id,
    },
  );
  return false;
}

/** What is free for the client, best first: what it had, what it wishes, anything else. */
async function* assignable(s: IaSearch, last: Lease6 | undefined): AsyncGenerator<ChosenLease> {
  const wished = placedHints(s);
  const before = last && placeOf(s, last.address);
  if (before) wished.unshift(before);
  if (wished.length > 0) {
    const addresses = wished.map(({ address }) => address);
    await Promise.all([askHolders(s, addresses), askOwners(s, addresses, s.leaseType)]);
    for (const chosen of wished) {
      const { subnet, address } = chosen;
      const isOthers = s.client !== null && s.engine.allocator.isOfferedToOther(address, s.client);
      if (isOthers || isReservedForOther(s, subnet, address, s.leaseType)) continue;
      if (isFreeForClient(s, address)) yield chosen;
    }
  }
  const subnets = eligibleSubnets(s.t);
  for (const choose of poolChoices(s)) {
    for await (const { subnet, address } of freshAddresses<Lease6>(s, subnets, choose))
      yield { subnet, address, length: lengthAt(s, subnet, address) };
  }
}

/** What this server offered it has set aside: a REQUEST names it. Anything else must not be taken from under an offer. */
async function mayTake(s: IaSearch, { subnet, address }: ChosenLease): Promise<boolean> {
  const isOffered = s.t.type === messageType6.REQUEST && s.hints.some((hint) => hint.address === address);
  if (isOffered && s.held.has(address)) return s.offers.get(address) !== 'other';
  return await setAside(s, subnet.id, address, isOwnReservation(s.t, s.leaseType, address));
}

/** RFC 8415 §18.3.4, §18.3.5: what the client asked to keep and does not get it must stop using. */
function withdrawOthers(s: IaSearch): void {
  if (s.t.type !== messageType6.RENEW && s.t.type !== messageType6.REBIND) return;
  for (const { address, length } of s.hints) {
    const isGranted = s.grants.some(
      ({ lease }) => lease.address === address && lease.prefixLength === length,
    );
    const isTold = s.withdrawn.some((each) => each.address === address && each.length === length);
    if (address !== 0n && !isGranted && !isTold) s.withdrawn.push({ address, length });
  }
}

function granted(s: IaSearch): void {
  const { t } = s;
  const [first] = s.grants;
  if (isOffer(t) && first) rememberOffer(s, first.lease.address);
  const id = isOffer(t) ? 'DHCP6_LEASE_ADVERT' : idOf(t.type);
  for (const { lease, valid, isReused } of s.grants) {
    t.engine.log.info(
      isReused ? 'DHCP6_LEASE_REUSE' : id,
      `${leaseText(lease)} for ${valid} seconds`,
      leaseFields(t, lease, valid),
    );
  }
}

const idOf = (type: number): string =>
  type === messageType6.RENEW || type === messageType6.REBIND ? 'DHCP6_LEASE_RENEW' : 'DHCP6_LEASE_ALLOC';
