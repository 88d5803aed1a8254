// REQUEST → ACK, NAK or silence (RFC 2131 §4.3.2): SELECTING, INIT-REBOOT, RENEWING, REBINDING.
import { formatIpv4 } from '../../addr/ipv4.ts';
import type { Lease4 } from '../../store/lease.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import { askHolders, findInstead, isFreeForClient, isHolder, wasMisled } from '../address-search.ts';
import { countAllocationFailure } from '../allocation-failure.ts';
import { eligibleSubnets, findPoolSubnet, isNetworkPoolAddress } from '../eligible.ts';
import { freshAddresses } from '../fresh-address.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { askOwners, isReservedForOther } from '../reservations.ts';
import { clientFields, leaseFields } from './describe.ts';
import { commitLease, setAsideChosen, type ChosenAddress } from './grant.ts';
import { ownReservation, type OwnReservation } from './identifiers.ts';
import { ownLease, requestedAddress } from './lookup.ts';
import { option4 } from './option-codes.ts';
import { refuse, wantsNoAddress } from './refusal.ts';
import { limitedBroadcast } from './reply-address.ts';
import type { Transaction4 } from './transaction.ts';

export function request(t: Transaction4): StepResult | Promise<StepResult> {
  const { options, ciaddr } = t.query;
  const hasRequested = options.has(option4.requestedAddress);
  const hasServer = options.has(option4.serverIdentifier);
  const lease = ownLease(t);

  if (hasRequested && !hasServer) {
    const verdict = checkInitReboot(t, lease);
    if (verdict) return verdict;
  }
  if (!t.subnet) {
    // A rebinding client asks every server; one that knows nothing of its network must not disturb it.
    const rebinding =
      ciaddr !== 0 && t.datagram.destination === limitedBroadcast && !hasRequested && !hasServer;
    if (rebinding || (hasRequested && !hasServer)) return drop('no-subnet', 'no subnet for this REQUEST');
    return refuse(t, 'DHCP4_PACKET_NAK_0001', 'no subnet is configured for this client');
  }
  if (t.classes.has('REJECT')) return refuse(t, 'DHCP4_PACKET_NAK_0003', 'member of the class REJECT');
  if (wantsNoAddress(t)) {
    t.v6Only = true;
    t.answer = messageType4.ACK;
    return 'continue';
  }
  return assign(t, lease);
}

/** RFC 2131 §4.3.2, INIT-REBOOT: NAK a client whose idea is wrong, stay silent about clients we do not know. */
function checkInitReboot(t: Transaction4, lease: Lease4 | null): StepResult | null {
  const authoritative = (t.subnet?.parameters ?? t.snapshot.parameters).authoritative;
  if (lease) {
    if (lease.address === requestedAddress(t)) return null;
    return refuse(t, 'DHCP4_PACKET_NAK_0002', `the client's address is ${formatIpv4(lease.address)}`);
  }
  if (authoritative)
    return refuse(t, 'DHCP4_PACKET_NAK_0002', 'no lease is known, and this server is the authority');
  t.engine.log.debug('DHCP4_NO_LEASE_INIT_REBOOT', 'INIT-REBOOT of an unknown client', clientFields(t));
  return drop(t.subnet ? 'no-lease' : 'no-subnet', 'INIT-REBOOT of an unknown client');
}

async function assign(t: Transaction4, lease: Lease4 | null): Promise<StepResult> {
  const subnets = eligibleSubnets(t);
  const reservation = ownReservation(t, subnets);
  const requested = requestedAddress(t);
  if (requested === 0) return await assignAny(t, lease, reservation);

  const place = subnetOf(t, requested, reservation);
  const asking = askOwners(t, [requested]);
  if (asking) await asking;
  const subnet = place ?? t.subnet!;
  if (isReservedForOther(t, subnet, requested)) {
    return await failed(
      t,
      'ALLOC_ENGINE_V4_REQUEST_ADDRESS_RESERVED',
      `${formatIpv4(requested)} is reserved for another client`,
    );
  }
  const askingHolders = askHolders(t, [requested]);
  if (askingHolders) await askingHolders;
  if (!isFreeForClient(t, requested)) {
    return await failed(
      t,
      'ALLOC_ENGINE_V4_REQUEST_IN_USE',
      `${formatIpv4(requested)} is leased to another client`,
    );
  }
  if (reservation && reservation.address !== 0 && reservation.address !== requested) {
    await askHolders(t, [reservation.address]);
    // The client has to start again to get what is reserved for it; a reserved address in use is no reason to.
    if (isFreeForClient(t, reservation.address)) {
      return await failed(
        t,
        'ALLOC_ENGINE_V4_REQUEST_INVALID',
        `the client's reservation is ${formatIpv4(reservation.address)}`,
      );
    }
  }
  if (!place) {
    t.engine.log.debug(
      'ALLOC_ENGINE_V4_REQUEST_OUT_OF_POOL',
      `${formatIpv4(requested)} is in no pool for this client`,
    );
    return await outOfPool(t, requested);
  }
  const chosen: ChosenAddress = { subnet: place, address: requested };
  if (!isHolder(t, requested) && !(await mayTake(t, chosen))) {
    return await failed(
      t,
      'ALLOC_ENGINE_V4_REQUEST_IN_USE',
      `${formatIpv4(requested)} was offered to another client`,
    );
  }
  if (await commitLease(t, chosen, lease)) return acknowledged(t);
  if (t.isRecalled) {
    wasMisled(t);
    await findInstead(t, requested);
    return await request(t);
  }
  if (t.isRefused) {
    return await failed(t, 'DHCPSRV_HOOK_LEASE4_SELECT_SKIP', `a callout refused ${formatIpv4(requested)}`);
  }
  return await failed(
    t,
    'ALLOC_ENGINE_V4_REQUEST_IN_USE',
    `${formatIpv4(requested)} was leased to another client meanwhile`,
  );
}

