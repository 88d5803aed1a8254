// Keys that are valid but have no effect here (yet), each with what happens instead. Delete a row when its feature is there.
import type { ScopeName } from '../../schemas/key-row.ts';
import type { Family } from '../addr/family.ts';
import type { Json, JsonMap } from './written.ts';

export interface NotInForceRow {
  readonly scope: ScopeName;
  readonly key: string;
  /** Only in this family; without it, in both. */
  readonly family?: Family;
  /** Only for these values; without it, whenever the key is there. */
  readonly when?: (value: Json, holder: JsonMap) => boolean;
  /** What happens instead. */
  readonly instead: string;
}

const isOn = (value: Json): boolean => value === true;
const isOff = (value: Json): boolean => value === false;
const isNotZero = (value: Json): boolean => value !== 0;
const isNot =
  (...words: readonly string[]) =>
  (value: Json): boolean =>
    typeof value === 'string' && !words.includes(value);

/** Names by which the whole server's logger is known. */
export const rootLoggers: readonly string[] = ['kea-dhcp4', 'kea-dhcp6', '*'];
const everyDebugLine = 99;
const leaseCommands = 'libdhcp_lease_cmds.so';
const hostCache = 'libdhcp_host_cache.so';
const leaseQuery = 'libdhcp_lease_query.so';

/** File name of a library, whatever its directory. */
export function libraryName(library: string): string {
  return library.slice(library.lastIndexOf('/') + 1);
}

export const notInForceRows: readonly NotInForceRow[] = [
  { scope: 'dhcp-ddns', key: 'enable-updates', when: isOn, instead: 'no DNS update is sent' },
  {
    scope: 'multi-threading',
    key: 'enable-multi-threading',
    when: isOff,
    instead: 'packets always wait side by side, without threads',
  },
  {
    scope: 'multi-threading',
    key: 'thread-pool-size',
    when: isNotZero,
    instead: 'there are no threads to count',
  },
  { scope: 'multi-threading', key: 'packet-queue-size', instead: 'the queue of packets has its own limit' },
  { scope: 'dhcp-queue-control', key: 'enable-queue', when: isOff, instead: 'the queue is always on' },
  {
    scope: 'control-socket',
    key: 'socket-type',
    when: isNot('unix'),
    instead: 'only UNIX sockets are opened',
  },
  {
    scope: 'global',
    key: 'reservations-lookup-first',
    when: isOn,
    instead: 'reservations and leases are looked up together',
  },
  { scope: 'global', key: 'sanity-checks', instead: 'leases are read from files as they are' },
  ...(['global', 'shared-network', 'subnet'] as const).flatMap((scope): NotInForceRow[] => [
    {
      scope,
      key: 'allocator',
      when: isNot('iterative', 'random'),
      instead: 'free addresses are looked for without a queue',
    },
    {
      scope,
      key: 'pd-allocator',
      when: isNot('iterative', 'random'),
      instead: 'free prefixes are looked for without a queue',
    },
  ]),
  {
    scope: 'interfaces-config',
    key: 'outbound-interface',
    when: isNot('same-as-inbound'),
    instead: 'replies leave by the interface that the request came in',
  },
  { scope: 'database', key: 'max-reconnect-tries', instead: 'a lost database is tried again for ever' },
  { scope: 'database', key: 'reconnect-wait-time', instead: 'attempts are spaced by a growing delay' },
  {
    scope: 'database',
    key: 'on-fail',
    instead: 'the server stays up, counts what it cannot answer, and reconnects',
  },
  {
    scope: 'database',
    key: 'retry-on-startup',
    when: isOff,
    instead: 'a server starts although its database is away',
  },
  { scope: 'database', key: 'read-timeout', when: isNotZero, instead: 'statements have their own limit' },
  { scope: 'database', key: 'write-timeout', when: isNotZero, instead: 'statements have their own limit' },
  { scope: 'database', key: 'tcp-user-timeout', when: isNotZero, instead: 'it belongs to PostgreSQL' },
  { scope: 'database', key: 'ssl-mode', instead: 'it belongs to PostgreSQL' },
  {
    scope: 'database',
    key: 'type',
    when: (value) => value === 'postgresql',
    instead: 'this version knows mysql (MariaDB, MySQL) and memfile, and refuses to start with it',
  },
  {
    scope: 'hooks-library',
    key: 'library',
    when: isLeaseCommands,
    instead: 'the commands -get, -get-all and -get-page are built in, its others are not there',
  },
  {
    scope: 'hooks-library',
    key: 'library',
    when: isHostCache,
    instead: 'reservations are cached, its commands are not there',
  },
  {
    scope: 'hooks-library',
    key: 'library',
    family: 4,
    when: isLeaseQuery,
    instead: 'DHCPv4 leasequery is not part of this version',
  },
  {
    scope: 'hooks-library',
    key: 'library',
    family: 6,
    when: isLeaseQuery,
    instead: 'leasequery is answered, its command extended-info6-upgrade is not there',
  },
  {
    scope: 'hooks-library',
    key: 'library',
    when: isNotBuiltIn,
    instead: 'this library is not part of this version',
  },
  {
    scope: 'logger-output',
    key: 'output',
    when: isNot('stdout'),
    instead: 'log lines go to standard output',
  },
  {
    scope: 'logger-output',
    key: 'maxsize',
    when: isNotZero,
    instead: 'log files are not kept or rotated here',
  },
  {
    scope: 'logger-output',
    key: 'maxver',
    when: isNotZero,
    instead: 'log files are not kept or rotated here',
  },
  { scope: 'logger-output', key: 'flush', when: isOff, instead: 'every line is written at once' },
  { scope: 'logger-output', key: 'pattern', instead: 'log lines are JSON objects' },
  {
    scope: 'logger',
    key: 'name',
    when: isNot(...rootLoggers),
    instead: `only the logger of the whole server counts: ${rootLoggers.join(', ')}`,
  },
  {
    scope: 'logger',
    key: 'debuglevel',
    when: (value, { severity }) =>
      typeof severity === 'string' && severity.toUpperCase() === 'DEBUG' && value !== everyDebugLine,
    instead: 'severity DEBUG shows every debug line',
  },
];

/** Database backends are built in: naming their library changes nothing and is fine. Other files are ES modules. */
const builtInLibraries: ReadonlySet<string> = new Set([
  'libdhcp_mysql.so',
  leaseCommands,
  hostCache,
  leaseQuery,
]);

function isNotBuiltIn(value: Json): boolean {
  return typeof value === 'string' && value.endsWith('.so') && !builtInLibraries.has(libraryName(value));
}

function isHostCache(value: Json): boolean {
  return typeof value === 'string' && libraryName(value) === hostCache;
}

function isLeaseQuery(value: Json): boolean {
  return typeof value === 'string' && libraryName(value) === leaseQuery;
}

function isLeaseCommands(value: Json): boolean {
  return typeof value === 'string' && libraryName(value) === leaseCommands;
}
