// What the Client FQDN options of both protocols share (RFC 4702, RFC 4704): three flags and a name in DNS wire form.
import { FlotillaError } from '../errors.ts';
import { WireError, type Writer } from './cursor.ts';
import { writePartialDomainName } from './domain-name.ts';

export interface ClientFqdn {
  /** S: the server should do the update of the address record. */
  readonly serverUpdates: boolean;
  /** O: the server overrode the client's S. */
  readonly overridden: boolean;
  /** N: the server shall do no update at all. */
  readonly noUpdates: boolean;
  /** `host` is a partial name, `host.example.com.` a complete one, '' none. */
  readonly name: string;
}

const flagS = 0x01;
const flagO = 0x02;

/** `flagN` is the bit of N, which differs. Throws WireError for S with N. */
export function readFqdnFlags(flags: number, flagN: number, what: string): Omit<ClientFqdn, 'name'> {
  const noUpdates = (flags & flagN) !== 0;
  const serverUpdates = (flags & flagS) !== 0;
  if (noUpdates && serverUpdates)
    throw new WireError('WIRE_MALFORMED', 'option-value', `${what} sets both N and S`);
  return { serverUpdates, overridden: (flags & flagO) !== 0, noUpdates };
}

export const fqdnFlags = (fqdn: ClientFqdn, flagN: number): number =>
  (fqdn.serverUpdates ? flagS : 0) | (fqdn.overridden ? flagO : 0) | (fqdn.noUpdates ? flagN : 0);

/** Throws WIRE_VALUE when the name is not a domain name. */
export function writeFqdnName(writer: Writer, name: string): Uint8Array {
  const problem = writePartialDomainName(writer, name);
  if (problem !== undefined) throw new FlotillaError('WIRE_VALUE', `'${name}': ${problem}`);
  return writer.finish();
}
