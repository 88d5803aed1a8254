// What a load run is told; the letters are perfdhcp's where the meaning is the same.
import { tryParseHex } from '../../addr/hex.ts';
import type { Family } from '../../addr/family.ts';
import { tryParseIpv4 } from '../../addr/ipv4.ts';
import { isMulticastIpv6, tryParseIpv6 } from '../../addr/ipv6.ts';
import { FlotillaError } from '../../errors.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import type { LeaseKind6 } from './protocol6.ts';

export interface PerfOptions {
  readonly family: Family;
  /** Addresses; exchanges go to one after the other. */
  readonly servers: readonly string[];
  readonly serverPort: number;
  /** Address or interface to send from, null = as the kernel routes. */
  readonly local: string | null;
  readonly localPort: number;
  /** New exchanges per second; null = as fast as the answers come. */
  readonly rate: number | null;
  readonly renewRate: number;
  readonly releaseRate: number;
  /** Seconds, null = until `exchanges` are started. */
  readonly period: number | null;
  /** New exchanges in all, null = no limit. */
  readonly exchanges: number | null;
  readonly clients: number;
  /** DHCPv6: what each client asks for. */
  readonly leases: readonly LeaseKind6[];
  /** DHCPv6: clients ask for a REPLY to their SOLICIT. */
  readonly rapidCommit: boolean;
  /** Clients are behind a relay: always in DHCPv4. */
  readonly isRelayed: boolean;
  /** MAC address of the first client as a number. */
  readonly baseMac: number;
  /** Clients to bind before the run, not counted in it. */
  readonly preload: number;
  /** Milliseconds after which an answer no longer counts, from the first time that the query was sent. */
  readonly dropTime: number;
  /** Milliseconds to wait at the end for what is on its way. */
  readonly exitWait: number;
  /** Exchanges that may be open when no rate is given. */
  readonly window: number;
  /** A query without an answer is sent again as RFC 2131 §4.1 and RFC 8415 §15 say, until the drop time is over. */
  readonly retransmit: boolean;
  /** DISCOVER and OFFER, or SOLICIT and ADVERTISE only. */
  readonly firstHalfOnly: boolean;
  /** Check that no address or prefix is held by two clients. */
  readonly unique: boolean;
  readonly options: ReadonlyMap<number, Uint8Array>;
}

interface FamilyRules {
  readonly serverPort: number;
  /** Where servers answer to. */
  readonly localPort: { readonly relay: number; readonly client: number };
  readonly isAddress: (text: string) => boolean;
  readonly isMulticast: (text: string) => boolean;
  /** Names for addresses, as perfdhcp has them. */
  readonly names: Readonly<Record<string, string>>;
  readonly highestOption: number;
  /** Options that make the exchange. */
  readonly ownOptions: readonly number[];
}

const families: Readonly<Record<Family, FamilyRules>> = {
  4: {
    serverPort: 67,
    localPort: { relay: 67, client: 68 },
    isAddress: (text) => tryParseIpv4(text) !== undefined,
    isMulticast: () => false,
    names: {},
    highestOption: 254,
    ownOptions: [50, 53, 54],
  },
  6: {
    serverPort: 547,
    localPort: { relay: 547, client: 546 },
    isAddress: (text) => tryParseIpv6(text) !== undefined,
    isMulticast: (text) => isMulticastIpv6(tryParseIpv6(text)!),
    names: { all: 'ff02::1:2', servers: 'ff05::1:3' },
    highestOption: 65_535,
    ownOptions: [
      option6.clientId,
      option6.serverId,
      option6.iaNa,
      option6.iaPd,
      option6.optionRequest,
      option6.elapsedTime,
      option6.relayMessage,
      option6.rapidCommit,
    ],
  },
};

const leaseTypes: ReadonlyMap<string, readonly LeaseKind6[]> = new Map([
  ['address-only', ['address']],
  ['prefix-only', ['prefix']],
  ['address-and-prefix', ['address', 'prefix']],
]);

const maxClients = 2 ** 24;
const defaultWindow = 64;
/** Seconds; with retransmissions RFC 2131 §3.1 (5) lets a client try for a minute, and DHCPv6's are given as long. */
const defaultDropTime = { once: 1, retransmitting: 60 };

/** The command line as commander leaves it: every value still text. */
export interface PerfFlags {
  readonly v6?: boolean;
  readonly leaseType?: string;
  readonly rapidCommit?: boolean;
  readonly relays?: string;
  readonly rate?: string;
  readonly period?: string;
  readonly exchanges?: string;
  readonly clients?: string;
  readonly base?: string;
  readonly local?: string;
  readonly localPort?: string;
  readonly remotePort?: string;
  readonly renewRate?: string;
  readonly releaseRate?: string;
  readonly dropTime?: string;
  readonly exitWait?: string;
  readonly preload?: string;
  readonly window?: string;
  readonly retransmit?: boolean;
  readonly initialOnly?: boolean;
  readonly unique?: boolean;
  readonly option?: readonly string[];
}

