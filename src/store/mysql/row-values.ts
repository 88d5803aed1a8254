// Values of database cells as the stores use them.

/** A copy: the driver's buffer is a window on the whole packet, which a kept value would keep alive. */
export function bytesOrNull(value: unknown): Uint8Array | null {
  return value instanceof Uint8Array ? new Uint8Array(value) : null;
}

/** A JSON map. Somebody else may have written what is none: then there is no context for us. */
export function contextOrNull(value: unknown): Readonly<Record<string, unknown>> | null {
  const parsed = jsonOrNull(value);
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : null;
}

export function jsonOrNull(value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return null;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return null;
  }
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `X'0a0b'`: bytes in a statement without any escaping. */
export function hexLiteral(bytes: Uint8Array): string {
  return `X'${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}'`;
}
