// Who sent a datagram, read from the raw bytes without decoding: the queue's "one at a time per client" needs no more.

/** Client identifier (option 61), else hardware type and address; '' when the bytes name nobody. */
export function clientKeyOf(bytes: Uint8Array): string {
  if (bytes.length < headerSize) return '';
  let offset = optionsStart;
  while (offset + 1 < bytes.length) {
    const code = bytes[offset]!;
    if (code === optionEnd) break;
    if (code === optionPad) {
      offset++;
      continue;
    }
    const end = offset + 2 + bytes[offset + 1]!;
    if (end > bytes.length) break;
    if (code === optionClientIdentifier) return `c${latin1(bytes.subarray(offset + 2, end))}`;
    offset = end;
  }
  const length = Math.min(bytes[2]!, 16);
  return length === 0 ? '' : `h${bytes[1]!}/${latin1(bytes.subarray(chaddrStart, chaddrStart + length))}`;
}

const headerSize = 236;
const optionsStart = 240;
const chaddrStart = 28;
const optionPad = 0;
const optionEnd = 255;
const optionClientIdentifier = 61;

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
