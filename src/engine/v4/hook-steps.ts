// The steps at which hook libraries see a whole packet. Each is one comparison when nobody waits there (whereHooked).
import { formatIpv4 } from '../../addr/ipv4.ts';
import type { Lease4 } from '../../store/lease.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import { askCallouts, droppedByCallout, hooksAt, parkingLotFull } from '../hook-step.ts';
import { currentHost } from '../packet-context.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { readQuery } from './accept.ts';
import { clientFields } from './describe.ts';
import { claimLease } from './grant.ts';
import { queryOf, responseOf } from './hook-packets.ts';
import { useSubnet } from './select-subnet.ts';
import type { Transaction4 } from './transaction.ts';

type Result = StepResult | Promise<StepResult>;

/** Before anything is parsed. `skip`: the callout filled the message itself. */
export function bufferReceive(t: Transaction4): Result {
  return askCallouts(
    t,
    'buffer4_receive',
    () => ({ query4: queryOf(t) }),
    ({ status }) => {
      if (status === 'drop') return dropped(t, 'DHCP4_HOOK_BUFFER_RCVD_DROP', 'buffer4_receive');
      t.isParsedByHook = status === 'skip';
      return 'continue';
    },
  );
}

/** Parsed and of a type that is answered. What the callouts changed in the message counts from here on. */
export function packetReceive(t: Transaction4): Result {
  return askCallouts(
    t,
    'pkt4_receive',
    () => ({ query4: queryOf(t) }),
    ({ status }) => {
      if (status !== 'continue') return dropped(t, 'DHCP4_HOOK_PACKET_RCVD_SKIP', 'pkt4_receive');
      readQuery(t);
      return 'continue';
    },
  );
}

/** The callouts may choose another subnet, or none. */
export function subnetSelect(t: Transaction4): Result {
  const { subnets } = t.snapshot;
  const makeArguments = () => ({ query4: queryOf(t), subnet4: t.subnet, subnet4collection: subnets });
  return askCallouts(t, 'subnet4_select', makeArguments, ({ status }, { subnet4 }) => {
    if (status === 'overflow') return overflow(t, 'DHCP4_HOOK_SUBNET4_SELECT_PARKING_LOT_FULL');
    if (status === 'drop') return dropped(t, 'DHCP4_HOOK_SUBNET4_SELECT_DROP', 'subnet4_select');
    const chosen = status === 'skip' ? null : subnet4;
    if (chosen !== t.subnet) {
      // Only what is configured can be chosen: everything later looks its pools and options up.
      useSubnet(t, chosen === null ? null : (subnets.get(chosen?.id) ?? t.subnet));
    }
    return 'continue';
  });
}

/** What a REQUEST came to is in the store, and the answer is complete. */
export function leasesCommitted(t: Transaction4): Result {
  if (t.type !== messageType4.REQUEST || t.grant === null) return 'continue';
  const leases = t.written === null || t.reused ? [] : [t.grant.lease];
  const removed = t.written?.removed ? [t.written.removed] : [];
  return tellCommitted(t, leases, removed);
}

/** Also for RELEASE and DECLINE, which have no answer. */
export function tellCommitted(
  t: Transaction4,
  leases4: readonly Lease4[],
  deleted: readonly Lease4[],
): Result {
  const makeArguments = () => ({
    query4: queryOf(t),
    response4: t.response ? responseOf(t) : null,
    leases4,
    deleted_leases4: deleted,
  });
  return askCallouts(t, 'leases4_committed', makeArguments, ({ status }) => {
    if (status === 'overflow') return overflow(t, 'DHCP4_HOOK_LEASES4_COMMITTED_PARKING_LOT_FULL');
    if (status === 'drop') return dropped(t, 'DHCP4_HOOK_LEASES4_COMMITTED_DROP', 'leases4_committed');
    return 'continue';
  });
}

