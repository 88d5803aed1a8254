// Every scope of the configuration with its keys, except the parameters that inherit (inherited-rows.ts).
import { bool, int, list, map, text, type KeyRow, type ScopeName } from './key-row.ts';

const context: readonly KeyRow[] = [
  map('user-context', 'Free data of the operator, kept and returned.'),
  text('comment', 'A remark; kept as `comment` of the user context.'),
];
const metadata = map(
  'metadata',
  'Where an object of the central configuration comes from; filled by the server.',
);
const classGuards: readonly KeyRow[] = [
  list('client-classes', 'Only for members of any of these classes; empty is for everyone.'),
  text('client-class', 'One class only.', { deprecated: 'client-classes' }),
  list('evaluate-additional-classes', 'Classes evaluated once the address is known, for options only.'),
  list('require-client-classes', 'Old name of evaluate-additional-classes.', {
    deprecated: 'evaluate-additional-classes',
  }),
];
const options: readonly KeyRow[] = [list('option-data', 'Option values.', { scope: 'option-data' })];
const selection: readonly KeyRow[] = [
  text('interface', 'Clients whose packets arrive at this interface belong here.'),
  text(
    'interface-id',
    'Relayed clients with this interface-id belong here: text, or `0x` and hex digits. Not together with `interface`.',
    { family: 6 },
  ),
  map('relay', 'Clients behind these relays belong here.', { scope: 'relay' }),
];
const poolId = int('pool-id', 'Number of the pool in statistics and leases; may repeat.', { default: 0 });
const subnetList = (family: 4 | 6, meaning: string): KeyRow =>
  list(`subnet${family}`, meaning, { family, scope: 'subnet' });
const tls: readonly KeyRow[] = [
  text('trust-anchor', 'File or directory of trusted certificate authorities.'),
  text('cert-file', 'File of the own certificate.'),
  text('key-file', 'File of its private key.'),
];
const bootFields: readonly KeyRow[] = [
  text('next-server', 'Address of the boot server (siaddr).', { family: 4 }),
  text('server-hostname', 'Name of the boot server (sname).', { family: 4, maxLength: 64 }),
  text('boot-file-name', 'Boot file (file).', { family: 4, maxLength: 128 }),
];
const optionTypes = [
  ...['binary', 'boolean', 'empty', 'fqdn', 'ipv4-address', 'ipv6-address', 'ipv6-prefix', 'psid', 'record'],
  ...['string', 'tuple', 'int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32', 'internal'],
];

export interface Scope {
  /** Keys of its own are allowed unless this key is absent or has one of these values. Without it: never. */
  readonly closedWhen?: { readonly key: string; readonly values: readonly string[] };
  readonly title: string;
  readonly meaning: string;
  readonly rows: readonly KeyRow[];
  /** The letter of the scope in inherited-rows.ts. */
  readonly inherits?: 'G' | 'N' | 'S' | 'P';
}

