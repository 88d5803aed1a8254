// Which waiting packet of a client a newer one of the same client makes pointless.
import type { Family } from '../addr/family.ts';

/**
 * A client has one conversation at a time: of DISCOVER and REQUEST only the newest waits for an answer, and so of
 * INFORM. RELEASE and DECLINE tell the server something, once (RFC 2131 §4.4.4, §4.4.6): a lost DECLINE would have
 * a used address offered again. For DHCPv6 (RFC 8415 §15) only the same message again counts.
 */
export function supersedes(family: Family, newer: number, older: number): boolean {
  if (family === 4 && (newer === discover || newer === request))
    return older === discover || older === request;
  return newer === older && !isSentOnce(family, newer);
}

/** RELEASE and DECLINE tell the server something: late is better than never. A v4 client sends them once, v6 ones a few times. */
export function isSentOnce(family: Family, messageType: number): boolean {
  return family === 6
    ? messageType === release6 || messageType === decline6
    : messageType === release || messageType === decline;
}

/** Packets of one client that may wait. What supersedes nothing is bounded by it. */
export const clientShare = 4;

const discover = 1;
const request = 3;
const decline = 4;
const release = 7;
const release6 = 8;
const decline6 = 9;