/** An OFFER is complete. A callout may find that the address is in use: then it is set aside. */
export function leaseOffer(t: Transaction4): Result {
  if (t.type !== messageType4.DISCOVER || t.grant === null) return 'continue';
  const { lease } = t.grant;
  const makeArguments = () => ({
    query4: queryOf(t),
    response4: responseOf(t),
    leases4: [lease],
    offer_lifetime: t.offerLifetime,
    old_lease: t.own.find(({ address }) => address === lease.address) ?? t.own[0] ?? null,
    host: currentHost(t),
    offer_address_in_use: undefined as boolean | undefined,
  });
  return askCallouts(t, 'lease4_offer', makeArguments, ({ status, parked }, args) => {
    if (status === 'overflow') return overflow(t, 'DHCP4_HOOK_LEASE4_OFFER_PARKING_LOT_FULL');
    if (status === 'drop') return dropped(t, 'DHCP4_HOOK_LEASE4_OFFER_DROP', 'lease4_offer');
    if (parked && args.offer_address_in_use === undefined) {
      const text = 'the offer was parked, and offer_address_in_use was not set: taken as false';
      t.engine.log.error('DHCP4_HOOK_LEASE4_OFFER_ARGUMENT_MISSING', text, clientFields(t));
    }
    return args.offer_address_in_use === true ? serverDecline(t, lease) : 'continue';
  });
}

/** The address that was to be offered answers already: nobody gets it before its probation ends. */
async function serverDecline(t: Transaction4, lease: Lease4): Promise<StepResult> {
  const { leases, usage, log } = t.engine;
  const address = formatIpv4(lease.address);
  // Claimed first, so that an address another client got meanwhile is left alone.
  if (await claimLease(t, lease, null)) {
    const outcome = await leases.write({
      verb: 'decline',
      client: t.client!,
      address: lease.address,
      probation: t.snapshot.globals.declineProbationPeriod,
    });
    if (outcome.result === 'done' && outcome.before && outcome.after) {
      usage.declined(outcome.before);
      log.info('DHCP4_SERVER_INITIATED_DECLINE', `${address} is in use and is set aside`, clientFields(t));
      const hooks = hooksAt(t, 'lease4_server_decline');
      if (hooks) await hooks.call('lease4_server_decline', { query4: queryOf(t), lease4: outcome.after });
    }
  }
  t.grant = null;
  return drop('hook-dropped', `${address} was to be offered and is in use`);
}

/** The answer is complete. `skip`: the callout encoded it itself. */
export function packetSend(t: Transaction4): Result {
  const makeArguments = () => ({ query4: queryOf(t), response4: responseOf(t), subnet4: t.subnet });
  return askCallouts(t, 'pkt4_send', makeArguments, ({ status }) => {
    if (status === 'drop') return dropped(t, 'DHCP4_HOOK_PACKET_SEND_DROP', 'pkt4_send');
    if (status !== 'skip') t.bytes = null;
    else if (!(t.bytes instanceof Uint8Array)) {
      return drop('processing-failed', 'a pkt4_send callout answered skip and gave no bytes');
    }
    return 'continue';
  });
}

/** The answer's bytes; what the callouts assign is sent instead. */
export function bufferSend(t: Transaction4): Result {
  if (!hooksAt(t, 'buffer4_send')) return 'reply';
  return askCallouts(
    t,
    'buffer4_send',
    () => ({ response4: responseOf(t) }),
    ({ status }) => {
      if (status !== 'continue') return dropped(t, 'DHCP4_HOOK_BUFFER_SEND_SKIP', 'buffer4_send');
      if (t.bytes instanceof Uint8Array) return 'reply';
      return drop('processing-failed', 'a buffer4_send callout left no bytes to send');
    },
  );
}

const dropped = (t: Transaction4, id: string, point: Parameters<typeof droppedByCallout>[2]) =>
  droppedByCallout(t, id, point, () => clientFields(t));
const overflow = (t: Transaction4, id: string) => parkingLotFull(t, id, () => clientFields(t));
