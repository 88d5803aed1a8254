// Why a packet was dropped without an answer, and which statistics each reason counts.
import type { Family } from '../addr/family.ts';

interface DropReasonRow {
  /** Kea's statistic without its `pkt4-`/`pkt6-` prefix; null: our own `flotilla-<reason>`. */
  readonly kea: string | null;
  /** False: not in `pktN-receive-drop`. A library that drops a packet counts it there itself if it wants to. */
  readonly isReceiveDrop?: false;
  /** What it means to an operator. */
  readonly meaning: string;
}

/** Every reason. Each also counts `pktN-receive-drop`, unless it says otherwise. */
export const dropReasons = {
  'service-disabled': {
    kea: 'service-disabled',
    meaning: 'The DHCP service was disabled when the packet came.',
  },
  'parse-failed': { kea: 'parse-failed', meaning: 'The bytes are not a DHCP message.' },
  'rfc-violation': {
    kea: 'rfc-violation',
    meaning: 'The message breaks a rule of its RFC, e.g. a DECLINE without an address.',
  },
  'unexpected-message': {
    kea: 'rfc-violation',
    meaning: 'The message type is absent, unknown, or one that only servers send.',
  },
  bootp: { kea: 'rfc-violation', meaning: 'A BOOTP request, which carries no DHCP message type.' },
  'not-for-us': { kea: 'not-for-us', meaning: 'The client named another server in its server identifier.' },
  'admin-filtered': { kea: 'admin-filtered', meaning: 'The packet is a member of the class DROP.' },
  'queue-full': { kea: 'queue-full', meaning: 'More packets were waiting than the queue holds.' },
  duplicate: {
    kea: 'duplicate',
    meaning: 'It was still waiting when the same client sent a newer packet that takes its place.',
  },
  'queue-share': {
    kea: null,
    meaning: 'Its client, or the circuit or relay that it came by, already had its share of the queue.',
  },
  'queue-late': {
    kea: null,
    meaning: 'It had waited so long that its client no longer waits for the answer.',
  },
  unread: {
    kea: null,
    meaning:
      'The kernel dropped it before it was read: the receive buffer was full, or more clients asked than can be answered.',
  },
  closing: {
    kea: null,
    meaning: 'The server was ending, or a reload was about to open its sockets and databases anew.',
  },
  'processing-failed': { kea: 'processing-failed', meaning: 'An error of the server stopped the answer.' },
  'limit-exceeded': {
    kea: 'limit-exceeded',
    meaning: 'A rate or lease limit was reached, or a message asks for more leases than one may.',
  },
  'hook-dropped': { kea: null, isReceiveDrop: false, meaning: 'A hook asked to drop the packet.' },
  'no-subnet': { kea: null, meaning: 'No configured subnet matches where the packet came from.' },
  'allocation-failed': { kea: null, meaning: 'No address was free for the client.' },
  'no-dhcp4o6': {
    kea: null,
    meaning: 'A DHCPv4 message came over DHCPv6, and there is no way to the DHCPv4 server (dhcp4o6-port).',
  },
  'no-lease': {
    kea: null,
    meaning: 'The client asked about an address this server knows nothing of, and must not be refused one.',
  },
  'not-leased': { kea: null, meaning: 'The client released or declined an address that it does not hold.' },
  'store-unavailable': {
    kea: null,
    meaning: 'The lease or host database did not answer, so nothing could be promised.',
  },
} as const satisfies Readonly<Record<string, DropReasonRow>>;

export type DropReason = keyof typeof dropReasons;

/** The statistics that one drop increments, its own first. */
export function statisticsOfDrop(reason: DropReason, family: Family): readonly string[] {
  const { kea, isReceiveDrop }: DropReasonRow = dropReasons[reason];
  const own = kea === null ? `flotilla-${reason}` : `pkt${family}-${kea}`;
  return isReceiveDrop === false ? [own] : [own, `pkt${family}-receive-drop`];
}

/** Every statistic that a drop of this family can count. */
export function dropReasonStatistics(family: Family): readonly string[] {
  const reasons = Object.keys(dropReasons) as DropReason[];
  return [...new Set(reasons.flatMap((reason) => statisticsOfDrop(reason, family)))];
}
