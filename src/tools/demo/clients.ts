// The demonstration's simulated clients of either family, behind a relay on loopback.
import { networkInterfaces } from 'node:os';
import type { Family } from '../../addr/family.ts';
import { formatIpv4 } from '../../addr/ipv4.ts';
import { formatIpv6, parseIpv6 } from '../../addr/ipv6.ts';
import { uint32At } from '../../wire/big-endian.ts';
import { decodeIa6, iaAddresses6 } from '../../wire/v6/ia.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { openSimulatedRelay, type ServerPort, type SimulatedClient6 } from '../simulated-relay.ts';

/** Clients are told apart by hardware address, six bytes. */
export interface DemoClients {
  readonly family: Family;
  /** Addresses and prefixes as text, and milliseconds. Rejects with NO_ANSWER. */
  bind(
    hwaddr: Uint8Array,
    server: ServerPort,
  ): Promise<{ readonly leases: readonly string[]; readonly elapsed: number }>;
  /** Seconds that a server would lease for now; null when it offers nothing. */
  lifetimeOffered(hwaddr: Uint8Array, server: ServerPort): Promise<number | null>;
  close(): Promise<void>;
}

/** As in the example: what the relay writes into link-address. */
const accessLink = parseIpv6('2001:db8:20::1');

const withPrefix = (hwaddr: Uint8Array): SimulatedClient6 => ({
  hwaddr,
  iaPd: [2],
  linkAddress: accessLink,
});

export const openDemoClients: { readonly [F in Family]: () => Promise<DemoClients> } = {
  async 4() {
    const relay = await openSimulatedRelay({ address: '127.0.0.1' });
    return {
      family: 4,
      async bind(hwaddr, server) {
        const { address, elapsed } = await relay.bind({ hwaddr }, server);
        return { leases: [formatIpv4(address)], elapsed };
      },
      async lifetimeOffered(hwaddr, server) {
        const bytes = (await relay.discover({ hwaddr }, server))?.options.get(51);
        return bytes?.length === 4 ? uint32At(bytes, 0) : null;
      },
      close: () => relay.close(),
    };
  },
  async 6() {
    const relay = await openSimulatedRelay({ family: 6, address: '::1' });
    return {
      family: 6,
      async bind(hwaddr, server) {
        const { addresses, prefixes, elapsed } = await relay.bind(withPrefix(hwaddr), server);
        const leases = [
          ...addresses.map(({ address }) => formatIpv6(address)),
          ...prefixes.map(({ prefix, length }) => `${formatIpv6(prefix)}/${length}`),
        ];
        return { leases, elapsed };
      },
      async lifetimeOffered(hwaddr, server) {
        const ia = (await relay.discover(withPrefix(hwaddr), server))?.options.get(option6.iaNa);
        const [offered] = ia ? iaAddresses6(decodeIa6(ia).options) : [];
        return offered?.validLifetime ?? null;
      },
      close: () => relay.close(),
    };
  },
};

/** Containers may have no IPv6; a real interface serves it from its link-local address. */
export function servableFamilies(iface: string): readonly Family[] {
  const addresses = networkInterfaces()[iface] ?? [];
  return addresses.some(({ family }) => family === 'IPv6') ? [4, 6] : [4];
}
