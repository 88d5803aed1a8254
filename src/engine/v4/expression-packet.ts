// The view of a DHCPv4 transaction that client class expressions read.
import type { ExpressionPacket, HeaderField } from '../../expr/expression.ts';
import { option4, uint32Bytes } from './option-codes.ts';
import type { Transaction4 } from './transaction.ts';

/** Reads the transaction when asked, so it may be made before the query is decoded. */
export class ExpressionPacket4 implements ExpressionPacket {
  readonly family = 4;
  readonly #t: Transaction4;

  constructor(t: Transaction4) {
    this.#t = t;
  }

  option(code: number): Uint8Array | undefined {
    if (code === option4.agentInformation) return this.#t.agentBytes ?? undefined;
    return this.#t.query.options.get(code);
  }

  header(field: HeaderField): Uint8Array | undefined {
    return headerField(this.#t, field);
  }

  get iface(): string {
    return this.#t.datagram.iface;
  }

  get source(): Uint8Array {
    return uint32Bytes(this.#t.datagram.source);
  }

  get destination(): Uint8Array {
    return uint32Bytes(this.#t.datagram.destination);
  }

  get length(): number {
    return this.#t.datagram.bytes.length;
  }

  inClass(name: string): boolean {
    return this.#t.classes.has(name);
  }
}

function headerField({ query, type }: Transaction4, field: HeaderField): Uint8Array | undefined {
  switch (field) {
    case 'mac':
      return query.chaddr.length > 0 ? query.chaddr : undefined;
    case 'hlen':
      return uint32Bytes(query.chaddr.length);
    case 'htype':
      return uint32Bytes(query.htype);
    case 'msgtype':
      return uint32Bytes(type);
    case 'transid':
      return uint32Bytes(query.xid);
    case 'ciaddr':
    case 'giaddr':
    case 'yiaddr':
    case 'siaddr':
      return uint32Bytes(query[field]);
  }
}
