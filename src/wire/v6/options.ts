// DHCPv6 options in memory (RFC 8415 §21.1): an ordered list in which codes may repeat; unknown codes survive.
import { FlotillaError } from '../../errors.ts';
import { putUint16, uint16At } from '../big-endian.ts';
import { WireError } from '../cursor.ts';

/**
 * Code and payload of each option, in wire order. A message has about ten, so a search through an array of numbers beats
 * a map, and there is one allocation an option: the view of its payload.
 */
export class Options6 {
  /** Parallel to {@link values}. To be read; changes go through the methods. */
  readonly codes: number[] = [];
  readonly values: Uint8Array[] = [];

  get size(): number {
    return this.codes.length;
  }

  /** The payload of the first option of this code. */
  get(code: number): Uint8Array | undefined {
    const at = this.codes.indexOf(code);
    return at < 0 ? undefined : this.values[at];
  }

  has(code: number): boolean {
    return this.codes.includes(code);
  }

  /** How many options there are of this code. */
  count(code: number): number {
    let count = 0;
    for (const each of this.codes) if (each === code) count++;
    return count;
  }

  /** The payloads of all options of this code, in wire order. */
  all(code: number): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (let at = this.codes.indexOf(code); at >= 0; at = this.codes.indexOf(code, at + 1)) {
      found.push(this.values[at]!);
    }
    return found;
  }

  /** Adds an option behind the others, whether or not there is one of this code. */
  add(code: number, value: Uint8Array): this {
    this.codes.push(code);
    this.values.push(value);
    return this;
  }

  /** Puts the value in the place of the first option of this code, else behind the others; more of the code go. */
  set(code: number, value: Uint8Array): this {
    const at = this.codes.indexOf(code);
    if (at < 0) return this.add(code, value);
    this.values[at] = value;
    this.#removeFrom(at + 1, code);
    return this;
  }

  /** Removes all options of this code. False when there was none. */
  delete(code: number): boolean {
    const size = this.size;
    this.#removeFrom(0, code);
    return this.size < size;
  }

  *[Symbol.iterator](): Generator<readonly [code: number, value: Uint8Array]> {
    for (let i = 0; i < this.codes.length; i++) yield [this.codes[i]!, this.values[i]!];
  }

  /** Bytes of all options with their codes and lengths. Throws WIRE_VALUE when an option has more than 65,535. */
  get encodedLength(): number {
    let length = 0;
    for (let i = 0; i < this.values.length; i++)
      length += encodedLength6(this.codes[i]!, this.values[i]!.length);
    return length;
  }

  /** Writes all options, {@link encodedLength} bytes, and returns the offset behind them. */
  write(bytes: Uint8Array, start: number): number {
    let offset = start;
    for (let i = 0; i < this.codes.length; i++) {
      offset = putOption6(bytes, offset, this.codes[i]!, this.values[i]!);
    }
    return offset;
  }

  /** The payload of an option that holds nothing but options. Throws WIRE_VALUE like {@link encodedLength}. */
  encode(): Uint8Array {
    const bytes = new Uint8Array(this.encodedLength);
    this.write(bytes, 0);
    return bytes;
  }

  #removeFrom(start: number, code: number): void {
    const { codes, values } = this;
    let kept = start;
    for (let i = start; i < codes.length; i++) {
      if (codes[i] === code) continue;
      codes[kept] = codes[i]!;
      values[kept++] = values[i]!;
    }
    codes.length = values.length = kept;
  }
}

/** For what encapsulates none. Not to be changed. */
export const noOptions6: Options6 = new Options6();

/**
 * Reads options from `start` to the end of the bytes; payloads are views. `holder` says in the error whose options these
 * are. Throws WireError when an option runs past the end; with `lenient` such an option is left out, as Kea always does.
 */
export function decodeOptions6(bytes: Uint8Array, start: number, holder: string, lenient = false): Options6 {
  const options = new Options6();
  const end = bytes.length;
  let offset = start;
  while (offset < end) {
    const from = offset + optionHeaderSize6;
    const length = from > end ? 0 : uint16At(bytes, offset + 2);
    if (from + length > end) {
      if (lenient) return options;
      throw runsPastEnd(bytes, offset, holder);
    }
    options.add(uint16At(bytes, offset), bytes.subarray(from, (offset = from + length)));
  }
  return options;
}

/** What is inside an option that encapsulates others. Throws WIRE_VALUE. */
export function encodeSuboptions6(suboptions: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const options = new Options6();
  for (const [code, value] of suboptions) options.add(code, value);
  return options.encode();
}

/** Code and length. */
export const optionHeaderSize6 = 4;

/** Bytes of one option with code and length. Throws WIRE_VALUE when its length field cannot hold the payload's. */
export function encodedLength6(code: number, length: number): number {
  if (length > 65535) {
    throw new FlotillaError('WIRE_VALUE', `option ${code} has ${length} bytes, at most 65535 fit`);
  }
  return optionHeaderSize6 + length;
}

/** Returns the offset behind the option. */
export function putOption6(bytes: Uint8Array, offset: number, code: number, value: Uint8Array): number {
  putUint16(bytes, offset, code);
  putUint16(bytes, offset + 2, value.length);
  bytes.set(value, offset + optionHeaderSize6);
  return offset + optionHeaderSize6 + value.length;
}

function runsPastEnd(bytes: Uint8Array, offset: number, holder: string): WireError {
  const left = bytes.length - offset;
  const problem =
    left < optionHeaderSize6
      ? `an option has ${left} bytes, its code and length alone have ${optionHeaderSize6}`
      : `option ${uint16At(bytes, offset)} announces ${uint16At(bytes, offset + 2)} bytes, ${left - optionHeaderSize6} are left`;
  return new WireError('WIRE_TRUNCATED', 'truncated-option', `${holder}, byte ${offset}: ${problem}`);
}
