// Where requesters connect for bulk leasequery (RFC 5460 §7.1): who may, and how many.
import { createServer, type Server, type Socket } from 'node:net';
import { formatIpv6, tryParseIpv6 } from '../../addr/ipv6.ts';
import { FlotillaError, messageOf } from '../../errors.ts';
import { BulkConnection } from './bulk-connection.ts';
import type { BulkParameters } from './parameters.ts';
import type { LeaseQueryService } from './service.ts';

export interface BulkListenerDeps {
  readonly service: LeaseQueryService;
  readonly parameters: BulkParameters;
}

export class BulkListener {
  readonly #deps: BulkListenerDeps;
  readonly #connections = new Set<BulkConnection>();
  #server: Server | null = null;
  #retry: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(deps: BulkListenerDeps) {
    this.#deps = deps;
  }

  /**
   * Listens, unless it does so already. With `patiently` a port that is taken is no error: it is tried again until it is
   * free, as when another instance of the library is about to leave. Rejects with SOCKET_OPEN.
   */
  async start(patiently: boolean): Promise<void> {
    if (this.#server || this.#retry || this.#isClosed) return;
    const { address, port } = this.#deps.parameters;
    const server = createServer((socket) => this.#accept(socket));
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: address, port, ipv6Only: true }, resolve);
      });
    } catch (error) {
      if (patiently && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') return this.#tryAgain(error);
      throw new FlotillaError(
        'SOCKET_OPEN',
        `bulk leasequery on ${address} port ${port}: ${messageOf(error)}`,
      );
    }
    server.on('error', (error) => this.#fail(error));
    this.#server = server;
    // Closed while it opened.
    if (this.#isClosed) server.close();
  }

  /** Queries under way end with a status, connections are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#retry) clearTimeout(this.#retry);
    this.#server?.close();
    await Promise.all(Array.from(this.#connections, (connection) => connection.end()));
  }

  #tryAgain(error: unknown, tries = 0): void {
    if (tries === silentTries) this.#fail(error);
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.start(false).catch((again: unknown) => {
        if (!this.#isClosed) this.#tryAgain(again, tries + 1);
      });
    }, retryAfter);
  }

  #accept(socket: Socket): void {
    const requester = tryParseIpv6((socket.remoteAddress ?? '').replace(/%.*/, ''));
    const reason = requester === undefined ? 'its address is unknown' : this.#reasonToReject(requester);
    if (reason !== null) {
      const fields = { requester: socket.remoteAddress ?? '' };
      this.#log.warn('BULK_LEASE_QUERY_REJECTED_CONNECTION', `a connection is refused: ${reason}`, fields);
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const connection = new BulkConnection(socket, requester!, this.#deps);
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
  }

  #reasonToReject(requester: bigint): string | null {
    const { service, parameters } = this.#deps;
    if (!service.parameters.isRequester(requester)) return `${formatIpv6(requester)} is not a requester`;
    const left = parameters.maxConnections - this.#connections.size;
    if (left <= 0) return 'there are too many connections';
    // One requester cannot shut the others out.
    const isKnown = [...this.#connections].some((connection) => connection.requester === requester);
    return isKnown && left === 1 ? 'the last free connection is kept for another requester' : null;
  }

  #fail(error: unknown): void {
    this.#log.error('BULK_LEASE_QUERY_LISTENER_START_FAILED', messageOf(error));
  }

  get #log() {
    return this.#deps.service.handle.log;
  }
}

/** Milliseconds. */
const retryAfter = 100;
/** Times that a port may be taken before that is said: the instance before this one has that long to leave. */
const silentTries = 50;
