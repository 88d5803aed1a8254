// The names that clients send: Client FQDN (option 81, RFC 4702) and Host Name (option 12, RFC 2132 §3.14).
import { FlotillaError } from '../../errors.ts';
import { Reader, WireError, Writer } from '../cursor.ts';
import { readPartialDomainName, writePartialDomainName } from '../domain-name.ts';

/** Option 81. The flags are the bits of RFC 4702 §2.1. */
export interface ClientFqdn4 {
  /** S: the server should do the A record update. */
  readonly serverUpdates: boolean;
  /** O: the server overrode the client's S. */
  readonly overridden: boolean;
  /** E: the name is in DNS wire form (else ASCII, deprecated). */
  readonly encoded: boolean;
  /** N: the server shall do no update at all. */
  readonly noUpdates: boolean;
  /** `host` is a partial name, `host.example.com.` a complete one, '' none. */
  readonly name: string;
}

/** Throws WireError: shorter than three bytes, reserved bits that matter (S with N), a broken name. */
export function decodeClientFqdn4(bytes: Uint8Array): ClientFqdn4 {
  const reader = new Reader(bytes);
  const flags = reader.uint8();
  // RFC 4702 §2.2: the two result codes are deprecated; receivers ignore them.
  reader.take(2);
  const noUpdates = (flags & flagN) !== 0;
  const serverUpdates = (flags & flagS) !== 0;
  if (noUpdates && serverUpdates) {
    throw new WireError('WIRE_MALFORMED', 'option-value', 'option 81 sets both N and S');
  }
  const encoded = (flags & flagE) !== 0;
  return {
    serverUpdates,
    overridden: (flags & flagO) !== 0,
    encoded,
    noUpdates,
    name: encoded ? readPartialDomainName(reader, 'option 81') : asciiName(reader.rest()),
  };
}

/** Throws WIRE_VALUE when the name is not a domain name. */
export function encodeClientFqdn4(fqdn: ClientFqdn4): Uint8Array {
  const flags =
    (fqdn.serverUpdates ? flagS : 0) |
    (fqdn.overridden ? flagO : 0) |
    (fqdn.encoded ? flagE : 0) |
    (fqdn.noUpdates ? flagN : 0);
  // RFC 4702 §2.2: a server puts 255 into both result codes.
  const writer = new Writer().uint8(flags).uint8(255).uint8(255);
  if (!fqdn.encoded) return writer.bytes(Buffer.from(fqdn.name, 'latin1')).finish();
  const problem = writePartialDomainName(writer, fqdn.name);
  if (problem !== undefined) throw new FlotillaError('WIRE_VALUE', `'${fqdn.name}': ${problem}`);
  return writer.finish();
}

/** Option 12 as text, without trailing NULs and without a final dot; undefined when nothing is left. */
export function hostNameText4(bytes: Uint8Array): string | undefined {
  const text = asciiName(bytes).trim();
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  return name === '' ? undefined : name;
}

const flagS = 0x01;
const flagO = 0x02;
const flagE = 0x04;
const flagN = 0x08;

function asciiName(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1').replace(/\0+$/, '');
}
