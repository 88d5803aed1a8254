// Big-endian numbers at a known place: for fixed headers whose length is already checked.

export function uint16At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function uint24At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

export function uint32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function putUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function putUint24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 16;
  putUint16(bytes, at + 1, value);
}

export function putUint32(bytes: Uint8Array, at: number, value: number): void {
  putUint16(bytes, at, value >>> 16);
  putUint16(bytes, at + 2, value);
}

/** For addresses of 128 bits. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
