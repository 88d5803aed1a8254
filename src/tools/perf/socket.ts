// The generator's one UDP socket: the relay that all simulated clients are behind, or in DHCPv6 the host that they are.
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import type { AddressOf, Family } from '../../addr/family.ts';
import { FlotillaError, messageOf } from '../../errors.ts';
import { loadLibc } from '../../net/libc.ts';
import { socketFamilies, type SocketFamily } from '../../net/socket-family.ts';
import { openUdpSocket } from '../../net/udp-socket.ts';

export interface PerfSocket<F extends Family = Family> {
  /** What a relay says of the clients' link: what it is bound to, or a global address of the same interface; null: none. */
  readonly linkAddress: AddressOf<F> | null;
  /** `server` is the index in `servers`. */
  send(bytes: Uint8Array, server: number): void;
  onMessage(handler: (bytes: Uint8Array) => void): void;
  /** Sends that failed, and the last reason. */
  readonly failures: { readonly count: number; readonly last: string };
  close(): Promise<void>;
}

export interface PerfSocketOptions<F extends Family> {
  readonly family: F;
  /** Address or interface name, null = as the kernel routes to the first server. */
  readonly local: string | null;
  readonly localPort: number;
  /** Addresses, at least one. */
  readonly servers: readonly string[];
  readonly serverPort: number;
}

/** Throws USAGE when the local address is not one of this machine, SOCKET_OPEN when it cannot be bound. */
export async function openPerfSocket<F extends Family>(
  options: PerfSocketOptions<F>,
): Promise<PerfSocket<F>> {
  const family: SocketFamily<F> = socketFamilies[options.family];
  const servers = options.servers.map((server) => family.tryParse(server)!);
  // Multicast and link-local addresses mean something on one link: an address of that link speaks to them.
  const isOnLink = servers.some((server) => family.hasZone(server) || family.isMulticast(server));
  const local = options.local ?? (isOnLink ? null : await routeTo(family, options.servers[0]!));
  if (local === null)
    throw new FlotillaError('USAGE', '-l: name the interface on whose link the servers are');
  const { iface, address, linkAddress } = localAddress(options.family, family, local, isOnLink);
  const libc = loadLibc();
  // With the C library the receive buffer may be larger than the system's limit for everybody. Bound to no device unless
  // the address is of one link: a server on this machine answers over the loopback interface whatever the address.
  const socket = await openUdpSocket(
    { family: options.family, iface: isOnLink ? iface : '', address, port: options.localPort },
    'missing' in libc ? null : libc,
  ).catch((error: unknown) => {
    throw new FlotillaError('SOCKET_OPEN', messageOf(error).replace('on , ', ''), {}, { cause: error });
  });
  const failures = { count: 0, last: '' };
  const failed = (error: Error): void => {
    failures.count++;
    failures.last = error.message;
  };
  return {
    linkAddress,
    failures,
    send: (bytes, server) => socket.send(bytes, servers[server]!, options.serverPort),
    onMessage: (handler) => socket.listen({ onMessage: handler, onError: failed, onSendFailure: failed }),
    close: () => socket.close(),
  };
}

async function routeTo({ type }: { readonly type: 'udp4' | 'udp6' }, server: string): Promise<string> {
  const probe = createSocket(type);
  try {
    // Connecting a datagram socket sends nothing; it asks the kernel for the way.
    probe.connect(67, server);
    await once(probe, 'connect');
    return probe.address().address;
  } catch (error) {
    throw new FlotillaError('SOCKET_OPEN', `there is no way to ${server}`, {}, { cause: error });
  } finally {
    probe.close();
  }
}

interface LocalAddress<F extends Family> {
  readonly iface: string;
  /** To bind to. */
  readonly address: AddressOf<F>;
  readonly linkAddress: AddressOf<F> | null;
}

/** The address that `word` is, or the first of the interface that it names: a link-local one for servers on the link. */
function localAddress<F extends Family>(
  version: F,
  family: SocketFamily<F>,
  word: string,
  isOnLink: boolean,
): LocalAddress<F> {
  const wanted = family.tryParse(word);
  for (const [iface, infos] of Object.entries(networkInterfaces())) {
    const addresses = (infos ?? []).flatMap((info) => {
      const address = info.family === `IPv${version}` ? family.tryParse(info.address) : undefined;
      return address === undefined ? [] : [address];
    });
    const isZoned = (address: AddressOf<F>): boolean => family.hasZone(address);
    const matching = addresses.filter((each) => (wanted === undefined ? iface === word : each === wanted));
    const address = wanted === undefined ? matching.find((each) => isZoned(each) === isOnLink) : matching[0];
    if (address === undefined) continue;
    const linkAddress = isZoned(address) ? addresses.find((each) => !isZoned(each)) : address;
    return { iface, address, linkAddress: linkAddress ?? null };
  }
  const kind = isOnLink ? 'a link-local' : 'an';
  throw new FlotillaError(
    'USAGE',
    wanted === undefined
      ? `-l: '${word}' is no interface with ${kind} IPv${version} address`
      : `-l: ${word} is no address of this machine`,
  );
}
