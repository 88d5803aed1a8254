// DISCOVER → OFFER, or silence (RFC 2131 §4.3.1).
import type { Subnet } from '../../config/snapshot.ts';
import { formatIpv4 } from '../../addr/ipv4.ts';
import type { Lease4 } from '../../store/lease.ts';
import { askHolders, isFree, isFreeForClient, isHolder, rememberOffer } from '../address-search.ts';
import { eligibleSubnets, findPoolSubnet, poolOf } from '../eligible.ts';
import { bestOf, freshAddresses } from '../fresh-address.ts';
import { noReservations } from '../packet-context.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { memberClasses } from '../reply-scopes.ts';
import { askOwners, isReservedForOther } from '../reservations.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import { leaseFields } from './describe.ts';
import { offerLease, setAsideChosen, writeOffer, type ChosenAddress } from './grant.ts';
import { ownReservation } from './identifiers.ts';
import { ownLease, requestedAddress } from './lookup.ts';
import { allocationFailed, wantsNoAddress } from './refusal.ts';
import type { Transaction4 } from './transaction.ts';

export function discover(t: Transaction4): StepResult | Promise<StepResult> {
  if (!t.subnet) return drop('no-subnet', 'no subnet for this DISCOVER');
  if (t.classes.has('REJECT')) return drop('allocation-failed', 'member of the class REJECT');
  if (wantsNoAddress(t)) {
    t.v6Only = true;
    t.answer = messageType4.OFFER;
    return 'continue';
  }

  const lease = ownLease(t);
  const likely = lease ? null : likelyAddress(t);
  if (!likely || offerLifetimeOf(t, likely.subnet) !== 0) return search(t, lease);
  const taken = offerLease(t, likely, null);
  const told = (isTaken: boolean) => (isTaken ? offered(t) : allocationFailed(t, []));
  return taken instanceof Promise ? taken.then(told) : told(taken);
}

async function search(t: Transaction4, lease: Lease4 | null): Promise<StepResult> {
  const conflicts: number[] = [];
  for await (const chosen of offerable(t, lease)) {
    if (!isHolder(t, chosen.address) && !(await setAsideChosen(t, chosen))) continue;
    const offerLifetime = offerLifetimeOf(t, chosen.subnet);
    if (offerLifetime === 0) {
      if (await offerLease(t, chosen, lease)) return offered(t);
    } else if (await writeOffer(t, chosen, lease, offerLifetime)) return offered(t);
    if (t.isRefused) break;
    // Taken by another server since the lookup.
    conflicts.push(chosen.address);
    if (conflicts.length >= maxConflicts) break;
  }
  return allocationFailed(t, conflicts);
}

const maxConflicts = 8;

function offered(t: Transaction4): StepResult {
  t.answer = messageType4.OFFER;
  if (t.offerLifetime === 0) rememberOffer(t, t.grant!.lease.address);
  const { lease, lifetime } = t.grant!;
  t.engine.log.info(
    'DHCP4_LEASE_OFFER',
    `offering ${formatIpv4(lease.address)}`,
    leaseFields(t, lease, lifetime),
  );
  return 'continue';
}

/** The address that was set aside with the lookup, where nothing else comes before it: what nearly every new client gets. */
function likelyAddress(t: Transaction4): ChosenAddress | null {
  if (requestedAddress(t) !== 0 || t.reservations !== noReservations) return null;
  const [first] = t.draws;
  const subnets = eligibleSubnets(t);
  if (!first || !subnets.includes(first.subnet)) return null;
  const chosen = bestOf(t, first.subnet, first.draw);
  return chosen && t.offers.get(chosen.address) === 'mine' ? chosen : null;
}

/** What the client may be offered, best first: its reservation, its lease, its wish, any free address. */
async function* offerable(t: Transaction4, lease: Lease4 | null): AsyncGenerator<ChosenAddress> {
  let subnets = eligibleSubnets(t);
  const reservation = ownReservation(t, subnets);
  if (reservation && reservation.address !== 0) {
    const { subnet, address } = reservation;
    await askHolders(t, [address]);
    if (lease?.address === address || isFreeForClient(t, address)) yield { subnet, address };
    else {
      t.engine.usage.count('reservation-conflicts', subnet.id);
      t.engine.log.warn(
        'ALLOC_ENGINE_V4_DISCOVER_ADDRESS_CONFLICT',
        `the reserved address ${formatIpv4(address)} is leased to another client`,
        { address: formatIpv4(address), subnet: subnet.id },
      );
    }
  } else if (reservation) {
    // A reservation without an address still says in which subnet the client belongs.
    t.subnet = reservation.subnet;
    subnets = [reservation.subnet];
  }

  if (lease && (await mayHave(t, lease.address, subnets))) {
    const subnet = findPoolSubnet(t, lease.address)!;
    await askHolders(t, [lease.address]);
    if (isFreeForClient(t, lease.address)) yield { subnet, address: lease.address };
  }

  const requested = requestedAddress(t);
  if (requested !== 0 && requested !== lease?.address && (await mayHave(t, requested, subnets))) {
    const offered = t.engine.allocator.isOfferedToOther(requested, t.client!);
    if (!offered && isFree(t, requested)) yield { subnet: findPoolSubnet(t, requested)!, address: requested };
  }

  yield* freshAddresses(t, subnets);
}

/** In a pool that admits the client, and reserved for nobody else. */
async function mayHave(t: Transaction4, address: number, subnets: readonly Subnet[]): Promise<boolean> {
  const subnet = findPoolSubnet(t, address);
  if (!subnet || !subnets.includes(subnet) || !poolOf(subnet.pools, address, t.classes)) return false;
  await askOwners(t, [address]);
  return !isReservedForOther(t, subnet, address);
}

function offerLifetimeOf(t: Transaction4, subnet: Subnet): number {
  if (t.classes.has('BOOTP')) return 0;
  const ofClass = memberClasses(t).find((definition) => definition.offerLifetime !== null)?.offerLifetime;
  return ofClass ?? subnet.parameters.offerLifetime;
}
