// Which of Kea's identifiers a dropped packet is logged under.
import type { Family } from '../addr/family.ts';
import type { DropReason } from './drop-reasons.ts';

/** Kea's identifier where the event is the same, else our own. */
export function dropLogId(reason: DropReason, family: Family): string {
  return keaIds[family][reason] ?? 'FLOTILLA_PACKET_DROP';
}

const keaIds: Readonly<Record<Family, Partial<Record<DropReason, string>>>> = {
  4: {
    'parse-failed': 'DHCP4_PACKET_DROP_0001',
    'not-for-us': 'DHCP4_PACKET_DROP_0003',
    'unexpected-message': 'DHCP4_PACKET_DROP_0005',
    'processing-failed': 'DHCP4_PACKET_DROP_0007',
    'service-disabled': 'DHCP4_PACKET_DROP_0008',
    bootp: 'DHCP4_PACKET_DROP_0009',
    'admin-filtered': 'DHCP4_PACKET_DROP_0010',
    duplicate: 'DHCP4_PACKET_DROP_0011',
    'queue-full': 'DHCP4_PACKET_QUEUE_FULL',
  },
  6: {
    'parse-failed': 'DHCP6_PACKET_DROP_PARSE_FAIL',
    'not-for-us': 'DHCP6_PACKET_DROP_SERVERID_MISMATCH',
    'unexpected-message': 'DHCP6_UNKNOWN_MSG_RECEIVED',
    'processing-failed': 'DHCP6_PACKET_PROCESS_EXCEPTION',
    'service-disabled': 'DHCP6_PACKET_DROP_DHCP_DISABLED',
    'admin-filtered': 'DHCP6_PACKET_DROP_DROP_CLASS',
    duplicate: 'DHCP6_PACKET_DROP_DUPLICATE',
    'queue-full': 'DHCP6_PACKET_QUEUE_FULL',
  },
};
