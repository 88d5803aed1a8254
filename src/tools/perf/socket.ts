// The generator's one UDP socket: the relay that all simulated clients are behind.
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import { formatIpv4, parseIpv4, tryParseIpv4 } from '../../addr/ipv4.ts';
import { FlotillaError, messageOf } from '../../errors.ts';
import { loadLibc } from '../../net/libc.ts';
import { openUdpSocket } from '../../net/udp-socket.ts';

export interface PerfSocket {
  /** What it is bound to: the relay's address. */
  readonly address: number;
  /** `server` is the index in `servers`. */
  send(bytes: Uint8Array, server: number): void;
  onMessage(handler: (bytes: Uint8Array) => void): void;
  /** Sends that failed, and the last reason. */
  readonly failures: { readonly count: number; readonly last: string };
  close(): Promise<void>;
}

export interface PerfSocketOptions {
  /** Address or interface name, null = as the kernel routes to the first server. */
  readonly local: string | null;
  readonly localPort: number;
  /** Addresses, at least one. */
  readonly servers: readonly string[];
  readonly serverPort: number;
}

/** Throws USAGE when the local address is not one of this machine, SOCKET_OPEN when it cannot be bound. */
export async function openPerfSocket(options: PerfSocketOptions): Promise<PerfSocket> {
  const local = options.local ?? (await routeTo(options.servers[0]!));
  const address = localAddress(local);
  const libc = loadLibc();
  // With the C library the receive buffer may be larger than the system's limit for everybody. Bound to no device: a
  // server on this machine answers over the loopback interface whatever the address.
  const socket = await openUdpSocket(
    { family: 4, iface: '', address, port: options.localPort },
    'missing' in libc ? null : libc,
  ).catch((error: unknown) => {
    throw new FlotillaError('SOCKET_OPEN', messageOf(error).replace('on , ', ''), {}, { cause: error });
  });
  const servers = options.servers.map(parseIpv4);
  const failures = { count: 0, last: '' };
  const failed = (error: Error): void => {
    failures.count++;
    failures.last = error.message;
  };
  return {
    address,
    failures,
    send: (bytes, server) => socket.send(bytes, servers[server]!, options.serverPort),
    onMessage: (handler) => socket.listen({ onMessage: handler, onError: failed, onSendFailure: failed }),
    close: () => socket.close(),
  };
}

async function routeTo(server: string): Promise<string> {
  const probe = createSocket('udp4');
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

function localAddress(word: string): number {
  const isAddress = tryParseIpv4(word) !== undefined;
  for (const [iface, infos] of Object.entries(networkInterfaces())) {
    for (const info of infos ?? []) {
      if (info.family !== 'IPv4') continue;
      const matches = isAddress ? info.address === formatIpv4(parseIpv4(word)) : iface === word;
      if (matches) return parseIpv4(info.address);
    }
  }
  throw new FlotillaError(
    'USAGE',
    isAddress
      ? `-l: ${word} is no address of this machine`
      : `-l: '${word}' is no interface with an IPv4 address`,
  );
}
