// IPv4 and UDP headers around a payload, for delivery by link-layer address (RFC 791, RFC 768).

const ipHeaderLength = 20;
const udpHeaderLength = 8;

/** An IPv4 packet with a UDP datagram inside, checksums set. Addresses are unsigned 32-bit numbers. */
export function ipv4UdpPacket(
  payload: Uint8Array,
  from: { readonly address: number; readonly port: number },
  to: { readonly address: number; readonly port: number },
): Uint8Array {
  const udpLength = udpHeaderLength + payload.length;
  const packet = Buffer.alloc(ipHeaderLength + udpLength);
  packet[0] = 0x45;
  packet[1] = 0x10; // low delay, as DHCP servers traditionally set
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 128;
  packet[9] = 17;
  packet.writeUInt32BE(from.address, 12);
  packet.writeUInt32BE(to.address, 16);
  packet.writeUInt16BE(onesComplement(sum(packet, 0, ipHeaderLength)), 10);

  packet.writeUInt16BE(from.port, 20);
  packet.writeUInt16BE(to.port, 22);
  packet.writeUInt16BE(udpLength, 24);
  packet.set(payload, ipHeaderLength + udpHeaderLength);
  const pseudoHeader = sum(packet, 12, 20) + 17 + udpLength;
  const checksum = onesComplement(pseudoHeader + sum(packet, ipHeaderLength, packet.length));
  packet.writeUInt16BE(checksum === 0 ? 0xffff : checksum, 26); // RFC 768: zero means "no checksum"
  return packet;
}

function sum(bytes: Buffer, start: number, end: number): number {
  let total = 0;
  for (let i = start; i + 1 < end; i += 2) total += bytes.readUInt16BE(i);
  if ((end - start) % 2 === 1) total += bytes[end - 1]! << 8;
  return total;
}

function onesComplement(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}
