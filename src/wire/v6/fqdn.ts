// The Client FQDN option of DHCPv6 (option 39, RFC 4704).
import { FlotillaError } from '../../errors.ts';
import { Reader, WireError, Writer } from '../cursor.ts';
import { readPartialDomainName, writePartialDomainName } from '../domain-name.ts';

/** Option 39. The flags are the bits of RFC 4704 §4.1; `ClientFqdn4` has the same ones and more. */
export interface ClientFqdn6 {
  /** S: the server should do the AAAA record update. */
  readonly serverUpdates: boolean;
  /** O: the server overrode the client's S. */
  readonly overridden: boolean;
  /** N: the server shall do no update at all. */
  readonly noUpdates: boolean;
  /** `host` is a partial name, `host.example.com.` a complete one, '' none. */
  readonly name: string;
}

/** Throws WireError: no flags, S with N, a broken name. */
export function decodeClientFqdn6(bytes: Uint8Array): ClientFqdn6 {
  const reader = new Reader(bytes);
  const flags = reader.uint8();
  const noUpdates = (flags & flagN) !== 0;
  const serverUpdates = (flags & flagS) !== 0;
  if (noUpdates && serverUpdates) {
    throw new WireError('WIRE_MALFORMED', 'option-value', 'option 39 sets both N and S');
  }
  const overridden = (flags & flagO) !== 0;
  return { serverUpdates, overridden, noUpdates, name: readPartialDomainName(reader, 'option 39') };
}

/** Throws WIRE_VALUE when the name is not a domain name. */
export function encodeClientFqdn6(fqdn: ClientFqdn6): Uint8Array {
  const flags =
    (fqdn.serverUpdates ? flagS : 0) | (fqdn.overridden ? flagO : 0) | (fqdn.noUpdates ? flagN : 0);
  const writer = new Writer().uint8(flags);
  const problem = writePartialDomainName(writer, fqdn.name);
  if (problem !== undefined) throw new FlotillaError('WIRE_VALUE', `'${fqdn.name}': ${problem}`);
  return writer.finish();
}

const flagS = 0x01;
const flagO = 0x02;
const flagN = 0x04;
