// Domain names as labels on the wire (RFC 1035 §3.1, compression §4.1.4) and as text (escapes of §5.1).
import { WireError, type Reader, type Writer } from './cursor.ts';

/**
 * Writes `www.example.com` with its closing zero label. A final dot changes nothing; `.` is the root. `\.` and `\DDD`
 * are label bytes. Returns what is wrong, `undefined` when written.
 */
export function writeDomainName(writer: Writer, text: string): string | undefined {
  const labels = labelsOf(text);
  if (typeof labels === 'string') return labels;
  writeLabels(writer, labels);
  writer.uint8(0);
  return undefined;
}

/** Like {@link writeDomainName} without the closing zero label unless the text ends in a dot (RFC 4702 §2.3.1). */
export function writePartialDomainName(writer: Writer, text: string): string | undefined {
  if (text === '') return undefined;
  const labels = labelsOf(text);
  if (typeof labels === 'string') return labels;
  writeLabels(writer, labels);
  if (endsInDot(text)) writer.uint8(0);
  return undefined;
}

/**
 * Reads one name and returns it with its final dot; a name that the end of the bytes cuts off between labels is a
 * partial one and has none. Compression pointers (RFC 3397 §2) may point to earlier bytes of the same reader.
 * Throws WireError.
 */
export function readDomainName(reader: Reader): string {
  const { bytes } = reader;
  let text = '';
  let length = 0;
  let offset = reader.offset;
  let end = -1;
  let limit = offset;
  while (offset < bytes.length) {
    const size = bytes[offset++]!;
    if (size === 0) {
      reader.offset = end < 0 ? offset : end;
      return text === '' ? '.' : text;
    }
    if (size >= 0xc0) {
      if (offset >= bytes.length) throw malformed('a compression pointer is cut off');
      const target = ((size & 0x3f) << 8) | bytes[offset++]!;
      if (end < 0) end = offset;
      // Each jump must go further back than the last one, so there is no loop.
      if (target >= limit) throw malformed('a compression pointer does not point backwards');
      offset = limit = target;
      continue;
    }
    if (size > 63) throw malformed(`a label has the reserved length byte ${size}`);
    if (offset + size > bytes.length) throw malformed('a label runs past the end');
    length += size + 1;
    if (length > 254) throw malformed('a name is longer than 255 bytes');
    for (const byte of bytes.subarray(offset, offset + size)) text += labelText[byte]!;
    text += '.';
    offset += size;
  }
  if (end >= 0) throw malformed('a compression pointer leads to a name without an end');
  reader.offset = offset;
  return text.slice(0, -1);
}

/**
 * The rest of the reader as one name, the inverse of {@link writePartialDomainName}; the root and no bytes are ''. `what`
 * names the option for the error. Throws WireError.
 */
export function readPartialDomainName(reader: Reader, what: string): string {
  if (reader.remaining === 0) return '';
  const name = readDomainName(reader);
  if (reader.remaining > 0) throw malformed(`${what} has bytes behind its name`);
  return name === '.' ? '' : name;
}

function malformed(message: string): WireError {
  return new WireError('WIRE_MALFORMED', 'option-value', message);
}

function writeLabels(writer: Writer, labels: readonly Uint8Array[]): void {
  for (const label of labels) writer.uint8(label.length).bytes(label);
}

/** The labels of a name, or what is wrong with it. */
function labelsOf(text: string): Uint8Array[] | string {
  if (text === '.') return [];
  if (text === '') return 'a domain name must not be empty';
  const labels: Uint8Array[] = [];
  let label: number[] = [];
  const source = Buffer.from(text, 'utf8');
  for (let i = 0; i < source.length; i++) {
    const byte = source[i]!;
    if (byte === backslash) {
      const escape = /^(\d{3}|\D)/s.exec(source.toString('latin1', i + 1, i + 4))?.[1];
      const value = escape?.length === 3 ? Number(escape) : escape?.charCodeAt(0);
      if (escape === undefined || value === undefined || value > 255) return 'an escape is not \\. or \\DDD';
      label.push(value);
      i += escape.length;
    } else if (byte === dot) {
      labels.push(Uint8Array.from(label));
      label = [];
    } else {
      label.push(byte);
    }
  }
  if (label.length > 0) labels.push(Uint8Array.from(label));
  if (labels.some(({ length }) => length === 0)) return 'a label is empty';
  if (labels.some(({ length }) => length > 63)) return 'a label is longer than 63 bytes';
  const length = labels.reduce((sum, part) => sum + part.length + 1, 1);
  return length > 255 ? 'a name is longer than 255 bytes' : labels;
}

function endsInDot(text: string): boolean {
  return /(^|[^\\])(\\\\)*\.$/.test(text);
}

const dot = 0x2e;
const backslash = 0x5c;

/** How each byte of a label is written. */
const labelText = Array.from({ length: 256 }, (_, byte) => {
  if (byte === dot || byte === backslash) return `\\${String.fromCharCode(byte)}`;
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
});
