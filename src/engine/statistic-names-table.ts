// The global statistics that exist, at 0, from the start of a server process.
import type { Family } from '../addr/family.ts';
import { dropReasonStatistics } from './drop-reasons.ts';
import { allocationNames, leaseKinds, leaseStatisticNames } from './lease-statistics-table.ts';

const packets4 = [
  'pkt4-received',
  'pkt4-discover-received',
  'pkt4-offer-received',
  'pkt4-request-received',
  'pkt4-ack-received',
  'pkt4-nak-received',
  'pkt4-release-received',
  'pkt4-decline-received',
  'pkt4-inform-received',
  'pkt4-lease-query-received',
  'pkt4-unknown-received',
  'pkt4-sent',
  'pkt4-offer-sent',
  'pkt4-ack-sent',
  'pkt4-nak-sent',
  'pkt4-lease-query-response-unassigned-sent',
  'pkt4-lease-query-response-unknown-sent',
  'pkt4-lease-query-response-active-sent',
  'pkt4-service-disabled',
  'pkt4-parse-failed',
  'pkt4-queue-full',
  'pkt4-duplicate',
  'pkt4-rfc-violation',
  'pkt4-admin-filtered',
  'pkt4-not-for-us',
  'pkt4-processing-failed',
  'pkt4-limit-exceeded',
  'pkt4-receive-drop',
] as const;

const packets6 = [
  'pkt6-received',
  'pkt6-solicit-received',
  'pkt6-advertise-received',
  'pkt6-request-received',
  'pkt6-renew-received',
  'pkt6-rebind-received',
  'pkt6-reply-received',
  'pkt6-release-received',
  'pkt6-decline-received',
  'pkt6-infrequest-received',
  'pkt6-lease-query-received',
  'pkt6-dhcpv4-query-received',
  'pkt6-dhcpv4-response-received',
  'pkt6-addr-reg-inform-received',
  'pkt6-addr-reg-reply-received',
  'pkt6-unknown-received',
  'pkt6-sent',
  'pkt6-advertise-sent',
  'pkt6-reply-sent',
  'pkt6-lease-query-reply-sent',
  'pkt6-dhcpv4-response-sent',
  'pkt6-addr-reg-reply-sent',
  'pkt6-service-disabled',
  'pkt6-parse-failed',
  'pkt6-queue-full',
  'pkt6-duplicate',
  'pkt6-rfc-violation',
  'pkt6-admin-filtered',
  'pkt6-not-for-us',
  'pkt6-processing-failed',
  'pkt6-limit-exceeded',
  'pkt6-receive-drop',
] as const;

const leases = (family: Family): readonly string[] => [
  ...leaseStatisticNames(leaseKinds[family], 'server'),
  ...allocationNames(family),
];

const unique = (...lists: (readonly string[])[]): readonly string[] => [...new Set(lists.flat())];

/** Kea's names plus our own `flotilla-…` drop counters, per family. */
export const statisticNames: Readonly<Record<Family, readonly string[]>> = {
  4: unique(packets4, leases(4), dropReasonStatistics(4)),
  6: unique(packets6, leases(6), dropReasonStatistics(6)),
};
