// Which of Kea's identifiers a dropped packet is logged under.
import type { DropReason } from './drop-reasons.ts';

/** Kea's identifier where the event is the same, else our own. */
export function dropLogId(reason: DropReason): string {
  return keaId[reason] ?? 'FLOTILLA_PACKET_DROP';
}

const keaId: Partial<Record<DropReason, string>> = {
  'parse-failed': 'DHCP4_PACKET_DROP_0001',
  'not-for-us': 'DHCP4_PACKET_DROP_0003',
  'unexpected-message': 'DHCP4_PACKET_DROP_0005',
  'processing-failed': 'DHCP4_PACKET_DROP_0007',
  'service-disabled': 'DHCP4_PACKET_DROP_0008',
  bootp: 'DHCP4_PACKET_DROP_0009',
  'admin-filtered': 'DHCP4_PACKET_DROP_0010',
  duplicate: 'DHCP4_PACKET_DROP_0011',
  'queue-full': 'DHCP4_PACKET_QUEUE_FULL',
};
