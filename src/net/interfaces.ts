// Which interfaces and addresses to listen on: Kea's `interfaces` words against what the machine has.
import type { NetworkInterfaceInfo } from 'node:os';
import type { AddressOf, Family } from '../addr/family.ts';
import { parseHex } from '../addr/hex.ts';
import { parseIpv4 } from '../addr/ipv4.ts';
import { isLinkLocalIpv6, parseIpv6 } from '../addr/ipv6.ts';
import { FlotillaError } from '../errors.ts';
import { allRelayAgentsAndServers, allServers, socketFamilies } from './socket-family.ts';

/** One address of one interface: gets a socket of its own. */
export interface ListenAddress<F extends Family = 4> {
  readonly iface: string;
  readonly address: AddressOf<F>;
  /** What is sent to all on the link, one socket each for the interface: broadcast addresses or multicast groups. */
  readonly groups: readonly AddressOf<F>[];
  readonly loopback: boolean;
  readonly mac: Uint8Array;
}

export type MachineInterfaces = Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>;

/**
 * `*` is every interface but loopback, `eth0` that one, `eth0/10.0.0.1` one address of it. In DHCPv4 an interface stands for
 * all its addresses. In DHCPv6 it stands for its link-local address and the multicast groups; an address is listened to
 * besides (for relays and clients that send unicast), and loopback, which has no link, stands for its addresses.
 * Words that match nothing are returned as errors, so that the others can still be served.
 */
export function selectListenAddresses<F extends Family>(
  family: F,
  words: readonly string[],
  machine: MachineInterfaces,
): { readonly addresses: readonly ListenAddress<F>[]; readonly errors: readonly FlotillaError[] } {
  const rules: FamilyRules<F> = familyRules[family];
  const all = Object.entries(machine).flatMap(([iface, infos]) =>
    (infos ?? []).flatMap((info) => rules.candidate(iface, info)),
  );
  const chosen = new Map<string, ListenAddress<F>>();
  const errors: FlotillaError[] = [];
  for (const [index, text] of words.entries()) {
    const word = parseWord(family, text);
    const matching = all.filter((candidate) => matches(word, candidate));
    const isKnown = machine[word.iface] !== undefined;
    const problem = problemOf(word, matching, isKnown, rules.served);
    if (problem !== null) {
      const names = Object.keys(machine).join(', ');
      errors.push(
        new FlotillaError(
          'SOCKET_OPEN',
          `${problem} (interfaces with addresses: ${names === '' ? 'none' : names})`,
          { key: `Dhcp${family}.interfaces-config.interfaces[${index}]` },
        ),
      );
    }
    for (const { listen } of matching) chosen.set(`${listen.iface}/${listen.address}`, listen);
  }
  return { addresses: [...chosen.values()], errors };
}

interface Candidate<F extends Family> {
  readonly listen: ListenAddress<F>;
  /** Which words choose it: any that names its interface, one without an address, or only one with this address. */
  readonly by: 'interface' | 'interface-alone' | 'address';
}

interface Word<F extends Family> {
  readonly text: string;
  readonly iface: string;
  /** Undefined when none was written, null when what was written is none. */
  readonly address: AddressOf<F> | undefined | null;
}

function parseWord<F extends Family>(family: F, text: string): Word<F> {
  const slash = text.indexOf('/');
  if (slash === -1) return { text, iface: text.trim(), address: undefined };
  const address = socketFamilies[family].tryParse(text.slice(slash + 1).trim());
  return { text, iface: text.slice(0, slash).trim(), address: address ?? null };
}

function matches<F extends Family>(word: Word<F>, { listen, by }: Candidate<F>): boolean {
  if (word.iface === '*') return word.address === undefined && by !== 'address' && !listen.loopback;
  if (word.iface !== listen.iface) return false;
  return (
    by === 'interface' || (word.address === undefined ? by !== 'address' : word.address === listen.address)
  );
}

function problemOf<F extends Family>(
  { text, iface, address }: Word<F>,
  matching: readonly Candidate<F>[],
  isKnown: boolean,
  served: string,
): string | null {
  if (text === '*') return matching.length === 0 ? `no interface but loopback has ${served}` : null;
  const hasAddress = address === undefined || matching.some(({ listen }) => listen.address === address);
  if (!isKnown || !hasAddress) return `no interface or address matches '${text}'`;
  // With an IPv6 address to listen to but none on its link, the interface's relays are served, and its clients are not.
  return matching.some(({ by }) => by !== 'address') ? null : `${iface} does not have ${served}`;
}

interface FamilyRules<F extends Family> {
  /** What an interface must have for its clients to be served. */
  readonly served: string;
  candidate(iface: string, info: NetworkInterfaceInfo): Candidate<F>[];
}

const familyRules: { readonly [F in Family]: FamilyRules<F> } = {
  4: {
    served: 'an IPv4 address',
    candidate(iface, info) {
      if (info.family !== 'IPv4') return [];
      const address = parseIpv4(info.address);
      const hosts = ~parseIpv4(info.netmask) >>> 0;
      const groups = info.internal ? [] : [0xffffffff];
      // /31 and /32 have no directed broadcast.
      if (!info.internal && hosts >= 2) groups.push((address | hosts) >>> 0);
      return [{ listen: listenAddress(iface, info, address, groups), by: 'interface-alone' }];
    },
  },
  6: {
    served: 'a link-local IPv6 address',
    candidate(iface, info) {
      if (info.family !== 'IPv6') return [];
      const address = parseIpv6(info.address);
      if (!isLinkLocalIpv6(address)) {
        const by = info.internal ? 'interface-alone' : 'address';
        return [{ listen: listenAddress(iface, info, address, []), by }];
      }
      const groups = [allRelayAgentsAndServers, allServers];
      return [{ listen: listenAddress(iface, info, address, groups), by: 'interface' }];
    },
  },
};

const listenAddress = <F extends Family>(
  iface: string,
  info: NetworkInterfaceInfo,
  address: AddressOf<F>,
  groups: readonly AddressOf<F>[],
): ListenAddress<F> => ({ iface, address, groups, loopback: info.internal, mac: parseHex(info.mac) });
