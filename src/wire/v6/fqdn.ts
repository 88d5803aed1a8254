// The Client FQDN option of DHCPv6 (option 39, RFC 4704).
import { fqdnFlags, readFqdnFlags, writeFqdnName, type ClientFqdn } from '../client-fqdn.ts';
import { Reader, Writer } from '../cursor.ts';
import { readPartialDomainName } from '../domain-name.ts';

/** Option 39. The flags are the bits of RFC 4704 §4.1. */
export type ClientFqdn6 = ClientFqdn;

/** Throws WireError: no flags, S with N, a broken name. */
export function decodeClientFqdn6(bytes: Uint8Array): ClientFqdn6 {
  const reader = new Reader(bytes);
  const flags = readFqdnFlags(reader.uint8(), flagN, 'option 39');
  return { ...flags, name: readPartialDomainName(reader, 'option 39') };
}

/** Throws WIRE_VALUE when the name is not a domain name. */
export function encodeClientFqdn6(fqdn: ClientFqdn6): Uint8Array {
  return writeFqdnName(new Writer().uint8(fqdnFlags(fqdn, flagN)), fqdn.name);
}

const flagN = 0x04;
