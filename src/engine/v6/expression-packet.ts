// The view of a DHCPv6 transaction that client class expressions read.
import { ipv6Bytes } from '../../addr/ipv6.ts';
import type { ExpressionPacket, HeaderField } from '../../expr/expression.ts';
import { putUint32 } from '../../wire/big-endian.ts';
import type { Transaction6 } from './transaction.ts';

/** Reads the transaction when asked, so it may be made before the query is decoded. */
export class ExpressionPacket6 implements ExpressionPacket {
  readonly family = 6;
  readonly #t: Transaction6;

  constructor(t: Transaction6) {
    this.#t = t;
  }

  option(code: number): Uint8Array | undefined {
    return this.#t.query.options.get(code);
  }

  header(field: HeaderField): Uint8Array | undefined {
    if (field === 'msgtype') return uint32Bytes(this.#t.type);
    if (field === 'transid') return uint32Bytes(this.#t.query.transactionId);
    return undefined;
  }

  get iface(): string {
    return this.#t.datagram.iface;
  }

  get source(): Uint8Array {
    return ipv6Bytes(this.#t.datagram.source);
  }

  get destination(): Uint8Array {
    return ipv6Bytes(this.#t.datagram.destination);
  }

  get length(): number {
    return this.#t.datagram.bytes.length;
  }

  inClass(name: string): boolean {
    return this.#t.classes.has(name);
  }

  /** 0 is next to the server, -1 next to the client. */
  relay6(level: number) {
    const relay = this.#t.relays.at(level);
    return (
      relay && {
        option: (code: number) => relay.options.get(code),
        peer: ipv6Bytes(relay.peerAddress),
        link: ipv6Bytes(relay.linkAddress),
      }
    );
  }
}

function uint32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  putUint32(bytes, 0, value);
  return bytes;
}
