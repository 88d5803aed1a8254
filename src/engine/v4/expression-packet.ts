// The view of a DHCPv4 transaction that client class expressions read.
import type { ExpressionPacket, HeaderField } from '../../expr/expression.ts';
import type { InboundDatagram } from '../../net/transport.ts';
import { option4, uint32Bytes } from './option-codes.ts';
import type { Transaction4 } from './transaction.ts';

/** Reads the transaction when asked, so it may be made before the query is decoded. */
export function expressionPacket4(datagram: InboundDatagram, of: () => Transaction4): ExpressionPacket {
  return {
    family: 4,
    option: (code) => {
      const t = of();
      if (code === option4.agentInformation) return t.agentBytes ?? undefined;
      return t.query.options.get(code);
    },
    header: (field) => headerField(of(), field),
    iface: datagram.iface,
    get source() {
      return uint32Bytes(datagram.source);
    },
    get destination() {
      return uint32Bytes(datagram.destination);
    },
    length: datagram.bytes.length,
    inClass: (name) => of().classes.has(name),
  };
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
