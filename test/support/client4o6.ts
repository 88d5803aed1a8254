// A client of DHCPv4 over DHCPv6 (RFC 7341) on ::1: what it sends, and what comes back to its port.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decodeMessage4 } from '../../src/wire/v4/codec.ts';
import type { Message4 } from '../../src/wire/v4/message.ts';
import { decodePacket6 } from '../../src/wire/v6/codec.ts';
import { decodeDhcp4o6 } from '../../src/wire/v6/dhcp4o6.ts';
import { messageType6, type Packet6 } from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import type { TestPacket4 } from './packets4.ts';
import { messageOf, withOption, withoutOption, withTransactionId, type PacketPart6 } from './packets6.ts';

export interface Answer4o6 {
  readonly packet: Packet6;
  readonly message: Message4;
}

export interface Client4o6 {
  readonly port: number;
  /** Resolves with the answer, or null when there is none for `timeout` ms. */
  ask(bytes: Uint8Array, timeout?: number): Promise<Answer4o6 | null>;
  close(): void;
}

const unicastFlag = 0x800000;

/** DHCPV4-QUERY around the message; the U flag (RFC 7341 §6.3) with `isUnicast`. */
export function query4o6(
  inner: TestPacket4,
  isUnicast = false,
  ...parts: readonly PacketPart6[]
): Uint8Array {
  return messageOf(messageType6.DHCPV4_QUERY)(
    withoutOption(option6.clientId),
    withTransactionId(isUnicast ? unicastFlag : 0),
    withOption(option6.dhcpv4Message, inner.bytes),
    ...parts,
  ).bytes;
}

/** `port`: where the server answers clients. */
export async function openClient4o6(port: number, serverPort: number): Promise<Client4o6> {
  const socket = createSocket({ type: 'udp6', ipv6Only: true });
  socket.bind(port, '::1');
  await once(socket, 'listening');
  return {
    port,
    async ask(bytes, timeout = 5_000) {
      const signal = AbortSignal.timeout(timeout);
      const answer = once(socket, 'message', { signal }).catch(() => null);
      socket.send(bytes, serverPort, '::1');
      const [received] = ((await answer) ?? []) as [Buffer?];
      if (!received) return null;
      const packet = decodePacket6(received);
      return { packet, message: decodeMessage4(decodeDhcp4o6(packet.message).bytes) };
    },
    close: () => void socket.close(),
  };
}
