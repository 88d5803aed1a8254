// The names that clients send: Client FQDN (option 81, RFC 4702) and Host Name (option 12, RFC 2132 §3.14).
import { fqdnFlags, readFqdnFlags, writeFqdnName, type ClientFqdn } from '../client-fqdn.ts';
import { Reader, Writer } from '../cursor.ts';
import { readPartialDomainName } from '../domain-name.ts';

/** Option 81. The flags are the bits of RFC 4702 §2.1. */
export interface ClientFqdn4 extends ClientFqdn {
  /** E: the name is in DNS wire form (else ASCII, deprecated). */
  readonly encoded: boolean;
}

/** Throws WireError: shorter than three bytes, reserved bits that matter (S with N), a broken name. */
export function decodeClientFqdn4(bytes: Uint8Array): ClientFqdn4 {
  const reader = new Reader(bytes);
  const flags = reader.uint8();
  // RFC 4702 §2.2: the two result codes are deprecated; receivers ignore them.
  reader.take(2);
  const encoded = (flags & flagE) !== 0;
  return {
    ...readFqdnFlags(flags, flagN, 'option 81'),
    encoded,
    name: encoded ? readPartialDomainName(reader, 'option 81') : asciiName(reader.rest()),
  };
}

/** Throws WIRE_VALUE when the name is not a domain name. */
export function encodeClientFqdn4(fqdn: ClientFqdn4): Uint8Array {
  const flags = fqdnFlags(fqdn, flagN) | (fqdn.encoded ? flagE : 0);
  // RFC 4702 §2.2: a server puts 255 into both result codes.
  const writer = new Writer().uint8(flags).uint8(255).uint8(255);
  if (!fqdn.encoded) return writer.bytes(Buffer.from(fqdn.name, 'latin1')).finish();
  return writeFqdnName(writer, fqdn.name);
}

/** Option 12 as text, without trailing NULs and without a final dot; undefined when nothing is left. */
export function hostNameText4(bytes: Uint8Array): string | undefined {
  const text = asciiName(bytes).trim();
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  return name === '' ? undefined : name;
}

const flagE = 0x04;
const flagN = 0x08;

function asciiName(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1').replace(/\0+$/, '');
}
