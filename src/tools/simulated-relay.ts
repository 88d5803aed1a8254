// Clients behind a relay, simulated over real UDP sockets: for demonstrations, load and checks. Needs no root.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Family } from '../addr/family.ts';
import { parseIpv4 } from '../addr/ipv4.ts';
import { parseIpv6 } from '../addr/ipv6.ts';
import { FlotillaError } from '../errors.ts';
import type { BoundClient, ClientOf, MessageOf, RelayedQuery, RelayMessages } from './relay/messages.ts';
import { relayMessages4 } from './relay/messages4.ts';
import { relayMessages6 } from './relay/messages6.ts';

export type { BoundClient, SimulatedClient, SimulatedClient6 } from './relay/messages.ts';

export interface RelayOptions<F extends Family = 4> {
  /** 4 when left out. */
  readonly family?: F;
  /** Address the relay sends from and writes into giaddr or, for clients that are on no other link, link-address. */
  readonly address: string;
  /** Milliseconds to wait for an answer before it is asked again, and how often it is asked in all. */
  readonly timeout?: number;
  readonly tries?: number;
}

export interface ServerPort {
  readonly address: string;
  readonly port: number;
}

export interface SimulatedRelay<F extends Family = 4> {
  /**
   * DISCOVER, OFFER, REQUEST, ACK; SOLICIT, ADVERTISE, REQUEST, REPLY. Rejects with NO_ANSWER when nobody answers, when less
   * is offered than was asked for, or when what was offered is then refused.
   */
  bind(client: ClientOf<F>, server: ServerPort): Promise<BoundClient<F>>;
  /** What a server would say now: the answer to a DISCOVER or SOLICIT, null when it stays silent. */
  discover(client: ClientOf<F>, server: ServerPort): Promise<MessageOf<F> | null>;
  /** The ACK, NAK or REPLY to a renewal as it passes a relay, null when the server stays silent. */
  renew(client: ClientOf<F>, bound: BoundClient<F>, server: ServerPort): Promise<MessageOf<F> | null>;
  /** A DHCPRELEASE is not answered: null once it was sent. The REPLY to a RELEASE, null when the server stays silent. */
  release(client: ClientOf<F>, bound: BoundClient<F>, server: ServerPort): Promise<MessageOf<F> | null>;
  close(): Promise<void>;
}

const messagesOf: { readonly [F in Family]: (address: string) => RelayMessages<F> } = {
  4: (address) => relayMessages4(parseIpv4(address)),
  6: (address) => relayMessages6(parseIpv6(address)),
};

/** Opens a socket on the relay's address, any free port; servers answer there by RFC 8357. */
export async function openSimulatedRelay<F extends Family = 4>(
  options: RelayOptions<F>,
): Promise<SimulatedRelay<F>> {
  const family = options.family ?? 4;
  const messages = messagesOf[family](options.address) as RelayMessages<F>;
  const socket = createSocket(`udp${family}`);
  socket.bind(0, options.address);
  await once(socket, 'listening');
  socket.setRecvBufferSize(4 * 1024 * 1024);
  const waiting = new Map<number, (answer: MessageOf<F>) => void>();
  socket.on('message', (bytes) => {
    const answer = messages.read(bytes);
    if (answer) waiting.get(answer.xid)?.(answer.message);
  });

  const ask = async (query: RelayedQuery, server: ServerPort): Promise<MessageOf<F> | null> => {
    for (let attempt = 0; attempt < (options.tries ?? 4); attempt++) {
      const answer = await askOnce(socket, waiting, query, server, options.timeout ?? 1_000);
      if (answer) return answer;
    }
    return null;
  };

  return {
    discover: (client, server) => ask(messages.discover(client), server),
    renew: (client, bound, server) => ask(messages.renew(client, bound), server),
    release(client, bound, server) {
      const query = messages.release(client, bound);
      return messages.answersRelease ? ask(query, server) : send(socket, query, server);
    },
    async bind(client, server) {
      const { discover, request } = messages.names;
      const started = performance.now();
      const offer = await ask(messages.discover(client), server);
      if (!offer) throw silence(discover, server);
      const offered = messages.leaseIn(client, offer);
      if (typeof offered === 'string')
        throw new FlotillaError('NO_ANSWER', `nothing was offered: ${offered}`);
      const ack = await ask(messages.request(client, offer), server);
      if (!ack) throw silence(request, server);
      const lease = messages.leaseIn(client, ack);
      if (typeof lease === 'string')
        throw new FlotillaError('NO_ANSWER', `offered and then refused: ${lease}`);
      return { ...lease, ack, elapsed: performance.now() - started };
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function send(socket: Socket, { bytes }: RelayedQuery, server: ServerPort): Promise<null> {
  return new Promise((resolve, reject) =>
    socket.send(bytes, server.port, server.address, (error) => (error ? reject(error) : resolve(null))),
  );
}

function askOnce<A>(
  socket: Socket,
  waiting: Map<number, (answer: A) => void>,
  { xid, bytes }: RelayedQuery,
  server: ServerPort,
  timeout: number,
): Promise<A | null> {
  return new Promise((resolve) => {
    const finish = (answer: A | null): void => {
      clearTimeout(timer);
      waiting.delete(xid);
      resolve(answer);
    };
    const timer = setTimeout(() => finish(null), timeout);
    waiting.set(xid, finish);
    // A refused port is the same as silence: the server may be starting.
    socket.send(bytes, server.port, server.address, () => undefined);
  });
}

function silence(what: string, server: ServerPort): FlotillaError {
  return new FlotillaError('NO_ANSWER', `no answer to a ${what} from ${server.address} port ${server.port}`);
}
