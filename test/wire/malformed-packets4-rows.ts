// DHCPv4 packets that must be refused, each with the exact error, and what lenient parsing makes of it.
import type { WireReason } from '../../src/wire/cursor.ts';

export interface MalformedPacket4 {
  readonly name: string;
  readonly hex: string;
  readonly code: 'WIRE_TRUNCATED' | 'WIRE_MALFORMED';
  readonly reason: WireReason;
  /** Options that lenient parsing finds; absent: it refuses too. */
  readonly lenientOptions?: readonly (readonly [code: number, hex: string])[];
}

const fixed = '01010600'.padEnd(472, '0');
const cookie = '63825363';
const start = `${fixed}${cookie}`;
const longHardware = `01011100${fixed.slice(8)}${cookie}350101ff`;

export const malformedPackets4: readonly MalformedPacket4[] = [
  { name: 'nothing at all', hex: '', code: 'WIRE_TRUNCATED', reason: 'truncated-header' },
  { name: 'one byte', hex: '01', code: 'WIRE_TRUNCATED', reason: 'truncated-header' },
  {
    name: 'a header without its last byte',
    hex: fixed.slice(2),
    code: 'WIRE_TRUNCATED',
    reason: 'truncated-header',
  },
  { name: 'BOOTP without vendor area', hex: fixed, code: 'WIRE_MALFORMED', reason: 'bootp-no-cookie' },
  { name: 'half a cookie', hex: `${fixed}6382`, code: 'WIRE_MALFORMED', reason: 'bootp-no-cookie' },
  {
    name: 'another vendor area',
    hex: `${fixed}${'0'.repeat(128)}`,
    code: 'WIRE_MALFORMED',
    reason: 'bootp-no-cookie',
  },
  {
    name: 'BOOTP with a cookie and nothing behind it',
    hex: start,
    code: 'WIRE_MALFORMED',
    reason: 'bootp-no-message-type',
  },
  {
    name: 'BOOTP with options',
    hex: `${start}0c0161ff`,
    code: 'WIRE_MALFORMED',
    reason: 'bootp-no-message-type',
  },
  {
    name: 'a hardware address of 17 bytes',
    hex: longHardware,
    code: 'WIRE_MALFORMED',
    reason: 'hardware-address-length',
    lenientOptions: [[53, '01']],
  },
  {
    name: 'a message type of no bytes',
    hex: `${start}3500ff`,
    code: 'WIRE_MALFORMED',
    reason: 'message-type',
  },
  {
    name: 'a message type of two bytes',
    hex: `${start}35020101ff`,
    code: 'WIRE_MALFORMED',
    reason: 'message-type',
  },
  {
    name: 'a message type twice',
    hex: `${start}350101350103ff`,
    code: 'WIRE_MALFORMED',
    reason: 'message-type',
  },
  { name: 'message type 0', hex: `${start}350100ff`, code: 'WIRE_MALFORMED', reason: 'message-type' },
  {
    name: 'an option that ends before its length',
    hex: `${start}3501010c`,
    code: 'WIRE_TRUNCATED',
    reason: 'truncated-option',
    lenientOptions: [[53, '01']],
  },
  {
    name: 'an option that runs past the end by one byte',
    hex: `${start}3501010c036162`,
    code: 'WIRE_TRUNCATED',
    reason: 'truncated-option',
    lenientOptions: [
      [53, '01'],
      [12, '6162'],
    ],
  },
  {
    name: 'an option of 255 bytes in a short packet',
    hex: `${start}3501012bff01`,
    code: 'WIRE_TRUNCATED',
    reason: 'truncated-option',
    lenientOptions: [
      [53, '01'],
      [43, '01'],
    ],
  },
  {
    name: 'overload 0',
    hex: `${start}350101340100ff`,
    code: 'WIRE_MALFORMED',
    reason: 'option-overload',
    lenientOptions: [[53, '01']],
  },
  {
    name: 'overload 4',
    hex: `${start}350101340104ff`,
    code: 'WIRE_MALFORMED',
    reason: 'option-overload',
    lenientOptions: [[53, '01']],
  },
  {
    name: 'an empty overload',
    hex: `${start}3501013400ff`,
    code: 'WIRE_MALFORMED',
    reason: 'option-overload',
    lenientOptions: [[53, '01']],
  },
  {
    name: 'an option that runs past the end of an overloaded file',
    hex: `${fixed.slice(0, 216)}0cff${'61'.repeat(126)}${cookie}350101340101ff`,
    code: 'WIRE_TRUNCATED',
    reason: 'truncated-option',
    lenientOptions: [
      [53, '01'],
      [12, '61'.repeat(126)],
    ],
  },
];
