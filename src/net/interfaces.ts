// Which interfaces and addresses to listen on: Kea's `interfaces` words against what the machine has.
import type { NetworkInterfaceInfo } from 'node:os';
import { parseHex } from '../addr/hex.ts';
import { parseIpv4, tryParseIpv4 } from '../addr/ipv4.ts';
import { FlotillaError } from '../errors.ts';

/** One IPv4 address of one interface: gets a socket of its own. */
export interface ListenAddress {
  readonly iface: string;
  readonly address: number;
  /** Directed broadcast address of the subnet, 0 when the interface has none (loopback, /31, /32). */
  readonly broadcast: number;
  readonly loopback: boolean;
  readonly mac: Uint8Array;
}

/**
 * `*` is every interface but loopback, `eth0` every address of it, `eth0/10.0.0.1` that one.
 * Words that match nothing are returned as errors, so that the others can still be served.
 */
export function selectListenAddresses(
  words: readonly string[],
  machine: Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>,
): { readonly addresses: readonly ListenAddress[]; readonly errors: readonly FlotillaError[] } {
  const all = Object.entries(machine).flatMap(([iface, infos]) =>
    (infos ?? []).flatMap((info) => toListenAddress(iface, info)),
  );
  const chosen = new Map<string, ListenAddress>();
  const errors: FlotillaError[] = [];
  for (const word of words) {
    const matching = all.filter((candidate) => matches(word, candidate));
    if (matching.length === 0) errors.push(nothingMatches(word, machine));
    for (const match of matching) chosen.set(`${match.iface}/${match.address}`, match);
  }
  return { addresses: [...chosen.values()], errors };
}

function matches(word: string, candidate: ListenAddress): boolean {
  if (word === '*') return !candidate.loopback;
  const slash = word.indexOf('/');
  if (slash === -1) return word === candidate.iface;
  return (
    word.slice(0, slash) === candidate.iface && tryParseIpv4(word.slice(slash + 1)) === candidate.address
  );
}

function nothingMatches(word: string, machine: Readonly<Record<string, unknown>>): FlotillaError {
  const names = Object.keys(machine).join(', ');
  const reason =
    word === '*'
      ? 'no interface but loopback has an IPv4 address'
      : `no interface or address matches '${word}'`;
  return new FlotillaError(
    'SOCKET_OPEN',
    `${reason} (interfaces with addresses: ${names === '' ? 'none' : names})`,
  );
}

function toListenAddress(iface: string, info: NetworkInterfaceInfo): ListenAddress[] {
  if (info.family !== 'IPv4') return [];
  const address = parseIpv4(info.address);
  const mask = parseIpv4(info.netmask);
  const hosts = ~mask >>> 0;
  const broadcast = info.internal || hosts < 2 ? 0 : (address | hosts) >>> 0;
  return [{ iface, address, broadcast, loopback: info.internal, mac: parseHex(info.mac) }];
}
