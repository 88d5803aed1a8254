// DHCPv6 packets written by hand from the RFCs, with what they mean: one for each kind of message and of envelope.

export type GoldenOptions6 = readonly (readonly [code: number, hex: string])[];

export interface GoldenPacket6 {
  readonly name: string;
  /** Where the form is defined. */
  readonly source: string;
  /** Blanks do not count. */
  readonly bytes: string;
  /** Outermost first; of the Relay Message option only the place, its hex is ''. */
  readonly relays?: readonly {
    readonly type: number;
    readonly hopCount: number;
    readonly link: string;
    readonly peer: string;
    readonly options: GoldenOptions6;
  }[];
  readonly type: number;
  readonly transactionId: number;
  readonly options: GoldenOptions6;
}

const clientId = '0001000e 00010001 2a1b2c3d 020000000001';
const serverId = '0002000e 00010001 1a1b1c1d 020000000099';
const client: readonly [number, string] = [1, '000100012a1b2c3d020000000001'];
const server: readonly [number, string] = [2, '000100011a1b1c1d020000000099'];
const address = '20010db8000000000000000000000064';
const iaAddress = `00050018 ${address} 00000e10 00001c20`;
const iaNa = `00030028 00000001 00000708 00000b40 ${iaAddress}`;
const iaNaValue = `00000001 00000708 00000b40 ${iaAddress}`.replaceAll(' ', '');
const linkLocal = 'fe80000000000000000000fffe000001';
const linkAddress = '20010db8000000000000000000000001';

