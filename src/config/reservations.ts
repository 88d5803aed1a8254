// Host reservations that the configuration itself carries, global or in a subnet.
import { formatHex, tryParseHex } from '../addr/hex.ts';
import { formatIpv4, parseIpv4 } from '../addr/ipv4.ts';
import { formatIpv6, formatIpv6Prefix, parseIpv6, parseIpv6Prefix } from '../addr/ipv6.ts';
import { FlotillaError } from '../errors.ts';
import {
  hostIdentifierType,
  type Host,
  type HostIdentifier,
  type HostIdentifierName,
} from '../store/host-store.ts';
import type { OptionDefinitions } from '../wire/option-definition.ts';
import { located, type AddressSpan } from './addressing.ts';
import { resolveOption } from './option-scope.ts';
import { refuseOutside } from './pd-pools.ts';
import { invalid, mapsAt, stringAt, stringsAt, userContextOf } from './read-json.ts';
import type { JsonMap } from './written.ts';

/** Where a reservation stands: `subnetId` 0 and no prefix = global. */
export interface ReservationScope {
  readonly subnetId: number;
  readonly prefix: (AddressSpan & { readonly text: string }) | null;
}

/** Throws CONFIG_INVALID. A bad option makes the whole reservation bad: half a reservation is worse than none. */
export function resolveReservation(
  json: JsonMap,
  scope: ReservationScope,
  definitions: OptionDefinitions,
): Host {
  const { family } = definitions;
  return Object.freeze({
    hostId: null,
    identifier: identifierOf(json, family === 4 ? identifiers4 : identifiers6),
    subnetId: scope.subnetId,
    address4: family === 4 ? reservedAddress4(json, scope) : 0,
    addresses6: family === 6 ? reserved6(json, scope) : nothing,
    hostname: (stringAt(json, 'hostname') ?? '').toLowerCase(),
    clientClasses: stringsAt(json, 'client-classes'),
    nextServer: nextServerOf(json),
    serverHostname: stringAt(json, 'server-hostname') ?? '',
    bootFileName: stringAt(json, 'boot-file-name') ?? '',
    options: Object.freeze(
      mapsAt(json, 'option-data').map((option, index) => {
        try {
          return resolveOption(option, definitions);
        } catch (error) {
          if (!(error instanceof FlotillaError)) throw error;
          throw invalid(`option-data[${index}]: ${error.message}`, 'option-data');
        }
      }),
    ),
    userContext: userContextOf(json),
  });
}

/** Refuses a second reservation of one identifier, and of one address unless addresses may be shared. */
export function reservationGuard(addressesUnique: boolean): (host: Host) => string | undefined {
  const identifiers = new Set<string>();
  const addresses = new Set<string>();
  return (host) => {
    const { type, value } = host.identifier;
    const identifier = `${type} ${formatHex(value)}`;
    if (identifiers.has(identifier)) return `duplicate reservation: ${identifier} is reserved twice here`;
    const own = host.address4 === 0 ? [] : [formatIpv4(host.address4)];
    own.push(...host.addresses6.map(reservedKey));
    const twice = addressesUnique ? own.find((one) => addresses.has(one)) : undefined;
    if (twice !== undefined) return `duplicate reservation: ${twice} is reserved twice here`;
    identifiers.add(identifier);
    for (const one of own) addresses.add(one);
    return undefined;
  };
}

/** `hw-address 01:02:03:04:05:06`, also for a reservation that is no good. */
export function reservationName(json: JsonMap): string {
  const type = identifierNames.find((name) => json[name] !== undefined);
  return type === undefined ? 'without identifier' : `${type} ${stringAt(json, type) ?? ''}`;
}

function identifierOf(json: JsonMap, allowed: readonly HostIdentifierName[]): HostIdentifier {
  const given = identifierNames.filter((name) => json[name] !== undefined);
  const type = given[0];
  if (type === undefined) throw invalid(`needs one identifier of ${allowed.join(', ')}`);
  if (given.length > 1) throw invalid(`has more than one identifier: ${given.join(', ')}`, given[1]);
  if (!allowed.includes(type)) throw invalid(`'${type}' does not identify a client of this protocol`, type);
  return Object.freeze({ type, value: identifierBytes(type, stringAt(json, type) ?? '') });
}

/** Hex digits in the usual spellings; for circuit-id, client-id, duid and flex-id also text in single quotes. */
function identifierBytes(type: HostIdentifierName, text: string): Uint8Array {
  const quoted = type === 'hw-address' ? null : /^\s*'([^']*)'\s*$/.exec(text);
  const value = quoted ? Uint8Array.from(Buffer.from(quoted[1]!, 'utf8')) : tryParseHex(text);
  if (!value) throw invalid(`'${text}' is neither hexadecimal digits nor text in single quotes`, type);
  const [min, max] = identifierLengths[type];
  if (value.length < min || value.length > max)
    throw invalid(`'${text}' has ${value.length} bytes, ${min} to ${max} are allowed`, type);
  return value;
}

