// Which waiting packet of a client a newer one of the same client makes pointless.
import type { Family } from '../addr/family.ts';

/**
 * A client has one conversation at a time: of DISCOVER and REQUEST only the newest waits for an answer, and so of
 * INFORM. RELEASE and DECLINE tell the server something, once (RFC 2131 §4.4.4, §4.4.6): a lost DECLINE would have
 * a used address offered again. For DHCPv6 (RFC 8415 §15) only the same message again counts.
 */
export function supersedes(family: Family, newer: number, older: number): boolean {
  if (family === 6) return newer === older && newer !== release6 && newer !== decline6;
  if (newer === discover || newer === request) return older === discover || older === request;
  return newer === older && newer !== release && newer !== decline;
}

/** Packets of one client that may wait. What supersedes nothing is bounded by it. */
export const clientShare = 4;

const discover = 1;
const request = 3;
const decline = 4;
const release = 7;
const release6 = 8;
const decline6 = 9;
