// DHCPv6 packets and option payloads that must be refused, each with the exact error and the place that it names.
import type { WireReason } from '../../../src/wire/cursor.ts';

export interface Malformed6 {
  readonly name: string;
  /** Blanks do not count. */
  readonly hex: string;
  readonly code: 'WIRE_TRUNCATED' | 'WIRE_MALFORMED';
  readonly reason: WireReason;
  /** What the message of the error says. */
  readonly says: RegExp;
}

export interface MalformedPacket6 extends Malformed6 {
  /** Options that lenient parsing finds; absent: it refuses too. */
  readonly lenientOptions?: readonly (readonly [code: number, hex: string])[];
}

const relayHeader = `0c00${'0'.repeat(64)}`;
const replyHeader = `0d00${'0'.repeat(64)}`;
const short = { code: 'WIRE_TRUNCATED', reason: 'truncated-header' } as const;
const cutOff = { code: 'WIRE_TRUNCATED', reason: 'truncated-option' } as const;
const wrongRelay = { code: 'WIRE_MALFORMED', reason: 'relay-message' } as const;

const sized = (hex: string): string => (hex.length / 2).toString(16).padStart(4, '0');
/** `levels` RELAY-FORW around the bytes. */
const relayed = (levels: number, hex: string): string =>
  levels === 0 ? hex : relayed(levels - 1, `${relayHeader}0009${sized(hex)}${hex}`);

export const malformedPackets6: readonly MalformedPacket6[] = [
  { name: 'nothing at all', hex: '', ...short, says: /^0 bytes are too few/ },
  { name: 'one byte', hex: '01', ...short, says: /^1 bytes/ },
  { name: 'a header without its last byte', hex: '010203', ...short, says: /^3 bytes/ },
  {
    name: 'message type 0',
    hex: '00000001',
    code: 'WIRE_MALFORMED',
    reason: 'message-type',
    says: /type 0/,
  },
  {
    name: 'one byte behind the header',
    hex: '01000001 00',
    ...cutOff,
    says: /^message, byte 4: an option has 1 bytes/,
    lenientOptions: [],
  },
  {
    name: 'an option that ends before its length',
    hex: '01000001 00080002abcd 000100',
    ...cutOff,
    says: /^message, byte 10: an option has 3 bytes/,
    lenientOptions: [[8, 'abcd']],
  },
  {
    name: 'an option that runs past the end by one byte',
    hex: '01000001 000e0000 00080003abcd',
    ...cutOff,
    says: /^message, byte 8: option 8 announces 3 bytes, 2 are left/,
    lenientOptions: [[14, '']],
  },
  {
    name: 'an option of 65535 bytes in a short packet',
    hex: '01000001 0001ffff',
    ...cutOff,
    says: /option 1 announces 65535 bytes, 0 are left/,
    lenientOptions: [],
  },
  { name: 'RELAY-FORW with one byte', hex: '0c', ...short, says: /^relay 0: 1 bytes/ },
  {
    name: 'a relay header without its last byte',
    hex: relayHeader.slice(0, -2),
    ...short,
    says: /^relay 0: 33 bytes/,
  },
  {
    name: 'RELAY-FORW without options',
    hex: relayHeader,
    ...wrongRelay,
    says: /^relay 0: there is no Relay Message/,
  },
  {
    name: 'RELAY-REPL with other options only',
    hex: `${replyHeader} 0012000161`,
    ...wrongRelay,
    says: /^relay 0: there is no/,
  },
  {
    name: 'RELAY-FORW with two Relay Messages',
    hex: `${relayHeader} 0009000401000001 0009000401000002`,
    ...wrongRelay,
    says: /^relay 0: there are several/,
  },
  {
    name: 'an empty Relay Message',
    hex: `${relayHeader} 00090000`,
    ...short,
    says: /^0 bytes .* inside relay 0/,
  },
  {
    name: 'a Relay Message that runs past the end',
    hex: `${relayHeader} 0009000501000001`,
    ...cutOff,
    says: /^relay 0, byte 34: option 9 announces 5/,
  },
  {
    name: 'the second relay without a Relay Message',
    hex: relayed(1, relayHeader),
    ...wrongRelay,
    says: /^relay 1: there is no/,
  },
  {
    name: 'RELAY-REPL inside RELAY-FORW',
    hex: relayed(1, `${replyHeader}0009000401000001`),
    ...wrongRelay,
    says: /^relay 1: its type/,
  },
  {
    name: 'a truncated option inside two relays',
    hex: relayed(2, '01000001000100'),
    ...cutOff,
    says: /^message, byte 4/,
    lenientOptions: [],
  },
  {
    name: '33 relays',
    hex: relayed(33, '01000001'),
    code: 'WIRE_MALFORMED',
    reason: 'relay-depth',
    says: /more than 32/,
  },
];