export const scopes: Readonly<Record<ScopeName, Scope>> = {
  global: {
    title: 'Global',
    meaning: 'Directly under `Dhcp4` or `Dhcp6`.',
    inherits: 'G',
    rows: [
      subnetList(4, 'Subnets outside any shared network.'),
      subnetList(6, 'Subnets outside any shared network.'),
      list('shared-networks', 'Subnets that share one link.', { scope: 'shared-network' }),
      list('client-classes', 'Client classes in order of evaluation.', { scope: 'client-class' }),
      list('option-def', 'Option definitions beyond the standard ones.', { scope: 'option-def' }),
      ...options,
      list('reservations', 'Reservations that hold in every subnet with reservations-global.', {
        scope: 'reservation',
      }),
      map('interfaces-config', 'Where to listen.', { scope: 'interfaces-config' }),
      map('lease-database', 'Where leases are kept.', { scope: 'database' }),
      list('hosts-databases', 'Where reservations are kept, searched in order.', { scope: 'database' }),
      map('hosts-database', 'A single database of reservations.', {
        scope: 'database',
        deprecated: 'hosts-databases',
      }),
      map('config-control', 'The central configuration and how often it is asked for changes.', {
        scope: 'config-control',
      }),
      text(
        'server-tag',
        'Which objects of the central configuration are for this server, besides those for all.',
        { maxLength: 256, default: '' },
      ),
      list('control-sockets', 'Channels for management commands.', { scope: 'control-socket' }),
      map('control-socket', 'One channel for management commands.', {
        scope: 'control-socket',
        deprecated: 'control-sockets',
      }),
      list(
        'host-reservation-identifiers',
        'By what reservations are looked up, in this order; `auto` is the default order.',
        {
          minItems: 1,
          itemValues: {
            4: ['hw-address', 'duid', 'circuit-id', 'client-id', 'flex-id', 'auto'],
            6: ['hw-address', 'duid', 'flex-id', 'auto'],
          },
        },
      ),
      int('decline-probation-period', 'Seconds a declined address is kept aside.', { default: 86400 }),
      map('expired-leases-processing', 'How expired leases are reclaimed.', {
        scope: 'expired-leases-processing',
      }),
      map('dhcp-queue-control', 'The queue of packets that wait.', { scope: 'dhcp-queue-control' }),
      map('multi-threading', 'Threads.', { scope: 'multi-threading' }),
      map('sanity-checks', 'Checks of leases that are read from a file.', { scope: 'sanity-checks' }),
      map('compatibility', 'Concessions to clients and relays that break the rules.', {
        scope: 'compatibility',
      }),
      map('dhcp-ddns', 'The link to the DNS update server.', { scope: 'dhcp-ddns' }),
      list('hooks-libraries', 'Extensions.', { scope: 'hooks-library' }),
      list('loggers', 'What is logged, and where to.', { scope: 'logger' }),
      int(
        'dhcp4o6-port',
        'DHCPv4 over DHCPv6: UDP port of the DHCPv6 server on ::1; the DHCPv4 server has the next one. 0 is off.',
        { max: 65534, default: 0 },
      ),
      bool('echo-client-id', 'Send the client identifier back in replies.', { family: 4, default: true }),
      bool('stash-agent-options', 'Use the relay data of the first exchange for later direct renewals.', {
        family: 4,
        default: false,
      }),
      bool('early-global-reservations-lookup', 'Look for global reservations before the subnet is chosen.', {
        default: false,
      }),
      bool('ip-reservations-unique', 'One address is reserved for one client at most.', { default: true }),
      bool('reservations-lookup-first', 'Look at reservations before leases.', { default: false }),
      int('parked-packet-limit', 'Packets that may wait at a hook point; 0 is without limit.', {
        default: 256,
      }),
      int('statistic-default-sample-count', 'Samples kept per statistic; 0 goes by age.', { default: 20 }),
      int('statistic-default-sample-age', 'Seconds that samples are kept; 0 goes by count.', { default: 0 }),
      text('data-directory', 'Where the server keeps its DUID; unset, with the rest of its state.', {
        family: 6,
      }),
      list('mac-sources', 'Where the hardware address of a client is taken from; `any` when unset.', {
        family: 6,
        minItems: 1,
        itemValues: {
          4: [],
          6: [
            ...['any', 'raw', 'duid', 'ipv6-link-local', 'client-link-addr-option', 'rfc6939', 'remote-id'],
            ...['rfc4649', 'subscriber-id', 'rfc4580', 'docsis-cmts', 'docsis-modem'],
          ],
        },
      }),
      list(
        'relay-supplied-options',
        'Options of relays that are passed on (RFC 6422), by code or name; 65 when unset.',
        { family: 6 },
      ),
      map('server-id', 'The DUID of this server.', { family: 6, scope: 'server-id' }),
      bool(
        'allow-address-registration',
        'Accept addresses that clients chose themselves, and tell clients that ask (option 148) so.',
        {
          family: 6,
          default: true,
        },
      ),
      ...context,
    ],
  },
  'shared-network': {
    title: 'Shared network',
    meaning:
      'Subnets on one link. Its subnets must agree on `interface`, and on `authoritative` (DHCPv4) or `rapid-commit` (DHCPv6).',
    inherits: 'N',
    rows: [
      text('name', 'Unique name.', { required: true, minLength: 1, maxLength: 128 }),
      subnetList(4, 'Its subnets.'),
      subnetList(6, 'Its subnets.'),
      ...selection,
      ...classGuards,
      ...options,
      ...context,
      metadata,
    ],
  },
  subnet: {
    title: 'Subnet',
    meaning: 'One prefix with its pools.',
    inherits: 'S',
    rows: [
      int('id', 'Unique number; leases and statistics refer to it.', {
        required: true,
        min: 1,
        max: 4294967294,
      }),
      text('subnet', 'The prefix, such as 192.0.2.0/24.', { required: true }),
      list('pools', 'Ranges that addresses are given from.', { scope: 'pool' }),
      list('pd-pools', 'Prefixes that are delegated.', { family: 6, scope: 'pd-pool' }),
      list('reservations', 'Addresses and options of single clients.', { scope: 'reservation' }),
      ...selection,
      text(
        '4o6-interface',
        'DHCPv4 over DHCPv6: the interface of the DHCPv6 server that its clients are heard on.',
        { family: 4 },
      ),
      text(
        '4o6-interface-id',
        'DHCPv4 over DHCPv6: the interface-id of the relay that its clients come through.',
        { family: 4 },
      ),
      text(
        '4o6-subnet',
        'DHCPv4 over DHCPv6: the IPv6 prefix that its clients, or the relays next to the server, are in.',
        { family: 4 },
      ),
      ...classGuards,
      ...options,
      ...context,
      metadata,
    ],
  },
  pool: {
    title: 'Pool',
    meaning: 'A range inside its subnet that overlaps no other pool.',
    inherits: 'P',
    rows: [
      text('pool', 'First and last address (`192.0.2.10 - 192.0.2.99`), or a prefix.', { required: true }),
      poolId,
      ...classGuards,
      ...options,
      ...context,
      metadata,
    ],
  },
  'pd-pool': {
    title: 'Prefix pool',
    meaning:
      'A prefix that is handed out in equal parts (DHCPv6); overlaps no other of its subnet, inside which it need not lie.',
    rows: [
      text('prefix', 'The prefix, without its length.', { required: true }),
      int('prefix-len', 'Its length.', { required: true, min: 1, max: 128 }),
      int('delegated-len', 'Length of the prefixes handed out, not below prefix-len.', {
        required: true,
        min: 1,
        max: 128,
      }),
      text(
        'excluded-prefix',
        'A part of the first delegated prefix that its client must not use (RFC 6603); of the others, the same part.',
      ),
      int('excluded-prefix-len', 'Its length, above delegated-len.', { max: 128 }),
      poolId,
      ...classGuards,
      ...options,
      ...context,
      metadata,
    ],
  },
  'option-def': {
    title: 'Option definition',
    meaning:
      'The form of an option beyond the standard ones. In a class: DHCPv4 codes 43 and 224 to 254 only.',
    rows: [
      text('name', 'Unique name in its space.', { required: true }),
      int('code', 'Its code.', { required: true, max: 65535 }),
      text('type', 'Type of its value.', { required: true, values: optionTypes }),
      text('record-types', 'Types of the fields of a record, with commas.'),
      bool('array', 'The value, or the last field of a record, repeats.', { default: false }),
      text('space', 'Option space.', { default: 'dhcp4', default6: 'dhcp6' }),
      text('encapsulate', 'Space of the options inside it.', { default: '' }),
      ...context,
      metadata,
    ],
  },
  'option-data': {
    title: 'Option value',
    meaning: 'By `name` or `code`. Inner scopes win over outer ones.',
    rows: [
      text('name', 'Name of the option.'),
      int('code', 'Code of the option.', { max: 65535 }),
      text('data', 'The value: text as the definition asks, or hex digits.'),
      bool('csv-format', '`data` is text (true) or hex digits (false). True when the option is defined.'),
      text('space', 'Option space.', { default: 'dhcp4', default6: 'dhcp6' }),
      bool('always-send', 'Send it although the client did not ask.', { default: false }),
      bool('never-send', 'Do not send it, whoever configured it.', { default: false }),
      list('client-classes', 'Only for members of any of these classes.'),
      ...context,
      metadata,
    ],
  },
  'client-class': {
    title: 'Client class',
    meaning: 'A group of clients, by expression or by reservation.',
    rows: [
      text('name', 'Unique name.', { required: true, minLength: 1, maxLength: 128 }),
      text('test', 'Boolean expression: who is a member.'),
      text('template-test', 'String expression: makes one class per value.'),
      bool('only-in-additional-list', 'Evaluate it only where evaluate-additional-classes names it.', {
        default: false,
      }),
      bool('only-if-required', 'Old name of only-in-additional-list.', {
        deprecated: 'only-in-additional-list',
      }),
      list('option-def', 'Definitions for members of this class.', { family: 4, scope: 'option-def' }),
      ...options,
      ...bootFields,
      int('valid-lifetime', 'Seconds a lease is given for.', { min: 1 }),
      int('min-valid-lifetime', 'Shortest lease a client can ask for.', { min: 1 }),
      int('max-valid-lifetime', 'Longest lease a client can ask for.', { min: 1 }),
      int('offer-lifetime', 'Seconds for which an offered address is kept aside.', { family: 4 }),
      int('preferred-lifetime', 'Seconds an address is preferred.', { family: 6 }),
      int('min-preferred-lifetime', 'Shortest preferred lifetime a client can ask for.', { family: 6 }),
      int('max-preferred-lifetime', 'Longest preferred lifetime a client can ask for.', { family: 6 }),
      ...context,
      metadata,
    ],
  },
  reservation: {
    title: 'Reservation',
    meaning: 'What one client gets, known by exactly one identifier.',
    rows: [
      text('hw-address', 'Identifier: hardware address.'),
      text('duid', 'Identifier: DUID.'),
      text('client-id', 'Identifier: client identifier option.', { family: 4 }),
      text('circuit-id', 'Identifier: circuit of the relay agent; hex digits, or text in single quotes.', {
        family: 4,
      }),
      text('flex-id', 'Identifier made by an expression; hex digits, or text in single quotes.'),
      text('ip-address', 'Reserved address.', { family: 4 }),
      list('ip-addresses', 'Reserved addresses.', { family: 6 }),
      list('prefixes', 'Reserved prefixes.', { family: 6 }),
      list('excluded-prefixes', 'What to exclude from each of them; as many entries, "" for none.', {
        family: 6,
      }),
      text('hostname', 'Name of the client.', { maxLength: 255 }),
      list('client-classes', 'Classes the client becomes a member of.'),
      ...options,
      ...bootFields,
      ...context,
    ],
  },
  relay: {
    title: 'Relay',
    meaning: 'Relay agents by address.',
    rows: [list('ip-addresses', 'Addresses of relays (giaddr or link-address).', { required: true })],
  },
  'interfaces-config': {
    title: 'Interfaces',
    meaning: 'Where the server listens.',
    rows: [
      list('interfaces', '`*` for all, `eth0`, or `eth0/192.0.2.1`; empty listens nowhere.'),
      text('dhcp-socket-type', '`raw` also serves clients without an address, `udp` needs relays.', {
        family: 4,
        values: ['raw', 'udp'],
        default: 'raw',
      }),
      text('outbound-interface', 'Where replies leave.', {
        family: 4,
        values: ['same-as-inbound', 'use-routing'],
        default: 'same-as-inbound',
      }),
      bool('re-detect', 'Look at the interfaces again at every reload.', { default: true }),
      bool('service-sockets-require-all', 'Do not start unless every socket opens.', { default: false }),
      int('service-sockets-retry-wait-time', 'Milliseconds between attempts to open a socket.', {
        default: 5000,
      }),
      int('service-sockets-max-retries', 'Attempts after the first; 0 is none.', { default: 0 }),
      ...context,
    ],
  },
  database: {
    title: 'Database',
    meaning: 'An entry of lease-database, hosts-databases or config-databases.',
    rows: [
      text('type', '`memfile` keeps leases in a file, for leases only.', {
        required: true,
        values: ['memfile', 'mysql', 'postgresql'],
      }),
      text('name', 'Name of the database, or path of the lease file.'),
      text('host', 'Where the database server is; a path is a UNIX socket.', { default: 'localhost' }),
      int('port', 'Its port; 0 is the usual one.', { max: 65535, default: 0 }),
      text('user', 'Account.'),
      text('password', 'Password. Better: password-file, or FLOTILLA_DATABASE_PASSWORD in the environment.'),
      text('password-file', 'File with the password; a relative path starts at the configuration file.'),
      bool('persist', 'memfile: write leases to disk; with false they are gone when the server ends.', {
        default: true,
      }),
      bool(
        'sync-writes',
        'memfile, not a key of Kea: an answer waits until its leases are on the disk, one fdatasync for all that wait. ' +
          'false is faster: a killed server still loses nothing, a power cut what the system had not written yet. ' +
          'See [running.md](running.md#leases-without-a-database).',
        { default: true },
      ),
      int('lfc-interval', 'memfile: seconds between clean-ups of the file; 0 is never.', { default: 3600 }),
      int('max-row-errors', 'memfile: bad lines tolerated; 0 is any number.', { default: 0 }),
      bool('readonly', 'Reservations: never write.', { default: false }),
      int('connect-timeout', 'Seconds to wait for a connection.', { default: 5 }),
      int('read-timeout', 'Seconds to wait for an answer; 0 is for ever.', { default: 0 }),
      int('write-timeout', 'Seconds to wait until a statement is sent; 0 is for ever.', { default: 0 }),
      int('tcp-user-timeout', 'PostgreSQL: seconds until unanswered data ends the connection.', {
        default: 0,
      }),
      int('max-reconnect-tries', 'Attempts after a loss. We try for ever.', { default: 0 }),
      int('reconnect-wait-time', 'Milliseconds between attempts. We back off by ourselves.', { default: 0 }),
      text('on-fail', 'What to do without the database. We count drops and reconnect.', {
        values: ['stop-retry-exit', 'serve-retry-exit', 'serve-retry-continue'],
        default: 'stop-retry-exit',
      }),
      bool('retry-on-startup', 'Go on trying when the database is away at the start.', { default: false }),
      ...tls,
      text('cipher-list', 'TLS ciphers.'),
      text('ssl-mode', 'PostgreSQL: how TLS is used.', {
        values: ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'],
      }),
      ...context,
    ],
  },
  'config-control': {
    title: 'Config backend',
    meaning: 'The central configuration.',
    rows: [
      list('config-databases', 'The database that holds it.', { scope: 'database', maxItems: 1 }),
      int('config-fetch-wait-time', 'Seconds between two looks for changes; 0 never looks.', {
        max: 65535,
        default: 30,
      }),
      ...context,
    ],
  },
  'expired-leases-processing': {
    title: 'Expired leases',
    meaning: 'What happens to leases that ran out.',
    rows: [
      int('reclaim-timer-wait-time', 'Seconds between two rounds; 0 is never.', { max: 65535, default: 10 }),
      int(
        'flush-reclaimed-timer-wait-time',
        'Seconds between two deletions of old reclaimed leases; 0 deletes at once.',
        { max: 65535, default: 25 },
      ),
      int('hold-reclaimed-time', 'Seconds a reclaimed lease is remembered for its client.', {
        default: 3600,
      }),
      int('max-reclaim-leases', 'Leases per round; 0 is without limit.', { default: 100 }),
      int('max-reclaim-time', 'Milliseconds per round; 0 is without limit.', { max: 10000, default: 250 }),
      int('unwarned-reclaim-cycles', 'Rounds that may leave some over before a warning.', {
        max: 65535,
        default: 5,
      }),
    ],
  },
  'dhcp-queue-control': {
    title: 'Packet queue',
    meaning:
      'Packets that wait to be answered. There always is a queue; these values count when it is enabled. ' +
      'See [queues.md](queues.md).',
    closedWhen: { key: 'queue-type', values: ['kea-ring4', 'kea-ring6'] },
    rows: [
      bool('enable-queue', 'Use this queue instead of the built-in one.', { default: false }),
      text(
        'queue-type',
        'Kind of queue: a ring, or one that a hook library registers, with keys of its own.',
        {
          default: 'kea-ring4',
          default6: 'kea-ring6',
        },
      ),
      int('capacity', 'Packets that fit.', { min: 1, default: 64 }),
      ...context,
    ],
  },
  'multi-threading': {
    title: 'Threads',
    meaning: 'Read for compatibility: thousands of packets wait at once without threads.',
    rows: [
      bool('enable-multi-threading', 'Use threads.', { default: true }),
      int('thread-pool-size', 'How many.', { max: 65535, default: 0 }),
      int('packet-queue-size', 'Packets that wait for a thread.', { max: 65535, default: 64 }),
      ...context,
    ],
  },
  'control-socket': {
    title: 'Control socket',
    meaning: 'A channel for management commands.',
    rows: [
      text('socket-type', 'Kind of channel.', { required: true, values: ['unix', 'http', 'https'] }),
      text('socket-name', 'unix: its path.'),
      text('socket-address', 'http: address to listen at.', { default: '127.0.0.1' }),
      int('socket-port', 'http: port.', { max: 65535, default: 8000 }),
      ...tls,
      bool('cert-required', 'https: clients must show a certificate.', { default: true }),
      map('authentication', 'http: who may send commands.', { scope: 'authentication' }),
      list('http-headers', 'http: headers added to every answer.', { scope: 'http-header' }),
      ...context,
    ],
  },
  authentication: {
    title: 'Authentication',
    meaning: 'Basic authentication of a command channel.',
    rows: [
      text('type', 'Kind.', { values: ['basic'], default: 'basic' }),
      text('realm', 'Realm shown to clients.'),
      text('directory', 'Where user-file and password-file are.', { default: '' }),
      list('clients', 'Accounts; an empty list asks nobody.', { scope: 'authentication-client' }),
      ...context,
    ],
  },
  'authentication-client': {
    title: 'Account',
    meaning: 'One account of a command channel.',
    rows: [
      text('user', 'Name; without a colon.'),
      text('password', 'Password.'),
      text('user-file', 'File with the name.'),
      text('password-file', 'File with the password, or with name:password.'),
      ...context,
    ],
  },
  'http-header': {
    title: 'HTTP header',
    meaning: 'A header added to every answer.',
    rows: [
      text('name', 'Its name.', { required: true }),
      text('value', 'Its value.', { required: true }),
      ...context,
    ],
  },
  logger: {
    title: 'Logger',
    meaning: 'What is logged, and where to.',
    rows: [
      text('name', 'Which messages: kea-dhcp4, kea-dhcp6, or a part of them.', { required: true }),
      text('severity', 'From which severity on.', {
        values: ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'NONE'],
        default: 'INFO',
      }),
      int('debuglevel', 'Detail of DEBUG.', { max: 99, default: 0 }),
      list('output-options', 'Where to.', { scope: 'logger-output' }),
      list('output_options', 'Old spelling of output-options.', {
        scope: 'logger-output',
        deprecated: 'output-options',
      }),
      ...context,
    ],
  },
  'logger-output': {
    title: 'Log output',
    meaning: 'One destination of a logger.',
    rows: [
      text('output', '`stdout`, `stderr`, `syslog`, `syslog:<facility>`, or a file.', { required: true }),
      int('maxver', 'Old files kept.', { default: 1 }),
      int('maxsize', 'Bytes after which a file is rotated; 0 is never.', { default: 10240000 }),
      bool('flush', 'Write each line at once.', { default: true }),
      text('pattern', 'Layout of a line.', { default: '' }),
    ],
  },
  'hooks-library': {
    title: 'Hook library',
    meaning: 'An extension: an ES module, or by its Kea name one that is built in. See docs/hooks.md.',
    rows: [
      text('library', 'Path of the module (relative to this file), or a Kea name in any directory.', {
        required: true,
      }),
      map('parameters', 'Its own parameters.'),
    ],
  },
  'dhcp-ddns': {
    title: 'DNS updates',
    meaning: 'The link to the DNS update server.',
    rows: [
      bool('enable-updates', 'Send update requests.', { default: false }),
      text('server-ip', 'Address of the update server.', { default: '127.0.0.1' }),
      int('server-port', 'Its port.', { min: 1, max: 65535, default: 53001 }),
      text('sender-ip', 'Own address; empty is any.', { default: '' }),
      int('sender-port', 'Own port; 0 is any.', { max: 65535, default: 0 }),
      int('max-queue-size', 'Requests that wait.', { default: 1024 }),
      text('ncr-protocol', 'Transport.', { values: ['UDP', 'TCP'], default: 'UDP' }),
      text('ncr-format', 'Format.', { values: ['JSON'], default: 'JSON' }),
      ...context,
    ],
  },
  'sanity-checks': {
    title: 'Sanity checks',
    meaning: 'Checks of leases that are read from a file.',
    rows: [
      text('lease-checks', 'A lease whose subnet does not fit.', {
        values: ['none', 'warn', 'fix', 'fix-del', 'del'],
        default: 'warn',
      }),
      text('extended-info-checks', 'Relay data in the user context.', {
        values: ['none', 'fix', 'strict', 'pedantic'],
        default: 'fix',
      }),
    ],
  },
  compatibility: {
    title: 'Compatibility',
    meaning: 'Concessions to clients and relays that break the rules.',
    rows: [
      bool('lenient-option-parsing', 'Tolerate malformed options.', { default: false }),
      bool('ignore-dhcp-server-identifier', 'Answer although another server is meant.', {
        family: 4,
        default: false,
      }),
      bool('ignore-rai-link-selection', 'Do not look at link-selection of the relay.', {
        family: 4,
        default: false,
      }),
      bool('exclude-first-last-24', 'Leave out .0 and .255 in subnets of 256 addresses or more.', {
        family: 4,
        default: false,
      }),
    ],
  },
  'server-id': {
    title: 'Server DUID',
    meaning: 'How the DUID of a DHCPv6 server is made.',
    rows: [
      text('type', 'Kind of DUID.', { values: ['LLT', 'EN', 'LL'], default: 'LLT' }),
      int('htype', 'Hardware type; 0 takes that of an interface.', { max: 65535, default: 0 }),
      text('identifier', 'Link-layer address, or identifier of the enterprise; hex digits.', { default: '' }),
      int('time', 'LLT: its time; 0 is now.', { default: 0 }),
      int('enterprise-id', 'EN: enterprise number; 0 is 2495.', { default: 0 }),
      bool('persist', 'Keep it in a file.', { default: true }),
      ...context,
    ],
  },
};