/** What this server offered it has set aside. Without an offer (a lease long over) it must not be taken from under one. */
async function mayTake(t: Transaction4, chosen: ChosenAddress): Promise<boolean> {
  if (t.query.options.has(option4.serverIdentifier)) return t.offers.get(chosen.address) !== 'other';
  return await setAsideChosen(t, chosen);
}

/** Where the client may have the address: through its reservation, or in a pool that admits it. */
function subnetOf(t: Transaction4, address: number, reservation: OwnReservation | null) {
  if (reservation && reservation.address === address) return reservation.subnet;
  const subnet = findPoolSubnet(t, address);
  if (reservation && reservation.address === 0 && subnet?.id !== reservation.subnet.id) return undefined;
  return subnet;
}

/** A REQUEST that names no address: reservation, own lease, any free address. */
async function assignAny(
  t: Transaction4,
  lease: Lease4 | null,
  reservation: OwnReservation | null,
): Promise<StepResult> {
  let tries = 0;
  for await (const chosen of assignable(t, lease, reservation)) {
    if (!isHolder(t, chosen.address) && !(await setAsideChosen(t, chosen))) continue;
    if (await commitLease(t, chosen, lease)) return acknowledged(t);
    if (t.isRefused || ++tries >= maxTries) break;
  }
  countAllocationFailure(t, clientFields(t));
  return refuse(t, 'DHCP4_PACKET_NAK_0003', 'no address for this client');
}

const maxTries = 8;

async function* assignable(
  t: Transaction4,
  lease: Lease4 | null,
  reservation: OwnReservation | null,
): AsyncGenerator<ChosenAddress> {
  if (reservation && reservation.address !== 0) {
    const { subnet, address } = reservation;
    await askHolders(t, [address]);
    if (isFreeForClient(t, address)) yield { subnet, address };
  }
  if (lease) {
    const subnet = findPoolSubnet(t, lease.address);
    await askOwners(t, [lease.address]);
    if (subnet && !isReservedForOther(t, subnet, lease.address)) yield { subnet, address: lease.address };
  }
  const fixed = reservation?.address === 0 ? [reservation.subnet] : eligibleSubnets(t);
  yield* freshAddresses(t, fixed);
}

function acknowledged(t: Transaction4): StepResult {
  t.answer = messageType4.ACK;
  const { lease, lifetime } = t.grant!;
  const fields = leaseFields(t, lease, lifetime);
  const id = t.reused ? 'DHCP4_LEASE_REUSE' : 'DHCP4_LEASE_ALLOC';
  t.engine.log.info(id, `${formatIpv4(lease.address)} for ${lifetime} seconds`, fields);
  return 'continue';
}

async function failed(t: Transaction4, id: string, reason: string): Promise<StepResult> {
  t.engine.log.debug(id, reason, clientFields(t));
  countAllocationFailure(t, clientFields(t));
  return refuse(t, 'DHCP4_PACKET_NAK_0003', reason);
}

/** RFC 2131 §4.3.2: about an address that is none of ours at all, other servers may know better. */
async function outOfPool(t: Transaction4, address: number): Promise<StepResult> {
  countAllocationFailure(t, clientFields(t));
  if (!isNetworkPoolAddress(t, address)) {
    t.engine.log.debug(
      'DHCP4_UNKNOWN_ADDRESS_REQUESTED',
      `${formatIpv4(address)} is in no pool`,
      clientFields(t),
    );
    return drop('no-lease', `${formatIpv4(address)} is in no pool of this network`);
  }
  return refuse(t, 'DHCP4_PACKET_NAK_0003', `${formatIpv4(address)} is in no pool for this client`);
}
