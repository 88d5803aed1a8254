// The messages that answer a LEASEQUERY (RFC 5007 §4.4.2, RFC 5460 §5.2).
import { encodePacket6 } from '../../wire/v6/codec.ts';
import { messageType6, type Message6, type MessageType6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { Options6 } from '../../wire/v6/options.ts';
import { encodeStatus6, statusCode6, type Status6 } from '../../wire/v6/status.ts';

export const success = (message: string): Status6 => ({ code: statusCode6.Success, message });
/** RFC 5460 §5.4. */
export const terminated = (message: string): Status6 => ({ code: statusCode6.QueryTerminated, message });
export const nothingFound = success('no active lease');
export const somethingFound = success('active leases');

/** LEASEQUERY-REPLY. `data`: what it says beside who asked, who answers, and how it went. */
export function replyTo(
  query: Message6,
  serverDuid: Uint8Array,
  status: Status6,
  data: Options6 = new Options6(),
): Message6 {
  const options = new Options6()
    .add(option6.clientId, query.options.get(option6.clientId)!)
    .add(option6.serverId, serverDuid)
    .add(option6.statusCode, encodeStatus6(status));
  for (const [code, value] of data) options.add(code, value);
  return messageFor(query, messageType6.LEASEQUERY_REPLY, options);
}

/** LEASEQUERY-DATA: one more client. */
export const dataFor = (query: Message6, data: Options6): Message6 =>
  messageFor(query, messageType6.LEASEQUERY_DATA, data);

/** LEASEQUERY-DONE: with a status when it ended too early. */
export function doneWith(query: Message6, status: Status6 | null): Message6 {
  const options = new Options6();
  if (status) options.add(option6.statusCode, encodeStatus6(status));
  return messageFor(query, messageType6.LEASEQUERY_DONE, options);
}

export const clientData = (data: Options6): Options6 => new Options6().add(option6.clientData, data.encode());

export const bytesOf = (message: Message6): Uint8Array => encodePacket6({ relays: [], message });

const messageFor = ({ transactionId }: Message6, type: MessageType6, options: Options6): Message6 => ({
  type,
  transactionId,
  options,
});
