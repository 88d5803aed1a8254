// The fixed fields of a reply that are copied from the query or follow from its kind (RFC 2131 table 3).
import { messageType4, type Message4 } from '../../wire/v4/message.ts';
import { option4 } from './option-codes.ts';
import type { Transaction4 } from './transaction.ts';

/** Without boot fields, and with no option but the message type. */
export function replyHeader(t: Transaction4, yiaddr: number): Message4 {
  const { query } = t;
  const answer = t.answer || (t.type === messageType4.DISCOVER ? messageType4.OFFER : messageType4.ACK);
  return {
    op: 2,
    htype: query.htype,
    hops: query.hops,
    xid: query.xid,
    secs: 0,
    flags: query.flags,
    ciaddr: answer === messageType4.ACK ? query.ciaddr : 0,
    yiaddr,
    siaddr: 0,
    giaddr: query.giaddr,
    chaddr: query.chaddr,
    sname: noBytes,
    file: noBytes,
    options: new Map([[option4.messageType, Uint8Array.of(answer)]]),
  };
}

const noBytes = new Uint8Array(0);
