// The UNIX control socket: one JSON command in, one JSON answer out, then the connection closes. Contract: Kea's.
import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FlotillaError, messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { answerText } from './answer-text.ts';
import { commandResult, type CommandAnswer, type CommandRegistry } from './command.ts';
import { RequestScanner } from './request-scanner.ts';

export interface UnixChannelOptions {
  readonly path: string;
  /** Permissions of the socket file. */
  readonly mode?: number;
  /** Milliseconds a client has to send its command, and then to take its answer. */
  readonly timeout?: number;
  readonly maxRequestBytes?: number;
  readonly maxConnections?: number;
}

export interface UnixChannelDeps {
  readonly registry: Pick<CommandRegistry, 'execute'>;
  readonly log: Logger;
}

export interface UnixChannel {
  readonly path: string;
  /** Refuses new clients, answers the commands that are running (for up to two seconds), removes the file. */
  close(): Promise<void>;
}

/** Rejects with SOCKET_OPEN when the path is too long, in use, or not a socket. A file left by a dead server is replaced. */
export async function openUnixChannel(
  options: UnixChannelOptions,
  deps: UnixChannelDeps,
): Promise<UnixChannel> {
  const { path } = options;
  const mode = options.mode ?? 0o660;
  // sun_path holds 108 bytes with its closing NUL.
  if (Buffer.byteLength(path) > 107) throw refused(path, 'the path is longer than 107 bytes');
  await removeStaleFile(path);

  const connections = new Set<Connection>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new Connection(socket, options, deps, () => connections.delete(connection));
    connections.add(connection);
  });
  server.maxConnections = options.maxConnections ?? 128;
  await listen(server, path, mode);
  server.on('error', (error) =>
    deps.log.error('COMMAND_SOCKET_ACCEPT_FAIL', `control socket ${path}: ${messageOf(error)}`),
  );
  deps.log.info('COMMAND_ACCEPTOR_START', `listening for commands on ${path}`, { socket: path });

  return {
    path,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.finish();
      const cutOff = setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, closingGrace);
      await closed;
      clearTimeout(cutOff);
    },
  };
}

const closingGrace = 2000;

/** One client: receives a command, waits for its answer, sends it. */
class Connection {
  readonly #socket: Socket;
  readonly #deps: UnixChannelDeps;
  readonly #scanner: RequestScanner;
  #isReceiving = true;

  constructor(socket: Socket, options: UnixChannelOptions, deps: UnixChannelDeps, onClosed: () => void) {
    this.#socket = socket;
    this.#deps = deps;
    this.#scanner = new RequestScanner({ maxBytes: options.maxRequestBytes ?? 64 * 1024 * 1024 });
    const timeout = options.timeout ?? 10_000;
    // From the first moment, not since the last byte: a client that trickles cannot hold the connection.
    const deadline = setTimeout(() => this.#timedOut(), timeout);
    socket.setTimeout(timeout, () => {
      if (socket.writableLength > 0) socket.destroy(); // It no longer takes its answer.
    });
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('end', () => this.#ended());
    socket.on('error', (error) =>
      deps.log.debug('COMMAND_SOCKET_READ_FAIL', `control client: ${messageOf(error)}`),
    );
    socket.on('close', () => {
      clearTimeout(deadline);
      onClosed();
    });
  }

  /** Ends an idle connection; one with a command in work ends after its answer. */
  finish(): void {
    if (this.#isReceiving) this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    if (!this.#isReceiving) return;
    try {
      if (!this.#scanner.feed(chunk)) return;
      this.#isReceiving = false;
      const request = this.#scanner.request();
      void this.#deps.registry.execute(request).then(
        (answer) => this.#send(answer),
        (error: unknown) => this.#refuse(messageOf(error)),
      );
    } catch (error) {
      this.#refuse(error instanceof FlotillaError ? error.message : messageOf(error));
    }
  }

  #ended(): void {
    if (!this.#isReceiving) return;
    if (this.#scanner.length === 0) this.#socket.destroy();
    else this.#refuse(`the command ends after ${this.#scanner.length} bytes in the middle of its JSON`);
  }

  #timedOut(): void {
    if (!this.#isReceiving) return;
    const { length } = this.#scanner;
    this.#deps.log.info('COMMAND_SOCKET_CONNECTION_TIMEOUT', 'a client did not send a whole command in time');
    this.#refuse(
      `Connection over control channel timed out${length > 0 ? `, discarded partial command of ${length} bytes` : ''}`,
    );
  }

  #refuse(text: string): void {
    this.#send({ result: commandResult.error, text });
  }

  #send(answer: CommandAnswer): void {
    this.#isReceiving = false;
    if (this.#socket.destroyed) return;
    let text: string;
    try {
      text = answerText(answer);
    } catch (error) {
      text = answerText({ result: commandResult.error, text: messageOf(error) });
    }
    // Whatever else the client sends is read and forgotten until both sides have closed.
    this.#socket.end(text, () => setImmediate(() => this.#socket.destroySoon()));
    this.#socket.resume();
  }
}

async function listen(server: Server, path: string, mode: number): Promise<void> {
  // The file is made inside listen(): with this mask nobody else can connect before chmod below.
  const mask = process.umask(0o777 & ~mode);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
      process.umask(mask);
    });
    await chmod(path, mode);
  } catch (error) {
    process.umask(mask);
    throw refused(path, messageOf(error), error);
  }
}

async function removeStaleFile(path: string): Promise<void> {
  const entry = await lstat(path).catch(() => null);
  if (!entry) return;
  if (!entry.isSocket()) throw refused(path, 'the path exists and is not a socket');
  const isAnswered = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
  if (isAnswered) throw refused(path, 'another process is using this socket');
  await unlink(path).catch((error: unknown) => {
    throw refused(path, messageOf(error), error);
  });
}

function refused(path: string, reason: string, cause?: unknown): FlotillaError {
  return new FlotillaError('SOCKET_OPEN', `cannot open the control socket ${path}: ${reason}`, {}, { cause });
}
