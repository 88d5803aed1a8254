// A requester of bulk leasequery for tests: one TCP connection, whose answers are taken one by one.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { messageType6 } from '../../src/wire/v6/message.ts';
import { TcpFrameReader, tcpFrame } from '../../src/wire/tcp-frames.ts';
import { read, type ClientSaid, type Said } from './leasequery6.ts';

export class BulkRequester {
  readonly socket: Socket;
  readonly #frames = new TcpFrameReader();
  readonly #said: Said[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#said.push(...this.#frames.push(bytes).map(read));
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<BulkRequester> {
    const socket = connect(port, '::1');
    await once(socket, 'connect', { signal: AbortSignal.timeout(patience) });
    return new BulkRequester(socket);
  }

  send(...queries: readonly Uint8Array[]): void {
    for (const query of queries) this.socket.write(tcpFrame(query));
  }

  /** Null: the server closed the connection. */
  async next(): Promise<Said | null> {
    const deadline = Date.now() + patience;
    while (this.#said.length === 0 && !this.#isClosed) {
      if (Date.now() > deadline) throw new Error('the server says nothing more');
      await new Promise<void>((wake) => {
        const timer = setTimeout(wake, 200);
        this.#wake = () => {
          clearTimeout(timer);
          wake();
        };
      });
    }
    return this.#said.shift() ?? null;
  }

  /** Everything up to the end of one answer. */
  async answer(): Promise<readonly Said[]> {
    const said: Said[] = [];
    for (;;) {
      const one = await this.next();
      if (!one) throw new Error('the connection was closed before the end of the answer');
      said.push(one);
      const isAll = one.type === messageType6.LEASEQUERY_REPLY && one.client === null;
      if (isAll || one.type === messageType6.LEASEQUERY_DONE) return said;
    }
  }

  async ask(query: Uint8Array): Promise<readonly Said[]> {
    this.send(query);
    return this.answer();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Milliseconds. */
const patience = 10_000;

export const clientsOf = (answer: readonly Said[]): readonly ClientSaid[] =>
  answer.map(({ client }) => client).filter((client) => client !== null);

/** One of ::1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '::1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
