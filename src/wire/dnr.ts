// Encrypted DNS servers (RFC 9463): `10, dot.example., 192.0.2.1 192.0.2.2, alpn=dot\,doq port=853 | 20, b.example.`.
import { formatIpv4, tryParseIpv4 } from '../addr/ipv4.ts';
import { formatIpv6, ipv6Bytes, ipv6FromBytes, tryParseIpv6 } from '../addr/ipv6.ts';
import { joinFields, splitFields } from './csv.ts';
import { Reader, WireError, Writer } from './cursor.ts';
import { readDomainName, writeDomainName } from './domain-name.ts';
import type { FieldContext } from './fields.ts';

/**
 * Instances separated by `|`: service priority, authentication domain name, then (unless the name stands alone) its
 * addresses separated by blanks and service parameters `key=value`. Returns what is allowed when the text is refused.
 */
export function writeDnr(writer: Writer, text: string, context: FieldContext): string | undefined {
  const instances = splitInstances(text);
  if (context.family === 6 && instances.length > 1) return 'one instance an option in DHCPv6 (RFC 9463 §4.1)';
  for (const instance of instances) {
    const body = new Writer();
    const problem = writeInstance(body, instance, context);
    if (problem !== undefined) return `'${instance}': ${problem}`;
    const bytes = body.finish();
    // RFC 9463 §5.1: several instances follow each other in DHCPv4, each behind its length.
    if (context.family === 4) writer.uint16(bytes.length);
    writer.bytes(bytes);
  }
  return undefined;
}

/** As {@link writeDnr} takes it. Throws WireError. */
export function readDnr(reader: Reader, context: FieldContext): string {
  const texts = readDnrInstances(reader, context).map(({ priority, name, addresses, parameters }) => {
    const fields = [String(priority), name];
    if (addresses) fields.push(addresses.join(' '));
    if (parameters !== '') fields.push(parameters);
    return joinFields(fields).replaceAll('|', '\\|');
  });
  return texts.join(' | ');
}

export interface DnrInstance {
  /** Bytes of the instance, of its name and of its addresses. */
  readonly length: number;
  readonly nameLength: number;
  readonly addressLength: number;
  readonly priority: number;
  readonly name: string;
  /** Undefined: the name stands alone. */
  readonly addresses: readonly string[] | undefined;
  /** `alpn=dot,doq port=853`; commas are not escaped. */
  readonly parameters: string;
}

/** Throws WireError. */
export function readDnrInstances(reader: Reader, context: FieldContext): DnrInstance[] {
  if (context.family === 6) return [readInstance(reader, context)];
  const instances: DnrInstance[] = [];
  do {
    instances.push(readInstance(new Reader(reader.take(reader.uint16())), context));
  } while (reader.remaining > 0);
  return instances;
}

/** RFC 9460 §14.3.2, RFC 9461 §5. */
const parameterKeys: Readonly<Record<string, number>> = { alpn: 1, port: 3, dohpath: 7 };

function writeInstance(writer: Writer, text: string, { family }: FieldContext): string | undefined {
  const fields = splitFields(text);
  const [priority = '', name = '', addresses, parameters = '', ...rest] = fields;
  if (fields.length < 2 || rest.length > 0) {
    return 'expected priority, name[, addresses[, parameters]]; write a comma inside the parameters as \\,';
  }
  if (!/^\d{1,5}$/.test(priority) || Number(priority) > 65535)
    return 'a priority is a number from 0 to 65535';
  const adn = new Writer();
  const problem = writeDomainName(adn, name);
  if (problem !== undefined) return problem;
  writer.uint16(Number(priority));
  putSized(writer, adn.finish(), family === 4 ? 1 : 2);
  if (addresses === undefined) return undefined;

  const list = new Writer();
  for (const address of addresses.split(/\s+/).filter((part) => part !== '')) {
    const value = family === 4 ? tryParseIpv4(address) : tryParseIpv6(address);
    if (value === undefined) return `'${address}' is not an IPv${family} address`;
    if (typeof value === 'number') list.uint32(value);
    else list.bytes(ipv6Bytes(value));
  }
  if (list.length === 0) return 'the list of addresses is empty';
  if (family === 4 && list.length > 255) return 'at most 63 addresses fit';
  putSized(writer, list.finish(), family === 4 ? 1 : 2);
  return writeParameters(writer, parameters);
}

/** At `|`; `\|` is a bar inside. Escaped commas stay escaped for the fields. */
function splitInstances(text: string): string[] {
  return text.split(/(?<!\\)\|/).map((instance) => instance.replaceAll('\\|', '|').trim());
}

