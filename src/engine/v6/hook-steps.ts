// The steps at which hook libraries see a whole packet. Each is one comparison when nobody waits there (whereHooked).
import { askCallouts, droppedByCallout, hooksAt, parkingLotFull } from '../hook-step.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { readQuery } from './accept.ts';
import { clientFields } from './describe.ts';
import type { Answer6, HookArguments6 } from './hook-arguments.ts';
import { queryOf, responseOf } from './hook-packets.ts';
import { addressBack } from './reply-address.ts';
import type { Transaction6 } from './transaction.ts';

type Result = StepResult | Promise<StepResult>;

/** Before anything is parsed. `skip`: the callout filled the message itself. What it answered itself is sent. */
export function bufferReceive(t: Transaction6): Result {
  return askCallouts(
    t,
    'buffer6_receive',
    (): HookArguments6['buffer6_receive'] => ({ query6: queryOf(t), answer: null }),
    ({ status }, { answer }) => {
      if (answer) return sendAnswer(t, answer);
      if (status === 'drop') return dropped(t, 'DHCP6_HOOK_BUFFER_RCVD_DROP', 'buffer6_receive');
      t.isParsedByHook = status === 'skip';
      return 'continue';
    },
  );
}

/** Parsed and of a type that is answered. What the callouts changed in the message counts from here on. */
export function packetReceive(t: Transaction6): Result {
  return askCallouts(
    t,
    'pkt6_receive',
    () => ({ query6: queryOf(t) }),
    ({ status }) => {
      if (status !== 'continue') return dropped(t, 'DHCP6_HOOK_PACKET_RCVD_SKIP', 'pkt6_receive');
      readQuery(t);
      return 'continue';
    },
  );
}

/** The callouts may choose another subnet, or none. */
export function subnetSelect(t: Transaction6): Result {
  const { subnets } = t.snapshot;
  const makeArguments = () => ({ query6: queryOf(t), subnet6: t.subnet, subnet6collection: subnets });
  return askCallouts(t, 'subnet6_select', makeArguments, ({ status }, { subnet6 }) => {
    if (status === 'overflow') return overflow(t, 'DHCP6_HOOK_SUBNET6_SELECT_PARKING_LOT_FULL');
    if (status === 'drop') return dropped(t, 'DHCP6_HOOK_SUBNET6_SELECT_DROP', 'subnet6_select');
    const chosen = status === 'skip' ? null : subnet6;
    // Only what is configured can be chosen: everything later looks its pools and options up.
    t.subnet = chosen === null ? null : (subnets.get(chosen?.id) ?? t.subnet);
    return 'continue';
  });
}

/** What the message came to is in the store, and the answer is complete. */
export function leasesCommitted(t: Transaction6): Result {
  if (t.committed.length === 0 && t.deleted.length === 0) return 'continue';
  const makeArguments = () => ({
    query6: queryOf(t),
    response6: responseOf(t),
    leases6: t.committed,
    deleted_leases6: t.deleted,
  });
  return askCallouts(t, 'leases6_committed', makeArguments, ({ status }) => {
    if (status === 'overflow') return overflow(t, 'DHCP6_HOOK_LEASES6_PARKING_LOT_FULL');
    if (status === 'drop') return dropped(t, 'DHCP6_HOOK_LEASES6_COMMITTED_DROP', 'leases6_committed');
    return 'continue';
  });
}

/** The answer is complete. `skip`: the callout encoded it itself. */
export function packetSend(t: Transaction6): Result {
  const makeArguments = () => ({ query6: queryOf(t), response6: responseOf(t), subnet6: t.subnet });
  return askCallouts(t, 'pkt6_send', makeArguments, ({ status }) => {
    if (status === 'drop') return dropped(t, 'DHCP6_HOOK_PACKET_SEND_DROP', 'pkt6_send');
    if (status !== 'skip') t.bytes = null;
    else if (!(t.bytes instanceof Uint8Array)) {
      return drop('processing-failed', 'a pkt6_send callout answered skip and gave no bytes');
    }
    return 'continue';
  });
}

/** The answer's bytes; what the callouts assign is sent instead. */
export function bufferSend(t: Transaction6): Result {
  if (!hooksAt(t, 'buffer6_send')) return 'reply';
  return askCallouts(
    t,
    'buffer6_send',
    () => ({ response6: responseOf(t) }),
    ({ status }) => {
      if (status !== 'continue') return dropped(t, 'DHCP6_HOOK_BUFFER_SEND_SKIP', 'buffer6_send');
      if (t.bytes instanceof Uint8Array) return 'reply';
      return drop('processing-failed', 'a buffer6_send callout left no bytes to send');
    },
  );
}

function sendAnswer(t: Transaction6, { bytes, destinationPort }: Answer6): StepResult {
  if (!(bytes instanceof Uint8Array)) {
    return drop('processing-failed', 'a buffer6_receive callout gave an answer without bytes');
  }
  t.bytes = bytes;
  t.outbound = addressBack(t, destinationPort);
  return 'reply';
}

const dropped = (t: Transaction6, id: string, point: Parameters<typeof droppedByCallout>[2]) =>
  droppedByCallout(t, id, point, () => clientFields(t));
const overflow = (t: Transaction6, id: string) => parkingLotFull(t, id, () => clientFields(t));