/** Throws USAGE with the option and what it takes. */
export function perfOptions(servers: readonly string[], flags: PerfFlags): PerfOptions {
  const family = flags.v6 ? 6 : 4;
  const rules = families[family];
  if (servers.length === 0) throw usage('server', 'name the address of at least one server');
  const addresses = servers.map((server) => rules.names[server] ?? server);
  for (const address of addresses)
    if (!rules.isAddress(address)) throw usage('server', `'${address}' is no IPv${family} address`);
  const isRelayed = isRelayedOf(family, flags.relays, addresses.some(rules.isMulticast));

  const rate = optional('-r', flags.rate, number);
  const period = optional('-p', flags.period, number);
  const exchanges = optional('-n', flags.exchanges, whole);
  const retransmit = flags.retransmit === true;
  const patience = defaultDropTime[retransmit ? 'retransmitting' : 'once'];
  const dropTime = (optional('-d', flags.dropTime, number) ?? patience) * 1000;
  if (dropTime <= 0) throw usage('-d', 'the drop time is more than 0 seconds');
  const options: PerfOptions = {
    family,
    servers: addresses,
    serverPort: optional('-N', flags.remotePort, port) ?? rules.serverPort,
    local: flags.local ?? null,
    localPort: optional('-L', flags.localPort, port) ?? rules.localPort[isRelayed ? 'relay' : 'client'],
    leases: leasesOf(family, flags.leaseType ?? 'address-only'),
    rapidCommit: flags.rapidCommit === true,
    isRelayed,
    rate,
    renewRate: optional('-f', flags.renewRate, number) ?? 0,
    releaseRate: optional('-F', flags.releaseRate, number) ?? 0,
    period,
    // Without any end in sight: one exchange, a ping of the server.
    exchanges: exchanges ?? (period === null ? 1 : null),
    clients: optional('-R', flags.clients, whole) ?? 1,
    baseMac: baseOf(flags.base ?? 'mac=00:0c:01:02:03:04'),
    preload: optional('-P', flags.preload, whole) ?? 0,
    dropTime,
    exitWait: flags.exitWait === undefined ? dropTime : whole('-W', flags.exitWait) / 1000,
    window: optional('--window', flags.window, whole) ?? defaultWindow,
    retransmit,
    firstHalfOnly: flags.initialOnly === true,
    unique: flags.unique === true,
    options: new Map((flags.option ?? []).map((text) => optionOf(text, rules))),
  };
  if (options.clients < 1 || options.clients > maxClients)
    throw usage('-R', `from 1 to ${maxClients} clients can be simulated`);
  if (options.preload > options.clients)
    throw usage(
      '-P',
      `${options.preload} clients cannot be bound before the run when -R has ${options.clients}`,
    );
  if (options.window < 1) throw usage('--window', 'at least one exchange must be open');
  if (rate === 0 && period === null) throw usage('-r', 'a run without new exchanges needs a period: -p');
  if (options.firstHalfOnly && options.renewRate + options.releaseRate + options.preload > 0)
    throw usage('-i', 'clients that only DISCOVER or SOLICIT have nothing to renew or release');
  if (options.rapidCommit && family === 4) throw usage('-c', 'rapid commit is for DHCPv6');
  if (options.rapidCommit && options.firstHalfOnly)
    throw usage('-c', 'a REPLY to a SOLICIT is the whole exchange: leave out -i');
  return options;
}

function leasesOf(family: Family, type: string): readonly LeaseKind6[] {
  const leases = leaseTypes.get(type);
  if (leases === undefined) throw usage('-e', `'${type}' is none of ${[...leaseTypes.keys()].join(', ')}`);
  if (family === 4 && leases.includes('prefix')) throw usage('-e', 'prefixes are for DHCPv6');
  return leases;
}

/** RFC 8415 §16: a SOLICIT that was sent to a server's own address is discarded, unless a relay did. */
function isRelayedOf(family: Family, level: string | undefined, hasMulticast: boolean): boolean {
  if (level !== undefined && level !== '0' && level !== '1')
    throw usage('-A', `'${level}' is neither 0 nor 1`);
  if (family === 4 && level === '0') throw usage('-A', 'DHCPv4 clients are always behind a relay');
  return level === undefined ? family === 4 || !hasMulticast : level === '1';
}

function optional<T>(
  letter: string,
  text: string | undefined,
  parse: (letter: string, text: string) => T,
): T | null {
  return text === undefined ? null : parse(letter, text);
}

function number(letter: string, text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !Number.isFinite(value))
    throw usage(letter, `'${text}' is no number of 0 or more`);
  return value;
}

function whole(letter: string, text: string): number {
  const value = number(letter, text);
  if (!Number.isSafeInteger(value)) throw usage(letter, `'${text}' is no whole number`);
  return value;
}

function port(letter: string, text: string): number {
  const value = whole(letter, text);
  if (value < 1 || value > 65_535) throw usage(letter, 'a port is a number from 1 to 65535');
  return value;
}

/** perfdhcp's form `mac=00:0c:01:02:03:04`, or the address alone. */
function baseOf(text: string): number {
  const mac = /^(?:mac=|ether=)?((?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2})$/i.exec(text)?.[1];
  if (mac === undefined) throw usage('-b', `'${text}' is no mac=00:0c:01:02:03:04`);
  return mac.split(':').reduce((value, byte) => value * 256 + Number.parseInt(byte, 16), 0);
}

/** perfdhcp's form `60,4d534654`. */
function optionOf(text: string, { highestOption, ownOptions }: FamilyRules): [number, Uint8Array] {
  const [, code, hex] = /^(\d{1,5}),((?:[0-9a-f]{2})*)$/i.exec(text) ?? [];
  const value = hex === undefined ? undefined : hex === '' ? new Uint8Array() : tryParseHex(hex);
  if (value === undefined || Number(code) < 1 || Number(code) > highestOption)
    throw usage('-o', `'${text}' is no code,hexadecimal such as 60,4d534654`);
  if (ownOptions.includes(Number(code)))
    throw usage('-o', `option ${code} is what makes the exchange: it cannot be set`);
  return [Number(code), value];
}

function usage(option: string, message: string): FlotillaError {
  return new FlotillaError('USAGE', `${option}: ${message}`);
}
