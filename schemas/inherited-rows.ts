// The parameters that inherit, and in which scopes each may stand: G global, N shared network, S subnet, P pool.
import { bool, int, real, text, type KeyRow } from './key-row.ts';

export type ScopeLetters = 'GNSP' | 'GNS' | 'NS';

const iterative =
  '`iterative` goes up, beside other servers that share the leases from a place of the client’s own.';

/** Set where it is needed, it holds for everything inside; unset, the scope around it decides. */
export const inheritedRows: readonly (readonly [ScopeLetters, KeyRow])[] = [
  [
    'GNS',
    int('valid-lifetime', 'Seconds a lease is given for. 4294967295 is for ever.', { min: 1, default: 7200 }),
  ],
  [
    'GNS',
    int(
      'min-valid-lifetime',
      'Shortest lease a client can ask for, in seconds. Alone, it also sets the lifetime.',
      { min: 1 },
    ),
  ],
  [
    'GNS',
    int(
      'max-valid-lifetime',
      'Longest lease a client can ask for, in seconds. Alone, it also sets the lifetime.',
      { min: 1 },
    ),
  ],
  [
    'GNS',
    int('preferred-lifetime', 'Seconds an address is preferred; 0.625 of the valid lifetime when unset.', {
      family: 6,
    }),
  ],
  ['GNS', int('min-preferred-lifetime', 'Shortest preferred lifetime a client can ask for.', { family: 6 })],
  ['GNS', int('max-preferred-lifetime', 'Longest preferred lifetime a client can ask for.', { family: 6 })],
  [
    'GNS',
    int('renew-timer', 'T1: seconds until a client renews. Unset, it is sent only with calculate-tee-times.'),
  ],
  [
    'GNS',
    int(
      'rebind-timer',
      'T2: seconds until a client rebinds. Unset, it is sent only with calculate-tee-times.',
    ),
  ],
  [
    'GNS',
    bool('calculate-tee-times', 'Derive T1 and T2 from the lifetime when the timers are unset.', {
      default: false,
      default6: true,
    }),
  ],
  [
    'GNS',
    real('t1-percent', 'T1 as a fraction of the lifetime; below t2-percent.', {
      above: 0,
      below: 1,
      default: 0.5,
    }),
  ],
  [
    'GNS',
    real('t2-percent', 'T2 as a fraction of the lifetime.', {
      above: 0,
      below: 1,
      default: 0.875,
      default6: 0.8,
    }),
  ],
  [
    'GNS',
    bool('match-client-id', 'Know a client by its client identifier first, then by its hardware address.', {
      family: 4,
      default: true,
    }),
  ],
  [
    'GNS',
    bool('authoritative', 'Refuse (NAK) addresses of clients that restart with an address unknown here.', {
      family: 4,
      default: false,
    }),
  ],
  ['GNS', text('next-server', 'Address of the boot server (siaddr).', { family: 4, default: '0.0.0.0' })],
  [
    'GNS',
    text('server-hostname', 'Name of the boot server (sname).', { family: 4, maxLength: 64, default: '' }),
  ],
  ['GNS', text('boot-file-name', 'Boot file (file).', { family: 4, maxLength: 128, default: '' })],
  [
    'GNS',
    bool('reservations-global', 'Look for the client among the global reservations.', { default: false }),
  ],
  [
    'GNS',
    bool('reservations-in-subnet', 'Look for the client among the reservations of the subnet.', {
      default: true,
    }),
  ],
  [
    'GNS',
    bool(
      'reservations-out-of-pool',
      'Promise that reserved addresses lie outside the pools, which saves a check.',
      { default: false },
    ),
  ],
  [
    'GNS',
    real(
      'cache-threshold',
      'A renewal within this fraction of the lifetime answers with the remaining time and writes nothing; 0 switches it off.',
      { min: 0, below: 1, default: 0.25 },
    ),
  ],
  ['GNS', int('cache-max-age', 'Seconds after which a renewal is written even below the threshold.')],
  [
    'GNS',
    int(
      'offer-lifetime',
      'Seconds for which an offered address is kept aside for its client; 0 keeps nothing.',
      { family: 4, default: 0 },
    ),
  ],
  [
    'GNS',
    text('allocator', `How a free address is looked for. ${iterative}`, {
      family: 4,
      values: ['iterative', 'random', 'flq', 'shared-flq'],
      default: 'iterative',
    }),
  ],
  [
    'GNS',
    text(
      'allocator',
      `How a free address is looked for; IPv6 pools are too large for a list of free ones. ${iterative}`,
      {
        family: 6,
        values: ['iterative', 'random', 'shared-flq'],
        default: 'iterative',
      },
    ),
  ],
  [
    'GNS',
    text('pd-allocator', `How a free prefix is looked for. ${iterative}`, {
      family: 6,
      values: ['iterative', 'random', 'flq', 'shared-flq'],
      default: 'iterative',
    }),
  ],
  [
    'NS',
    bool(
      'rapid-commit',
      'Answer two messages instead of four; the subnets of a shared network must agree on it.',
      { family: 6, default: false },
    ),
  ],
  [
    'GNS',
    bool('store-extended-info', 'Keep relay agent data in the user context of the lease.', {
      default: false,
    }),
  ],
  [
    'GNS',
    real(
      'adaptive-lease-time-threshold',
      'Fraction of a pool in use above which the shortest lifetime is given.',
      { above: 0, max: 1 },
    ),
  ],
  [
    'GNSP',
    bool('ddns-send-updates', 'Ask for DNS updates (dhcp-ddns.enable-updates must be on too).', {
      default: true,
    }),
  ],
  [
    'GNSP',
    bool('ddns-override-no-update', 'Update DNS although the client asked for none.', { default: false }),
  ],
  [
    'GNSP',
    bool('ddns-override-client-update', 'Update the forward name although the client wants to do it.', {
      default: false,
    }),
  ],
  [
    'GNSP',
    text('ddns-replace-client-name', 'When to give the client a generated name.', {
      values: ['never', 'always', 'when-present', 'when-not-present'],
      default: 'never',
    }),
  ],
  [
    'GNSP',
    text('ddns-generated-prefix', 'First part of generated names, before the address.', {
      default: 'myhost',
    }),
  ],
  ['GNSP', text('ddns-qualifying-suffix', 'Domain appended to names without one.', { default: '' })],
  ['GNSP', bool('ddns-update-on-renew', 'Repeat the DNS update at every renewal.', { default: false })],
  [
    'GNSP',
    text('ddns-conflict-resolution-mode', 'What to do when the name belongs to somebody else.', {
      values: [
        'check-with-dhcid',
        'no-check-with-dhcid',
        'check-exists-with-dhcid',
        'no-check-without-dhcid',
      ],
      default: 'check-with-dhcid',
    }),
  ],
  [
    'GNSP',
    bool('ddns-use-conflict-resolution', 'true reads as check-with-dhcid, false as no-check-with-dhcid.', {
      deprecated: 'ddns-conflict-resolution-mode',
    }),
  ],
  [
    'GNSP',
    real('ddns-ttl-percent', 'TTL of DNS records as a fraction of the lifetime; a third when unset.', {
      above: 0,
    }),
  ],
  ['GNSP', int('ddns-ttl', 'Fixed TTL of DNS records in seconds; 0 is unset.')],
  ['GNSP', int('ddns-ttl-min', 'Lower bound of the TTL in seconds; 0 is unset (600).')],
  ['GNSP', int('ddns-ttl-max', 'Upper bound of the TTL in seconds; 0 is unset.')],
  [
    'GNSP',
    text('hostname-char-set', 'Regular expression of the characters that are replaced in client names.', {
      default: '[^A-Za-z0-9.-]',
    }),
  ],
  [
    'GNSP',
    text('hostname-char-replacement', 'What they are replaced with; empty drops them.', { default: '' }),
  ],
];