export const goldenPackets6: readonly GoldenPacket6[] = [
  {
    name: 'SOLICIT with IA_NA, IA_PD and rapid commit',
    source: 'RFC 8415 §18.2.1',
    bytes: `01 abcdef ${clientId} 00080002 0000 00060004 00170018 0003000c 00000001 00000000 00000000
      00190029 00000002 00000000 00000000 001a0019 00000000 00000000 38 ${'0'.repeat(32)} 000e0000`,
    type: 1,
    transactionId: 0xabcdef,
    options: [
      client,
      [8, '0000'],
      [6, '00170018'],
      [3, '000000010000000000000000'],
      [25, `000000020000000000000000001a0019000000000000000038${'0'.repeat(32)}`],
      [14, ''],
    ],
  },
  {
    name: 'ADVERTISE',
    source: 'RFC 8415 §18.3.9',
    bytes: `02 abcdef ${clientId} ${serverId} ${iaNa} 00070001 ff`,
    type: 2,
    transactionId: 0xabcdef,
    options: [client, server, [3, iaNaValue], [7, 'ff']],
  },
  {
    name: 'REQUEST',
    source: 'RFC 8415 §18.2.2',
    bytes: `03 000001 ${clientId} ${serverId} ${iaNa} 00080002 0064`,
    type: 3,
    transactionId: 1,
    options: [client, server, [3, iaNaValue], [8, '0064']],
  },
  {
    name: 'CONFIRM',
    source: 'RFC 8415 §18.2.3',
    bytes: `04 000002 ${clientId} ${iaNa}`,
    type: 4,
    transactionId: 2,
    options: [client, [3, iaNaValue]],
  },
  {
    name: 'RENEW with two IAs of one type',
    source: 'RFC 8415 §18.2.4',
    bytes: `05 000003 ${clientId} ${serverId} ${iaNa} 0003000c 00000002 00000000 00000000`,
    type: 5,
    transactionId: 3,
    options: [client, server, [3, iaNaValue], [3, '000000020000000000000000']],
  },
  {
    name: 'REBIND',
    source: 'RFC 8415 §18.2.5',
    bytes: `06 000004 ${clientId} ${iaNa}`,
    type: 6,
    transactionId: 4,
    options: [client, [3, iaNaValue]],
  },
  {
    name: 'REPLY with a status',
    source: 'RFC 8415 §18.3.10',
    bytes: `07 ffffff ${clientId} ${serverId} 000d000a 0004 6e6f7420 6f6e206c`,
    type: 7,
    transactionId: 0xffffff,
    options: [client, server, [13, '00046e6f74206f6e206c']],
  },
  {
    name: 'RELEASE',
    source: 'RFC 8415 §18.2.7',
    bytes: `08 000005 ${clientId} ${serverId} ${iaNa}`,
    type: 8,
    transactionId: 5,
    options: [client, server, [3, iaNaValue]],
  },
  {
    name: 'DECLINE',
    source: 'RFC 8415 §18.2.8',
    bytes: `09 000006 ${clientId} ${serverId} ${iaNa}`,
    type: 9,
    transactionId: 6,
    options: [client, server, [3, iaNaValue]],
  },
  {
    name: 'RECONFIGURE with authentication',
    source: 'RFC 8415 §18.3.11, §20.4',
    bytes: `0a 000000 ${clientId} ${serverId} 00130001 05 000b001c 030100 0000000000000001 02 ${'ab'.repeat(16)}`,
    type: 10,
    transactionId: 0,
    options: [client, server, [19, '05'], [11, `030100000000000000000102${'ab'.repeat(16)}`]],
  },
  {
    name: 'INFORMATION-REQUEST without a client identifier',
    source: 'RFC 8415 §18.2.6',
    bytes: '0b 000007 00060006 00170020 0053 00080002 0000',
    type: 11,
    transactionId: 7,
    options: [
      [6, '001700200053'],
      [8, '0000'],
    ],
  },
  {
    name: 'RELAY-FORW around a SOLICIT, the Relay Message between other options',
    source: 'RFC 8415 §9.1, §19.1.1',
    bytes: `0c 00 ${linkAddress} ${linkLocal} 00120004 65746830 00090014 01 000008 0003000c 00000001 00000000 00000000
      00250006 00000009 6162 004f0008 0001 020000000001`,
    relays: [
      {
        type: 12,
        hopCount: 0,
        link: '2001:db8::1',
        peer: 'fe80::ff:fe00:1',
        options: [
          [18, '65746830'],
          [9, ''],
          [37, '000000096162'],
          [79, '0001020000000001'],
        ],
      },
    ],
    type: 1,
    transactionId: 8,
    options: [[3, '000000010000000000000000']],
  },
  {
    name: 'RELAY-REPL around a RELAY-REPL around a REPLY',
    source: 'RFC 8415 §9.2, §19.3',
    bytes: `0d 01 ${'0'.repeat(32)} ${linkAddress} 00870002 0223
      00090032 0d 00 ${linkAddress} ${linkLocal} 00120004 65746830 00090004 07 000009`,
    relays: [
      {
        type: 13,
        hopCount: 1,
        link: '::',
        peer: '2001:db8::1',
        options: [
          [135, '0223'],
          [9, ''],
        ],
      },
      {
        type: 13,
        hopCount: 0,
        link: '2001:db8::1',
        peer: 'fe80::ff:fe00:1',
        options: [
          [18, '65746830'],
          [9, ''],
        ],
      },
    ],
    type: 7,
    transactionId: 9,
    options: [],
  },
  {
    name: 'LEASEQUERY by address',
    source: 'RFC 5007 §4.1.1',
    bytes: `0e 00000a ${clientId} 002c002d 01 ${'0'.repeat(32)} ${iaAddress}`,
    type: 14,
    transactionId: 10,
    options: [client, [44, `01${'0'.repeat(32)}${iaAddress}`.replaceAll(' ', '')]],
  },
  {
    name: 'LEASEQUERY-REPLY with client data',
    source: 'RFC 5007 §4.1.2.2',
    bytes: `0f 00000a ${serverId} ${clientId} 002d0036 ${clientId} ${iaAddress} 002e0004 0000003c`,
    type: 15,
    transactionId: 10,
    options: [server, client, [45, `${clientId}${iaAddress}002e00040000003c`.replaceAll(' ', '')]],
  },
  {
    name: 'LEASEQUERY-DONE',
    source: 'RFC 5460 §5.2.2',
    bytes: '10 00000b',
    type: 16,
    transactionId: 11,
    options: [],
  },
  {
    name: 'LEASEQUERY-DATA',
    source: 'RFC 5460 §5.2.1',
    bytes: `11 00000b 002d0012 ${clientId}`,
    type: 17,
    transactionId: 11,
    options: [[45, clientId.replaceAll(' ', '')]],
  },
  {
    name: 'RECONFIGURE-REQUEST',
    source: 'RFC 6977 §6.1',
    bytes: `12 00000c ${clientId}`,
    type: 18,
    transactionId: 12,
    options: [client],
  },
  {
    name: 'RECONFIGURE-REPLY',
    source: 'RFC 6977 §6.1',
    bytes: `13 00000c ${serverId}`,
    type: 19,
    transactionId: 12,
    options: [server],
  },
  {
    name: 'DHCPV4-QUERY with the unicast flag',
    source: 'RFC 7341 §6.2',
    bytes: '14 800000 00570004 01010600',
    type: 20,
    transactionId: 0x800000,
    options: [[87, '01010600']],
  },
  {
    name: 'DHCPV4-RESPONSE',
    source: 'RFC 7341 §6.2',
    bytes: '15 000000 00570004 02010600',
    type: 21,
    transactionId: 0,
    options: [[87, '02010600']],
  },
  {
    name: 'ACTIVELEASEQUERY',
    source: 'RFC 7653 §6.2.1',
    bytes: '16 00000d',
    type: 22,
    transactionId: 13,
    options: [],
  },
  { name: 'STARTTLS', source: 'RFC 7653', bytes: '17 00000e', type: 23, transactionId: 14, options: [] },
  {
    name: 'ADDR-REG-INFORM with a bare IA Address',
    source: 'RFC 9686 §4.2',
    bytes: `24 00000f ${clientId} ${iaAddress}`,
    type: 36,
    transactionId: 15,
    options: [client, [5, `${address}00000e1000001c20`]],
  },
  {
    name: 'ADDR-REG-REPLY',
    source: 'RFC 9686 §4.3',
    bytes: `25 00000f ${serverId} ${iaAddress}`,
    type: 37,
    transactionId: 15,
    options: [server, [5, `${address}00000e1000001c20`]],
  },
  {
    name: 'REBIND with names, classes, vendor options of two enterprises, IA_TA and an excluded prefix',
    source: 'RFC 8415 §21.5, §21.15 to §21.17, §21.22, RFC 4704 §4, RFC 6603 §4.2',
    bytes: `06 000011 ${clientId} 000f0006 0002 6162 0000 00100009 0000118b 0003 616263
      00110008 0000118b 00010000 00110008 000009bf ea600000 0027000d 01 03626f78 076578616d706c65
      00040004 00000005 0019002f 00000001 00000000 00000000 001a001f 00000e10 00001c20 38
      20010db80000ab000000000000000000 00430002 40cd 00140000`,
    type: 6,
    transactionId: 17,
    options: [
      client,
      [15, '000261620000'],
      [16, '0000118b0003616263'],
      [17, '0000118b00010000'],
      [17, '000009bfea600000'],
      [39, '0103626f78076578616d706c65'],
      [4, '00000005'],
      [25, '000000010000000000000000001a001f00000e1000001c203820010db80000ab0000000000000000000043000240cd'],
      [20, ''],
    ],
  },
  {
    name: 'RELAY-FORW with options for the client, an echo request and a source port',
    source: 'RFC 6422 §4, RFC 4994, RFC 8357',
    bytes: `0c 00 ${linkAddress} ${linkLocal} 00420010 0041000c 0765786d61706c65 03636f6d 002b0002 0026 00260002 7331
      00870002 0000 00350003 000201 00090004 0b 000012`,
    relays: [
      {
        type: 12,
        hopCount: 0,
        link: '2001:db8::1',
        peer: 'fe80::ff:fe00:1',
        options: [
          [66, '0041000c0765786d61706c6503636f6d'],
          [43, '0026'],
          [38, '7331'],
          [135, '0000'],
          [53, '000201'],
          [9, ''],
        ],
      },
    ],
    type: 11,
    transactionId: 18,
    options: [],
  },
  {
    name: 'a message type and options that nobody has defined yet',
    source: 'RFC 8415 §16',
    bytes: 'ff 000010 ffff0001 01 00000000 ffff0002 0203 fffe0000',
    type: 255,
    transactionId: 16,
    options: [
      [65535, '01'],
      [0, ''],
      [65535, '0203'],
      [65534, ''],
    ],
  },
];
