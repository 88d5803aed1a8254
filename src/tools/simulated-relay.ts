// Clients behind a relay, simulated over real UDP sockets: for demonstrations, load and checks. Needs no root.
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { formatIpv4, ipv4Bytes, parseIpv4 } from '../addr/ipv4.ts';
import { FlotillaError } from '../errors.ts';
import { decodeMessage4, encodeMessage4 } from '../wire/v4/codec.ts';
import { emptyMessage4, messageType4, type Message4 } from '../wire/v4/message.ts';
import { encodeSuboptions4 } from '../wire/v4/suboptions.ts';

export interface RelayOptions {
  /** Address the relay sends from and writes into giaddr. */
  readonly address: string;
  /** Milliseconds to wait for an answer before it is asked again, and how often it is asked in all. */
  readonly timeout?: number;
  readonly tries?: number;
}

export interface ServerPort {
  readonly address: string;
  readonly port: number;
}

export interface SimulatedClient {
  readonly hwaddr: Uint8Array;
  /** Option 55. */
  readonly requestedOptions?: readonly number[];
  /** More options of its own, e.g. 60 or 61. */
  readonly options?: ReadonlyMap<number, Uint8Array>;
  /** What the relay adds to option 82: circuit-id, link-selection, … */
  readonly agent?: ReadonlyMap<number, Uint8Array>;
}

export interface BoundClient {
  readonly address: number;
  readonly ack: Message4;
  /** Milliseconds from DISCOVER to ACK. */
  readonly elapsed: number;
}

export interface SimulatedRelay {
  /** DISCOVER, OFFER, REQUEST, ACK. Rejects with NO_ANSWER when nobody answers, or when what was offered is then refused. */
  bind(client: SimulatedClient, server: ServerPort): Promise<BoundClient>;
  /** What a server would say now: the OFFER to a DISCOVER, null when it stays silent. */
  discover(client: SimulatedClient, server: ServerPort): Promise<Message4 | null>;
  /** REBINDING, the way renewal takes through a relay: the ACK or NAK, null when the server stays silent. */
  renew(client: SimulatedClient, address: number, server: ServerPort): Promise<Message4 | null>;
  /** DHCPRELEASE, which nobody answers: resolves once it was sent. */
  release(client: SimulatedClient, bound: BoundClient, server: ServerPort): Promise<void>;
  close(): Promise<void>;
}

/** Opens a socket on the relay's address, any free port; servers answer there by RFC 8357. */
export async function openSimulatedRelay(options: RelayOptions): Promise<SimulatedRelay> {
  const socket = createSocket('udp4');
  socket.bind(0, options.address);
  await once(socket, 'listening');
  socket.setRecvBufferSize(4 * 1024 * 1024);
  const waiting = new Map<number, (answer: Message4) => void>();
  socket.on('message', (bytes) => {
    const answer = readAnswer(bytes);
    if (answer) waiting.get(answer.xid)?.(answer);
  });

  const ask = async (query: Message4, server: ServerPort): Promise<Message4 | null> => {
    const bytes = encodeMessage4(query);
    for (let attempt = 0; attempt < (options.tries ?? 4); attempt++) {
      const answer = await askOnce(socket, waiting, query.xid, bytes, server, options.timeout ?? 1_000);
      if (answer) return answer;
    }
    return null;
  };
  const giaddr = parseIpv4(options.address);

  return {
    renew: (client, address, server) =>
      ask({ ...message(client, giaddr, messageType4.REQUEST), ciaddr: address }, server),
    release(client, { address, ack }, server) {
      const release = message(client, giaddr, messageType4.RELEASE, [
        [54, ack.options.get(54) ?? new Uint8Array()],
      ]);
      const bytes = encodeMessage4({ ...release, ciaddr: address });
      return new Promise((resolve, reject) =>
        socket.send(bytes, server.port, server.address, (error) => (error ? reject(error) : resolve())),
      );
    },
    discover: (client, server) => ask(message(client, giaddr, messageType4.DISCOVER), server),
    async bind(client, server) {
      const started = performance.now();
      const offer = await ask(message(client, giaddr, messageType4.DISCOVER), server);
      if (!offer) throw silence('DISCOVER', server);
      const request = message(client, giaddr, messageType4.REQUEST, [
        [50, ipv4Bytes(offer.yiaddr)],
        [54, offer.options.get(54) ?? new Uint8Array()],
      ]);
      const ack = await ask(request, server);
      if (!ack) throw silence('REQUEST', server);
      if (ack.options.get(53)?.[0] !== messageType4.ACK) {
        throw new FlotillaError('NO_ANSWER', `${formatIpv4(offer.yiaddr)} was offered and then refused`);
      }
      return { address: ack.yiaddr, ack, elapsed: performance.now() - started };
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function askOnce(
  socket: Socket,
  waiting: Map<number, (answer: Message4) => void>,
  xid: number,
  bytes: Uint8Array,
  server: ServerPort,
  timeout: number,
): Promise<Message4 | null> {
  return new Promise((resolve) => {
    const finish = (answer: Message4 | null): void => {
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

function message(
  client: SimulatedClient,
  giaddr: number,
  type: number,
  more: readonly (readonly [number, Uint8Array])[] = [],
): Message4 {
  // RFC 8357: answer to the port that this came from.
  const agent = encodeSuboptions4(new Map([...(client.agent ?? []), [19, new Uint8Array()]]));
  return {
    ...emptyMessage4(),
    op: 1,
    htype: 1,
    hops: 1,
    xid: randomInt(0x1_0000_0000),
    giaddr,
    chaddr: client.hwaddr,
    options: new Map([
      [53, Uint8Array.of(type)],
      [55, Uint8Array.from(client.requestedOptions ?? [1, 3, 6, 15, 51])],
      ...(client.options ?? []),
      ...more,
      [82, agent],
    ]),
  };
}

function readAnswer(bytes: Uint8Array): Message4 | undefined {
  try {
    return decodeMessage4(bytes);
  } catch {
    return undefined; // not an answer to any of ours
  }
}

function silence(what: string, server: ServerPort): FlotillaError {
  return new FlotillaError('NO_ANSWER', `no answer to a ${what} from ${server.address} port ${server.port}`);
}