/** Service parameters in ascending order of their keys (RFC 9460 §2.2). */
function writeParameters(writer: Writer, text: string): string | undefined {
  const parameters = new Map<number, Uint8Array>();
  let speaksHttp = false;
  for (const parameter of text.split(/\s+/).filter((part) => part !== '')) {
    const [key = '', value = '', ...rest] = parameter.split('=');
    const number = parameterKeys[key] ?? keyNumber(key);
    if (number === undefined) return `'${key}' is not one of the parameters alpn, port, dohpath, keyN`;
    if (number === 4 || number === 6) return 'address hints are not allowed (RFC 9463 §3.1.8)';
    if (parameters.has(number)) return `the parameter ${key} appears twice`;
    if (rest.length > 0 || value === '') return `the parameter '${parameter}' is not key=value`;
    const bytes = parameterValue(number, value);
    if (typeof bytes === 'string') return bytes;
    parameters.set(number, bytes);
    // RFC 9461 §5: a server that speaks HTTP says under which path.
    if (number === 1) speaksHttp = value.split(',').some((protocol) => /^h(2|3|ttp)/.test(protocol));
  }
  if (speaksHttp && !parameters.has(7)) return 'alpn names HTTP, so dohpath is needed';
  for (const key of [...parameters.keys()].sort((a, b) => a - b)) {
    putSized(writer.uint16(key), parameters.get(key)!, 2);
  }
  return undefined;
}

function parameterValue(key: number, text: string): Uint8Array | string {
  if (key === 3) {
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) return 'a port is a number from 0 to 65535';
    return new Writer(2).uint16(Number(text)).finish();
  }
  if (key !== 1) return Uint8Array.from(Buffer.from(text, 'utf8'));
  const writer = new Writer();
  for (const protocol of text.split(',')) {
    const bytes = Buffer.from(protocol, 'utf8');
    if (bytes.length === 0 || bytes.length > 255) return 'a protocol in alpn has 1 to 255 bytes';
    putSized(writer, bytes, 1);
  }
  return writer.finish();
}

function readInstance(reader: Reader, { family }: FieldContext): DnrInstance {
  const length = reader.remaining;
  const priority = reader.uint16();
  const nameBytes = takeSized(reader, family === 4 ? 1 : 2);
  const name = readDomainName(new Reader(nameBytes));
  const start = { length, nameLength: nameBytes.length, priority, name };
  if (reader.remaining === 0) return { ...start, addressLength: 0, addresses: undefined, parameters: '' };
  const list = new Reader(takeSized(reader, family === 4 ? 1 : 2));
  const addresses: string[] = [];
  while (list.remaining > 0) {
    addresses.push(family === 4 ? formatIpv4(list.uint32()) : formatIpv6(ipv6FromBytes(list.take(16))));
  }
  return { ...start, addressLength: list.bytes.length, addresses, parameters: readParameters(reader) };
}

function readParameters(reader: Reader): string {
  const parameters: string[] = [];
  while (reader.remaining > 0) {
    const key = reader.uint16();
    const value = takeSized(reader, 2);
    const name = Object.keys(parameterKeys).find((word) => parameterKeys[word] === key) ?? `key${key}`;
    parameters.push(`${name}=${parameterText(key, value)}`);
  }
  return parameters.join(' ');
}

function parameterText(key: number, value: Uint8Array): string {
  if (key === 3) return String(new Reader(value).uint16());
  if (key !== 1) return Buffer.from(value).toString('utf8');
  const reader = new Reader(value);
  const protocols: string[] = [];
  while (reader.remaining > 0) protocols.push(Buffer.from(takeSized(reader, 1)).toString('utf8'));
  return protocols.join(',');
}

function keyNumber(key: string): number | undefined {
  const match = /^key(\d{1,5})$/.exec(key);
  const number = match ? Number(match[1]) : NaN;
  return number <= 65535 ? number : undefined;
}

function putSized(writer: Writer, bytes: Uint8Array, size: 1 | 2): void {
  if (size === 1) writer.uint8(bytes.length);
  else writer.uint16(bytes.length);
  writer.bytes(bytes);
}

function takeSized(reader: Reader, size: 1 | 2): Uint8Array {
  const length = size === 1 ? reader.uint8() : reader.uint16();
  if (length > reader.remaining) {
    throw new WireError(
      'WIRE_TRUNCATED',
      'truncated-option',
      `${length} bytes announced, ${reader.remaining} left`,
    );
  }
  return reader.take(length);
}
