// The classless static route option (RFC 3442): `10.0.0.0/8 - 192.0.2.1, 0.0.0.0/0 - 192.0.2.2`.
import { formatIpv4, ipv4Mask, tryParseIpv4 } from '../addr/ipv4.ts';
import { WireError, type Reader, type Writer } from './cursor.ts';

/** Returns what is allowed when the text is refused. */
export function writeClasslessRoutes(writer: Writer, text: string): string | undefined {
  for (const route of text.split(',')) {
    const match = /^\s*([\d.]+)\s*\/\s*(\d{1,2})\s*-\s*([\d.]+)\s*$/.exec(route);
    const destination = tryParseIpv4(match?.[1] ?? '');
    const router = tryParseIpv4(match?.[3] ?? '');
    const length = Number(match?.[2]);
    if (destination === undefined || router === undefined || !(length <= 32)) {
      return `'${route.trim()}' is not a route; routes are written 10.0.0.0/8 - 192.0.2.1, separated by commas`;
    }
    // RFC 3442: host bits are not sent, they are zero.
    const significant = (destination & ipv4Mask(length)) >>> 0;
    writer.uint8(length);
    for (let bit = 0; bit < length; bit += 8) writer.uint8(significant >>> (24 - bit));
    writer.uint32(router);
  }
  return undefined;
}

/** Throws WireError. */
export function readClasslessRoutes(reader: Reader): string {
  const routes: string[] = [];
  do {
    const length = reader.uint8();
    if (length > 32) throw new WireError('WIRE_MALFORMED', 'option-value', `a route has the mask ${length}`);
    let destination = 0;
    for (let bit = 0; bit < length; bit += 8) destination |= reader.uint8() << (24 - bit);
    const network = (destination & ipv4Mask(length)) >>> 0;
    routes.push(`${formatIpv4(network)}/${length} - ${formatIpv4(reader.uint32())}`);
  } while (reader.remaining > 0);
  return routes.join(', ');
}
