// struct sockaddr_in as the kernel has it: family in the machine's own byte order, port and address in the network's.
import { linux } from './libc.ts';

export const socketAddressSize4 = 16;

/** The address is an unsigned 32-bit number. */
export function writeSocketAddress4(bytes: Buffer, offset: number, address: number, port: number): void {
  bytes.set(family, offset);
  bytes.writeUInt16BE(port, offset + 2);
  bytes.writeUInt32BE(address, offset + 4);
}

export function readSocketAddress4(
  bytes: Buffer,
  offset: number,
): { readonly address: number; readonly port: number } {
  return { address: bytes.readUInt32BE(offset + 4), port: bytes.readUInt16BE(offset + 2) };
}

const family = new Uint8Array(Uint16Array.of(linux.AF_INET).buffer);
