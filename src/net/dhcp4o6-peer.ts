// The way to the daemon of the other family on this machine, for DHCPv4 over DHCPv6 (`dhcp4o6-port`): datagrams over ::1.
import { createSocket, type Socket } from 'node:dgram';
import type { Family } from '../addr/family.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { decodeEnveloped4o6, encodeEnveloped4o6, type Enveloped4o6 } from '../wire/v6/dhcp4o6-envelope.ts';

export interface Dhcp4o6PeerDeps {
  readonly log: Logger;
  /** A datagram came that is none of the other daemon's, or cannot be read. */
  readonly onBad: () => void;
  readonly onSendFailure: () => void;
}

/** The DHCPv6 daemon has the port `dhcp4o6-port`, the DHCPv4 daemon the one above it, as with Kea. */
export class Dhcp4o6Peer {
  readonly #family: Family;
  readonly #deps: Dhcp4o6PeerDeps;
  #handler: (packet: Enveloped4o6) => void = () => undefined;
  #socket: Socket | null = null;
  #port = 0;
  /** Ports are changed one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: { readonly family: Family }, deps: Dhcp4o6PeerDeps) {
    this.#family = options.family;
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#socket !== null;
  }

  /** The handler must not throw. */
  listen(handler: (packet: Enveloped4o6) => void): void {
    this.#handler = handler;
  }

  /**
   * `dhcp4o6-port`; 0 is off. Never rejects: a port that cannot be had is logged, the server serves its other clients,
   * and the next call tries again.
   */
  use(port: number): Promise<void> {
    this.#turn = this.#turn.then(() => this.#change(port));
    return this.#turn;
  }

  close(): Promise<void> {
    return this.use(0);
  }

  /** Failures go to the log and to `onSendFailure`. */
  send(packet: Enveloped4o6): void {
    const failed = (error: unknown): void => {
      this.#deps.onSendFailure();
      const id = this.#family === 6 ? 'DHCP6_DHCP4O6_SEND_FAIL' : 'DHCP4_DHCP4O6_PACKET_SEND_FAIL';
      this.#deps.log.warn(
        id,
        `not passed on to the DHCPv${this.#family === 6 ? 4 : 6} server: ${messageOf(error)}`,
      );
    };
    if (!this.#socket) {
      failed('dhcp4o6-port is not open');
      return;
    }
    try {
      this.#socket.send(encodeEnveloped4o6(packet), this.#peerPort, loopback, (error) => {
        if (error) failed(error);
      });
    } catch (error) {
      failed(error);
    }
  }

  get #ownPort(): number {
    return this.#family === 6 ? this.#port : this.#port + 1;
  }
  get #peerPort(): number {
    return this.#family === 6 ? this.#port + 1 : this.#port;
  }

  async #change(port: number): Promise<void> {
    if (port === this.#port && (this.#socket !== null || port === 0)) return;
    const old = this.#socket;
    this.#socket = null;
    this.#port = port;
    if (old) await new Promise<void>((resolve) => old.close(() => resolve()));
    if (port === 0) return;
    try {
      this.#socket = await this.#open();
      this.#deps.log.info('FLOTILLA_DHCP4O6_OPEN', `DHCPv4 over DHCPv6: ::1 port ${this.#ownPort}`);
    } catch (error) {
      this.#deps.log.error(
        `DHCP${this.#family}_SRV_DHCP4O6_ERROR`,
        `DHCPv4 over DHCPv6 is not served, ::1 port ${this.#ownPort}: ${messageOf(error)}`,
      );
    }
  }

  #open(): Promise<Socket> {
    // Two daemons with one port would share what comes: this one is nobody else's.
    const socket = createSocket({ type: 'udp6', ipv6Only: true, reuseAddr: false });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ address: loopback, port: this.#ownPort, exclusive: true }, () => {
        socket.removeAllListeners('error');
        socket.on('error', (error) =>
          this.#deps.log.error(`DHCP${this.#family}_DHCP4O6_RECEIVE_FAIL`, messageOf(error)),
        );
        socket.on('message', (bytes, from) => this.#receive(bytes, from.address, from.port));
        resolve(socket);
      });
    });
  }

  #receive(bytes: Uint8Array, address: string, port: number): void {
    let packet: Enveloped4o6;
    try {
      if (address !== loopback || port !== this.#peerPort)
        throw new Error(`it is from ${address} port ${port}, not from ${this.#peerPort}`);
      packet = decodeEnveloped4o6(bytes);
    } catch (error) {
      this.refuse(messageOf(error));
      return;
    }
    this.#handler(packet);
  }

  /** Counts what came and is of no use. */
  refuse(why: string): void {
    this.#deps.onBad();
    this.#deps.log.debug('DHCPSRV_DHCP4O6_RECEIVED_BAD_PACKET', why);
  }
}

const loopback = '::1';
