// Numbers as this machine has them in memory: what kernel structures want.

/** For the DataView calls that take the byte order. */
export const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Writers in the machine's own byte order, as kernel structures want. */
export function hostOrder(buffer: Buffer): {
  writeUInt16(value: number, offset: number): void;
  writeUInt32(value: number, offset: number): void;
} {
  return {
    writeUInt16: (value, offset) =>
      void (isLittleEndian ? buffer.writeUInt16LE(value, offset) : buffer.writeUInt16BE(value, offset)),
    writeUInt32: (value, offset) =>
      void (isLittleEndian ? buffer.writeUInt32LE(value, offset) : buffer.writeUInt32BE(value, offset)),
  };
}
