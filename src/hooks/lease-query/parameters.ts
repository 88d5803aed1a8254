// The parameters of libdhcp_lease_query.so, under Kea's keys, as checked values.
import { ipv6Mask, parseIpv6, parseIpv6Prefix } from '../../addr/ipv6.ts';
import { messageOf } from '../../errors.ts';
import type { HookHandle } from '../library.ts';

export interface LeaseQueryParameters {
  readonly isRequester: (address: bigint) => boolean;
  /** `prefix-lengths`, longest first; null: those of the pools of prefixes. */
  readonly prefixLengths: readonly number[] | null;
  /** Null: no bulk leasequery. */
  readonly bulk: BulkParameters | null;
}

export interface BulkParameters {
  readonly address: string;
  readonly port: number;
  /** As written: there are no threads to count, so all but 0 is told to the operator. */
  readonly threads: number;
  /** Whether queries by relay and remote identifier are answered. */
  readonly byRelayInformation: boolean;
  /** Connections of all requesters. */
  readonly maxConnections: number;
  /** Queries under way on one connection. */
  readonly maxConcurrentQueries: number;
  /** Seconds. */
  readonly maxIdleTime: number;
  readonly leasesPerFetch: number;
}

type Source = Pick<HookHandle, 'parameters' | 'parameterError'>;
type Path = readonly (string | number)[];

/** Throws with the place of what is wrong. */
export function readParameters(handle: Source): LeaseQueryParameters {
  const { parameters } = handle;
  const reader = new ParameterReader(handle);
  reader.allow([], parameters, ['requesters', 'prefix-lengths', 'advanced', 'comment', 'user-context']);
  const advanced = reader.map(['advanced'], parameters['advanced'] ?? {});
  reader.allow(['advanced'], advanced, [...advancedKeys, ...tlsKeys, 'comment', 'user-context']);
  for (const key of tlsKeys) {
    if (advanced[key] !== undefined) throw reader.wrong(['advanced', key], 'TLS is not offered: remove it');
  }
  const at = <T>(key: string, read: (path: Path, value: unknown) => T, fallback: T): T =>
    advanced[key] === undefined ? fallback : read(['advanced', key], advanced[key]);
  const boolean = (path: Path, value: unknown): boolean => reader.boolean(path, value);
  const natural =
    (least: number, most = 0xffffffff) =>
    (path: Path, value: unknown): number =>
      reader.natural(path, value, least, most);
  if (at('active-query-enabled', boolean, false))
    throw reader.wrong(['advanced', 'active-query-enabled'], 'active leasequery is not offered');
  const isEnabled = at('bulk-query-enabled', boolean, false);
  const bulk: BulkParameters = {
    address: at('lease-query-ip', (path, value) => reader.address(path, value), '::1'),
    port: at('lease-query-tcp-port', natural(1, 65535), 547),
    threads: at('max-bulk-query-threads', natural(0), 0),
    byRelayInformation: at('extended-info-tables-enabled', boolean, isEnabled),
    maxConnections: at('max-requester-connections', natural(1), 10),
    maxConcurrentQueries: at('max-concurrent-queries', natural(0), 0) || defaultConcurrentQueries,
    maxIdleTime: at('max-requester-idle-time', natural(1, 2_000_000), 300),
    leasesPerFetch: at('max-leases-per-fetch', natural(1, 100_000), 100),
  };
  const requesters = reader.requesters(parameters['requesters']);
  return {
    isRequester: (address) => requesters.some(({ first, last }) => first <= address && address <= last),
    prefixLengths: reader.prefixLengths(parameters['prefix-lengths']),
    bulk: isEnabled ? bulk : null,
  };
}

/** Kea's 0 leaves the number to the server; it must be one that a requester cannot exhaust the server with. */
const defaultConcurrentQueries = 16;

const advancedKeys = [
  'bulk-query-enabled',
  'active-query-enabled',
  'extended-info-tables-enabled',
  'lease-query-ip',
  'lease-query-tcp-port',
  'max-bulk-query-threads',
  'max-requester-connections',
  'max-concurrent-queries',
  'max-requester-idle-time',
  'max-leases-per-fetch',
] as const;
const tlsKeys = ['trust-anchor', 'cert-file', 'key-file', 'cert-required'] as const;

class ParameterReader {
  readonly #handle: Source;

  constructor(handle: Source) {
    this.#handle = handle;
  }

  wrong(path: Path, problem: string): Error {
    return this.#handle.parameterError(problem, ...path);
  }

  allow(path: Path, map: object, known: readonly string[]): void {
    for (const key in map) if (!known.includes(key)) throw this.wrong([...path, key], 'unknown parameter');
  }

  map(path: Path, value: unknown): Readonly<Record<string, unknown>> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    throw this.wrong(path, 'must be a map');
  }

  boolean(path: Path, value: unknown): boolean {
    if (typeof value === 'boolean') return value;
    throw this.wrong(path, 'must be true or false');
  }

  natural(path: Path, value: unknown, least: number, most: number): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw this.wrong(path, `must be a whole number from ${least} to ${most}`);
  }

  address(path: Path, value: unknown): string {
    this.#parse(path, value, parseIpv6);
    return value as string;
  }

  requesters(value: unknown): readonly { readonly first: bigint; readonly last: bigint }[] {
    if (!Array.isArray(value) || value.length === 0)
      throw this.wrong(['requesters'], 'must be a list of the addresses that may ask, with at least one');
    return value.map((entry: unknown, i) => {
      if (value.indexOf(entry) < i) throw this.wrong(['requesters', i], 'is in the list already');
      return this.#parse(['requesters', i], entry, rangeOf);
    });
  }

  prefixLengths(value: unknown): readonly number[] | null {
    if (value === undefined) return null;
    if (!Array.isArray(value)) throw this.wrong(['prefix-lengths'], 'must be a list');
    const lengths = value.map((entry, i) => this.natural(['prefix-lengths', i], entry, 1, 128));
    return longestFirst(lengths);
  }

  #parse<T>(path: Path, value: unknown, parse: (text: string) => T): T {
    try {
      if (typeof value === 'string') return parse(value);
    } catch (error) {
      throw this.wrong(path, messageOf(error));
    }
    throw this.wrong(path, 'must be an IPv6 address');
  }
}

export const longestFirst = (lengths: Iterable<number>): readonly number[] =>
  [...new Set(lengths)].sort((a, b) => b - a);

/** Of an address or a prefix. */
function rangeOf(text: string): { readonly first: bigint; readonly last: bigint } {
  if (text.includes('/')) return parseIpv6Prefix(text);
  const address = parseIpv6(text);
  return { first: address, last: address };
}

/** The prefix of this length that holds the address. */
export const prefixAround = (address: bigint, length: number): bigint => address & ipv6Mask(length);