function reservedAddress4(json: JsonMap, { prefix }: ReservationScope): number {
  const text = stringAt(json, 'ip-address');
  if (text === undefined) return 0;
  const address = located('ip-address', () => parseIpv4(text));
  if (address === 0 || address === 0xffffffff) throw invalid(`${text} cannot be reserved`, 'ip-address');
  if (prefix && (address < prefix.first || address > prefix.last))
    throw invalid(`the reserved address ${text} is not inside the subnet ${prefix.text}`, 'ip-address');
  return address;
}

type Reserved6 = Host['addresses6'][number];

/** Addresses, then prefixes, which may lie outside the subnet (RFC 8415 section 6.3). */
function reserved6(json: JsonMap, scope: ReservationScope): readonly Reserved6[] {
  const written = stringsAt(json, 'prefixes');
  const excluded = stringsAt(json, 'excluded-prefixes');
  if (excluded.length > 0 && excluded.length !== written.length)
    throw invalid('needs as many entries as prefixes ("" for none)', 'excluded-prefixes');
  const addresses = stringsAt(json, 'ip-addresses').map((text) => reservedAddress6(text, scope));
  const prefixes = written.map((text, index) => reservedPrefix(text, excluded[index] ?? ''));

  for (const [key, list] of [['ip-addresses', addresses] as const, ['prefixes', prefixes] as const]) {
    const names = list.map(reservedKey);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw invalid(`${twice} is listed twice`, key);
  }
  return Object.freeze([...addresses, ...prefixes]);
}

function reservedAddress6(text: string, { prefix }: ReservationScope): Reserved6 {
  const address = located('ip-addresses', () => parseIpv6(text));
  if (address === 0n || address >> 120n === 0xffn)
    throw invalid(`${text} cannot be reserved`, 'ip-addresses');
  if (prefix && (address < prefix.first || address > prefix.last))
    throw invalid(`the reserved address ${text} is not inside the subnet ${prefix.text}`, 'ip-addresses');
  return Object.freeze({ address, prefixLength: 128, type: 0, excluded: null });
}

function reservedPrefix(text: string, without: string): Reserved6 {
  const prefix = located('prefixes', () => parseIpv6Prefix(text));
  if (prefix.length === 0) throw invalid(`${text} cannot be reserved`, 'prefixes');
  const reserved = { address: prefix.first, prefixLength: prefix.length, type: 2 } as const;
  if (without === '') return Object.freeze({ ...reserved, excluded: null });
  const inner = located('excluded-prefixes', () => parseIpv6Prefix(without));
  refuseOutside(inner, prefix, 'excluded-prefixes');
  return Object.freeze({
    ...reserved,
    excluded: Object.freeze({ prefix: inner.first, length: inner.length }),
  });
}

/** What may be reserved once: an address, or a prefix with its length. */
function reservedKey({ address, prefixLength, type }: Reserved6): string {
  return type === 0
    ? formatIpv6(address)
    : formatIpv6Prefix({ first: address, last: address, length: prefixLength });
}

function nextServerOf(json: JsonMap): number {
  const text = stringAt(json, 'next-server');
  return text === undefined ? 0 : located('next-server', () => parseIpv4(text));
}

const identifierNames = Object.keys(hostIdentifierType) as HostIdentifierName[];
const identifiers4: readonly HostIdentifierName[] = identifierNames;
const identifiers6: readonly HostIdentifierName[] = ['hw-address', 'duid', 'flex-id'];
/** Bytes. Hardware addresses: 20 as in the lease tables; the rest: what `hosts.dhcp_identifier` and RFC 8415 allow. */
const identifierLengths: Readonly<Record<HostIdentifierName, readonly [number, number]>> = {
  'hw-address': [1, 20],
  duid: [1, 130],
  'circuit-id': [1, 255],
  'client-id': [1, 255],
  'flex-id': [1, 255],
};
const nothing: readonly never[] = Object.freeze([]);

/** Equal for two versions of the same reservation: type and bytes of the identifier. */
export function reservationIdentity(json: JsonMap): string {
  const type = identifierNames.find((name) => json[name] !== undefined);
  if (type === undefined) return '';
  const text = stringAt(json, type) ?? '';
  return `${type} ${text.includes("'") ? text : formatHex(tryParseHex(text) ?? Buffer.from(text))}`;
}
