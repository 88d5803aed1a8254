// What a load run is told; the letters are perfdhcp's where the meaning is the same.
import { tryParseHex } from '../../addr/hex.ts';
import { tryParseIpv4 } from '../../addr/ipv4.ts';
import { FlotillaError } from '../../errors.ts';

export interface PerfOptions {
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
  /** A query without an answer is sent again as RFC 2131 §4.1 says, until the drop time is over. */
  readonly retransmit: boolean;
  /** DISCOVER and OFFER only. */
  readonly firstHalfOnly: boolean;
  /** Check that no address is held by two clients. */
  readonly unique: boolean;
  readonly options: ReadonlyMap<number, Uint8Array>;
}

const maxClients = 2 ** 24;
const defaultWindow = 64;
/** Seconds; with retransmissions RFC 2131 §3.1 (5) lets a client try for a minute. */
const defaultDropTime = { once: 1, retransmitting: 60 };

/** The command line as commander leaves it: every value still text. */
export interface PerfFlags {
  readonly v6?: boolean;
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
  if (flags.v6) throw usage('-6', 'only DHCPv4 load is made so far');
  if (servers.length === 0) throw usage('server', 'name the address of at least one server');
  for (const server of servers)
    if (tryParseIpv4(server) === undefined) throw usage('server', `'${server}' is no IPv4 address`);

  const rate = optional('-r', flags.rate, number);
  const period = optional('-p', flags.period, number);
  const exchanges = optional('-n', flags.exchanges, whole);
  const retransmit = flags.retransmit === true;
  const patience = defaultDropTime[retransmit ? 'retransmitting' : 'once'];
  const dropTime = (optional('-d', flags.dropTime, number) ?? patience) * 1000;
  if (dropTime <= 0) throw usage('-d', 'the drop time is more than 0 seconds');
  const options: PerfOptions = {
    servers,
    serverPort: optional('-N', flags.remotePort, port) ?? 67,
    local: flags.local ?? null,
    localPort: optional('-L', flags.localPort, port) ?? 67,
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
    options: new Map((flags.option ?? []).map(optionOf)),
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
    throw usage('-i', 'clients that only DISCOVER have nothing to renew or release');
  return options;
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
function optionOf(text: string): [number, Uint8Array] {
  const [, code, hex] = /^(\d{1,3}),((?:[0-9a-f]{2})*)$/i.exec(text) ?? [];
  const value = hex === undefined ? undefined : hex === '' ? new Uint8Array() : tryParseHex(hex);
  if (value === undefined || Number(code) < 1 || Number(code) > 254)
    throw usage('-o', `'${text}' is no code,hexadecimal such as 60,4d534654`);
  if ([50, 53, 54].includes(Number(code)))
    throw usage('-o', `option ${code} is what makes the exchange: it cannot be set`);
  return [Number(code), value];
}

function usage(option: string, message: string): FlotillaError {
  return new FlotillaError('USAGE', `${option}: ${message}`);
}