const address = '20010db8'.padEnd(32, '0');
const value = { code: 'WIRE_MALFORMED', reason: 'option-value' } as const;
const nested = { code: 'WIRE_MALFORMED', reason: 'option-nesting' } as const;
const ia = '00000001 00000000 00000000';

/** By the name of the decoder in `option-kinds.test.ts`. */
export const malformedPayloads6: readonly (Malformed6 & { readonly decoder: string })[] = [
  { decoder: 'ia', name: 'an empty IA', hex: '', ...cutOff, says: /^IA has 0 bytes/ },
  {
    decoder: 'ia',
    name: 'an IA without its T2',
    hex: '00000001 00000000 000000',
    ...cutOff,
    says: /11 bytes/,
  },
  { decoder: 'ia', name: 'an IA with half an option', hex: `${ia} 0005`, ...cutOff, says: /^IA, byte 12/ },
  {
    decoder: 'ia',
    name: 'an address that runs past its IA',
    hex: `${ia} 00050018 ${address}`,
    ...cutOff,
    says: /^IA, byte 12: option 5 announces 24 bytes, 16 are left/,
  },
  {
    decoder: 'ia',
    name: 'an IA_NA inside an IA',
    hex: `${ia} 0003000c ${ia}`,
    ...nested,
    says: /^IA: option 3/,
  },
  {
    decoder: 'ia',
    name: 'an IA_TA inside an IA',
    hex: `${ia} 00040004 00000001`,
    ...nested,
    says: /option 4/,
  },
  { decoder: 'ia', name: 'an IA_PD inside an IA', hex: `${ia} 0019000c ${ia}`, ...nested, says: /option 25/ },
  { decoder: 'iaTa', name: 'an empty IA_TA', hex: '', ...cutOff, says: /^IA_TA has 0 bytes/ },
  {
    decoder: 'iaTa',
    name: 'an IA_NA inside an IA_TA',
    hex: `00000001 0003000c ${ia}`,
    ...nested,
    says: /^IA_TA: option 3/,
  },
  { decoder: 'iaAddress', name: 'an empty IA Address', hex: '', ...cutOff, says: /^IA Address has 0/ },
  {
    decoder: 'iaAddress',
    name: 'an IA Address without lifetimes',
    hex: address,
    ...cutOff,
    says: /16 bytes, its fields alone have 24/,
  },
  {
    decoder: 'iaAddress',
    name: 'an address inside an address',
    hex: `${address} ${'0'.repeat(16)} 00050018 ${address} ${'0'.repeat(16)}`,
    ...nested,
    says: /^IA Address: option 5/,
  },
  { decoder: 'iaPrefix', name: 'an empty IA Prefix', hex: '', ...cutOff, says: /^IA Prefix has 0/ },
  {
    decoder: 'iaPrefix',
    name: 'a prefix length of 129',
    hex: `${'0'.repeat(16)} 81 ${address}`,
    ...value,
    says: /length 129/,
  },
  { decoder: 'status', name: 'an empty status', hex: '', ...cutOff, says: /2 bytes expected/ },
  { decoder: 'status', name: 'half a status code', hex: '00', ...cutOff, says: /1 left/ },
  { decoder: 'codes', name: 'an option request of three bytes', hex: '001700', ...value, says: /3 bytes/ },
  { decoder: 'linkLayer', name: 'an empty link-layer address', hex: '', ...value, says: /0 bytes/ },
  { decoder: 'linkLayer', name: 'a hardware type alone', hex: '0001', ...value, says: /2 bytes/ },
  {
    decoder: 'addresses',
    name: 'an address and a half',
    hex: `${address}20010db8`,
    ...value,
    says: /20 bytes/,
  },
  { decoder: 'duid', name: 'an empty DUID', hex: '', ...value, says: /0 bytes, allowed are 3 to 130/ },
  { decoder: 'duid', name: 'a DUID of a type alone', hex: '0001', ...value, says: /2 bytes/ },
  {
    decoder: 'duid',
    name: 'a DUID of 131 bytes',
    hex: `0002${'00'.repeat(129)}`,
    ...value,
    says: /131 bytes/,
  },
  {
    decoder: 'duid',
    name: 'a DUID-LLT without its time',
    hex: '0001 0001',
    ...cutOff,
    says: /4 bytes expected/,
  },
  {
    decoder: 'duid',
    name: 'a DUID-LLT without an address',
    hex: '0001 0001 00000000',
    ...value,
    says: /LLT/,
  },
  { decoder: 'duid', name: 'a DUID-EN without an identifier', hex: '0002 00000009', ...value, says: /EN/ },
  { decoder: 'duid', name: 'a DUID-LL without an address', hex: '0003 0001', ...value, says: /LL/ },
  { decoder: 'duid', name: 'a UUID of 15 bytes', hex: `0004 ${'00'.repeat(15)}`, ...value, says: /15 bytes/ },
  { decoder: 'duid', name: 'a UUID of 17 bytes', hex: `0004 ${'00'.repeat(17)}`, ...value, says: /17 bytes/ },
  { decoder: 'vendorClass', name: 'an empty vendor class', hex: '', ...cutOff, says: /4 bytes expected/ },
  {
    decoder: 'vendorClass',
    name: 'a vendor class item past the end',
    hex: '00000009 0003 6162',
    ...cutOff,
    says: /3 bytes expected at offset 6, 2 left/,
  },
  { decoder: 'vendorOptions', name: 'empty vendor options', hex: '', ...cutOff, says: /4 bytes expected/ },
  {
    decoder: 'vendorOptions',
    name: 'a vendor option past the end',
    hex: '0000118b 0001 0003 6162',
    ...cutOff,
    says: /^vendor options of 4491, byte 4/,
  },
  { decoder: 'userClass', name: 'half a length', hex: '00', ...cutOff, says: /2 bytes expected/ },
  {
    decoder: 'userClass',
    name: 'a user class past the end',
    hex: '0001',
    ...cutOff,
    says: /1 bytes expected/,
  },
  { decoder: 'fqdn', name: 'an empty FQDN', hex: '', ...cutOff, says: /1 bytes expected/ },
  { decoder: 'fqdn', name: 'S together with N', hex: '05 03626f78 00', ...value, says: /both N and S/ },
  { decoder: 'fqdn', name: 'a label past the end', hex: '00 05626f78', ...value, says: /label/ },
  { decoder: 'fqdn', name: 'bytes behind the name', hex: '00 03626f7800 00', ...value, says: /option 39/ },
  { decoder: 'leaseQuery', name: 'an empty lease query', hex: '', ...cutOff, says: /1 bytes expected/ },
  {
    decoder: 'leaseQuery',
    name: 'a lease query without a link',
    hex: '01',
    ...cutOff,
    says: /16 bytes expected/,
  },
  {
    decoder: 'leaseQuery',
    name: 'half an option in a lease query',
    hex: `01 ${address} 0005`,
    ...cutOff,
    says: /^lease query, byte 17/,
  },
  {
    decoder: 'clientData',
    name: 'half an option in client data',
    hex: '000100',
    ...cutOff,
    says: /^client data/,
  },
  { decoder: 'relayData', name: 'empty relay data', hex: '', ...cutOff, says: /16 bytes expected/ },
  { decoder: 'pdExclude', name: 'an empty Prefix Exclude', hex: '', ...cutOff, says: /1 bytes expected/ },
  {
    decoder: 'pdExclude',
    name: 'an exclusion as long as its prefix',
    hex: '38 00',
    ...value,
    says: /length 56/,
  },
  {
    decoder: 'pdExclude',
    name: 'an exclusion of 129 bits',
    hex: `81 ${'00'.repeat(10)}`,
    ...value,
    says: /129/,
  },
  { decoder: 'pdExclude', name: 'an exclusion without a subnet ID', hex: '40', ...cutOff, says: /0 bytes/ },
  {
    decoder: 'pdExclude',
    name: 'a subnet ID of two bytes for one',
    hex: '40 0000',
    ...value,
    says: /2 bytes/,
  },
];
