// The kinds of DHCPv6 options: hand-written payloads with what they mean, malformed ones, and round trips.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatHex } from '../../../src/addr/hex.ts';
import { parseIpv6 } from '../../../src/addr/ipv6.ts';
import { FlotillaError } from '../../../src/errors.ts';
import { WireError } from '../../../src/wire/cursor.ts';
import { decodeDhcp4o6, encodeDhcp4o6 } from '../../../src/wire/v6/dhcp4o6.ts';
import { checkDuid, decodeDuid, encodeDuid, parseDuid, type Duid } from '../../../src/wire/v6/duid.ts';
import { decodeClientFqdn6, encodeClientFqdn6 } from '../../../src/wire/v6/fqdn.ts';
import * as ia from '../../../src/wire/v6/ia.ts';
import * as leaseQuery from '../../../src/wire/v6/leasequery.ts';
import { messageType6 } from '../../../src/wire/v6/message.ts';
import { Options6 } from '../../../src/wire/v6/options.ts';
import { decodePdExclude6, encodePdExclude6, type Prefix6 } from '../../../src/wire/v6/pd-exclude.ts';
import { decodeStatus6, encodeStatus6, statusCode6 } from '../../../src/wire/v6/status.ts';
import * as values from '../../../src/wire/v6/values.ts';
import * as vendor from '../../../src/wire/v6/vendor.ts';
import { fromHex, listed, throwsAsSaid, toHex } from './check.ts';
import { malformedPayloads6 } from './malformed-packets6-rows.ts';

const isValueError = (thrown: unknown): boolean =>
  thrown instanceof FlotillaError && thrown.code === 'WIRE_VALUE';
const delegated: Prefix6 = { prefix: parseIpv6('2001:db8:0:ab00::'), length: 56 };

const decoders: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  ia: ia.decodeIa6,
  iaTa: ia.decodeIaTa6,
  iaAddress: ia.decodeIaAddress6,
  iaPrefix: ia.decodeIaPrefix6,
  status: decodeStatus6,
  codes: (bytes) => values.decodeCodes6(bytes),
  linkLayer: values.decodeLinkLayerAddress6,
  addresses: (bytes) => values.decodeAddresses6(bytes, 'links'),
  duid: decodeDuid,
  vendorClass: vendor.decodeVendorClass6,
  vendorOptions: vendor.decodeVendorOptions6,
  userClass: vendor.decodeUserClass6,
  fqdn: decodeClientFqdn6,
  leaseQuery: leaseQuery.decodeLeaseQuery6,
  clientData: leaseQuery.decodeClientData6,
  relayData: leaseQuery.decodeLqRelayData6,
  pdExclude: (bytes) => decodePdExclude6(bytes, delegated),
};

for (const row of malformedPayloads6) {
  test(`malformed ${row.decoder}: ${row.name}`, () => {
    throwsAsSaid(() => decoders[row.decoder]!(fromHex(row.hex)), row);
  });
}

test('no decoder throws anything but its own error, whatever the bytes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(decoders)),
      fc.uint8Array({ maxLength: 80 }),
      (decode, bytes) => {
        try {
          decode(bytes);
        } catch (thrown) {
          assert.ok(thrown instanceof WireError);
        }
      },
    ),
    { numRuns: 5000 },
  );
});

test('IA_NA with two addresses, one of them with a status (RFC 8415 §21.4, §21.6)', () => {
  const first = '20010db8 00000000 00000000 00000001 00000e10 00001c20';
  const second = '20010db8 00000000 00000000 00000002 00000000 00000000 000d0002 0006';
  const bytes = fromHex(`0000002a 00000708 00000b40 00050018 ${first} 0005001e ${second}`);
  const decoded = ia.decodeIa6(bytes);
  assert.deepEqual([decoded.iaid, decoded.t1, decoded.t2], [42, 1800, 2880]);
  const [a, b] = ia.iaAddresses6(decoded.options);
  assert.deepEqual(
    [a!.address, a!.preferredLifetime, a!.validLifetime, a!.options.size],
    [parseIpv6('2001:db8::1'), 3600, 7200, 0],
  );
  assert.deepEqual([b!.address, b!.validLifetime], [parseIpv6('2001:db8::2'), 0]);
  assert.deepEqual(decodeStatus6(b!.options.get(13)!), { code: statusCode6.NoPrefixAvail, message: '' });
  assert.equal(toHex(ia.encodeIa6(decoded)), toHex(bytes));
  assert.equal(toHex(ia.encodeIaAddress6(b!)), toHex(fromHex(second)));
});

test('IA_TA (RFC 8415 §21.5)', () => {
  const bytes = fromHex('ffffffff 000d0002 0002');
  const decoded = ia.decodeIaTa6(bytes);
  assert.deepEqual([decoded.iaid, listed(decoded.options)], [0xffffffff, [[13, '0002']]]);
  assert.equal(toHex(ia.encodeIaTa6(decoded)), toHex(bytes));
});

test('IA_PD with a prefix of which a part is excluded (RFC 8415 §21.21, §21.22, RFC 6603 §4.2)', () => {
  const prefix = '00000e10 00001c20 38 20010db8 0000ab00 00000000 00000000 00430002 40 cd';
  const bytes = fromHex(`00000001 00000000 ffffffff 001a001f ${prefix}`);
  const decoded = ia.decodeIa6(bytes);
  const [lease] = ia.iaPrefixes6(decoded.options);
  assert.deepEqual([decoded.t2, lease!.prefix, lease!.length], [0xffffffff, delegated.prefix, 56]);
  const excluded = { prefix: parseIpv6('2001:db8:0:abcd::'), length: 64 };
  assert.deepEqual(decodePdExclude6(lease!.options.get(67)!, lease!), excluded);
  assert.equal(toHex(encodePdExclude6(excluded, lease!)), '40cd');
  assert.equal(toHex(ia.encodeIa6(decoded)), toHex(bytes));
  assert.equal(toHex(ia.encodeIaPrefix6(lease!)), toHex(fromHex(prefix)));
});

test('an excluded prefix must be a smaller part of the delegated one', () => {
  const outside = { prefix: parseIpv6('2001:db8:0:ac00::'), length: 64 };
  for (const wrong of [outside, delegated, { ...delegated, length: 48 }, { ...delegated, length: 129 }]) {
    assert.throws(() => encodePdExclude6(wrong, delegated), isValueError);
  }
});

test('any part of any prefix survives Prefix Exclude', () => {
  const lengths = fc
    .tuple(fc.nat(127), fc.nat(127))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
  fc.assert(
    fc.property(lengths, fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), ([outer, inner], address) => {
      const whole = { prefix: (address >> BigInt(128 - outer)) << BigInt(128 - outer), length: outer };
      const part = { prefix: (address >> BigInt(128 - inner)) << BigInt(128 - inner), length: inner };
      assert.deepEqual(decodePdExclude6(encodePdExclude6(part, whole), whole), part);
    }),
  );
});

/** RFC 8415 §11, RFC 6355 §4. */
const duids: readonly (readonly [hex: string, duid: Duid])[] = [
  [
    '0001 0001 2a1b2c3d 020000000001',
    { kind: 'LLT', htype: 1, time: 0x2a1b2c3d, address: fromHex('020000000001') },
  ],
  ['0002 000009bf 0a0b0c', { kind: 'EN', enterprise: 2495, identifier: fromHex('0a0b0c') }],
  ['0003 001b 0102030405060708', { kind: 'LL', htype: 27, address: fromHex('0102030405060708') }],
  [`0004 ${'9f'.repeat(16)}`, { kind: 'UUID', uuid: fromHex('9f'.repeat(16)) }],
  ['00ff 01', { kind: 'other', type: 255, data: fromHex('01') }],
];
for (const [hex, duid] of duids) {
  test(`DUID of the kind ${duid.kind}`, () => {
    const bytes = fromHex(hex);
    assert.deepEqual(decodeDuid(bytes), duid);
    assert.deepEqual(encodeDuid(duid), bytes);
    assert.deepEqual(parseDuid(formatHex(bytes)), bytes);
  });
}

test('a DUID is taken by its length alone: 3 to 130 bytes (RFC 8415 §11.1)', () => {
  const malformedLlt = fromHex('000100');
  assert.equal(checkDuid(malformedLlt), malformedLlt);
  assert.equal(checkDuid(new Uint8Array(130)).length, 130);
  for (const length of [0, 1, 2, 131]) assert.throws(() => checkDuid(new Uint8Array(length)), WireError);
  for (const text of ['', '00:01', '00'.repeat(131), 'no hex']) {
    assert.throws(
      () => parseDuid(text),
      (thrown) => thrown instanceof FlotillaError && thrown.code === 'ADDRESS_SYNTAX',
    );
  }
  assert.throws(
    () => encodeDuid({ kind: 'EN', enterprise: 1, identifier: new Uint8Array(125) }),
    isValueError,
  );
  assert.throws(() => encodeDuid({ kind: 'UUID', uuid: new Uint8Array(15) }), isValueError);
});

test('status codes (RFC 8415 §21.13)', () => {
  const status = { code: statusCode6.NotOnLink, message: 'Adresse nicht möglich' };
  assert.deepEqual(decodeStatus6(encodeStatus6(status)), status);
  assert.deepEqual(decodeStatus6(fromHex('0002 ff')), { code: 2, message: 'ÿ' });
});

test('option requests and elapsed time (RFC 8415 §21.7, §21.9)', () => {
  assert.deepEqual(values.decodeCodes6(fromHex('0017 0018 ffff 0017')), [23, 24, 65535, 23]);
  assert.equal(toHex(values.encodeCodes6([23, 65535])), '0017ffff');
  assert.deepEqual(values.decodeCodes6(fromHex('')), []);
  assert.equal(values.elapsedTime6(new Options6()), undefined);
  assert.equal(values.elapsedTime6(new Options6().add(8, fromHex('ffff'))), 65535);
  assert.throws(() => values.elapsedTime6(new Options6().add(8, fromHex('ff'))), WireError);
});

test('client link-layer address (RFC 6939 §4)', () => {
  const bytes = fromHex('0001 020000000001');
  const decoded = values.decodeLinkLayerAddress6(bytes);
  assert.deepEqual([decoded.htype, toHex(decoded.address)], [1, '020000000001']);
  assert.deepEqual(values.encodeLinkLayerAddress6(decoded), bytes);
});

test('vendor class, vendor options and user class (RFC 8415 §21.15, §21.16, §21.17)', () => {
  const vendorClass = fromHex('0000118b 0003 616263 0000 0001 64');
  const decoded = vendor.decodeVendorClass6(vendorClass);
  assert.deepEqual([decoded.enterprise, decoded.data.map(toHex)], [4491, ['616263', '', '64']]);
  assert.deepEqual(vendor.encodeVendorClass6(decoded), vendorClass);

  const vendorOptions = fromHex('ffffffff 0001 0002 0020 0402 0001 61 0001 0000');
  const options = vendor.decodeVendorOptions6(vendorOptions);
  assert.deepEqual(
    [options.enterprise, listed(options.options)],
    [
      0xffffffff,
      [
        [1, '0020'],
        [1026, '61'],
        [1, ''],
      ],
    ],
  );
  assert.deepEqual(vendor.encodeVendorOptions6(options), vendorOptions);

  const userClass = fromHex('0002 6162 0000');
  assert.deepEqual(vendor.decodeUserClass6(userClass).map(toHex), ['6162', '']);
  assert.deepEqual(vendor.encodeUserClass6(vendor.decodeUserClass6(userClass)), userClass);
});

/** RFC 4704 §4: payload, flags S O N, name. */
const fqdns: readonly (readonly [hex: string, flags: string, name: string])[] = [
  ['01 03626f78 076578616d706c65 00', 'S', 'box.example.'],
  ['00 03626f78', '', 'box'],
  ['03 03626f78 00', 'SO', 'box.'],
  ['04', 'N', ''],
  ['06 00', 'ON', ''],
];
for (const [hex, flags, name] of fqdns) {
  test(`option 39 ${hex} is '${name}' with flags '${flags}'`, () => {
    const fqdn = decodeClientFqdn6(fromHex(hex));
    const letters = [fqdn.serverUpdates && 'S', fqdn.overridden && 'O', fqdn.noUpdates && 'N'];
    assert.deepEqual([letters.filter((letter) => letter !== false).join(''), fqdn.name], [flags, name]);
    assert.deepEqual(decodeClientFqdn6(encodeClientFqdn6(fqdn)), fqdn);
  });
}

test('a name that is none is refused', () => {
  const fqdn = { serverUpdates: true, overridden: false, noUpdates: false, name: 'a..b' };
  assert.throws(() => encodeClientFqdn6(fqdn), isValueError);
});

test('leasequery options (RFC 5007 §4.1.2)', () => {
  const query = fromHex('02 20010db8000000000000000000000001 0001000400030001 00060002 0011');
  const decoded = leaseQuery.decodeLeaseQuery6(query);
  assert.equal(decoded.queryType, leaseQuery.leaseQueryType6.BY_CLIENTID);
  assert.equal(decoded.linkAddress, parseIpv6('2001:db8::1'));
  assert.deepEqual(listed(decoded.options), [
    [1, '00030001'],
    [6, '0011'],
  ]);
  assert.deepEqual(leaseQuery.encodeLeaseQuery6(decoded), query);

  const relayData = fromHex('20010db8000000000000000000000001 0c00');
  const relay = leaseQuery.decodeLqRelayData6(relayData);
  assert.deepEqual([relay.peerAddress, toHex(relay.message)], [parseIpv6('2001:db8::1'), '0c00']);
  assert.deepEqual(leaseQuery.encodeLqRelayData6(relay), relayData);

  const way = (link: string, peer: string, hopCount: number, interfaceId: string) => ({
    hopCount,
    linkAddress: parseIpv6(link),
    peerAddress: parseIpv6(peer),
    options: new Options6().add(18, fromHex(interfaceId)),
  });
  const relays = [way('2001:db8::1', '2001:db8::2', 1, '0a'), way('2001:db8:1::1', 'fe80::1', 0, '0b0c')];
  const inner = '0c00 20010db8000100000000000000000001 fe800000000000000000000000000001 00120002 0b0c';
  const outer = '0c01 20010db8000000000000000000000001 20010db8000000000000000000000002 00120001 0a';
  const all = fromHex(`${outer} 00090028 ${inner}`);
  assert.deepEqual(leaseQuery.encodeRelaysAlone6(relays), all);
  assert.deepEqual(leaseQuery.encodeRelaysAlone6(relays.slice(1)), fromHex(inner));

  const clientData = fromHex('002e0004 0000003c');
  assert.deepEqual(leaseQuery.decodeClientData6(clientData).encode(), clientData);
  const links = [parseIpv6('2001:db8::'), parseIpv6('2001:db8:1::')];
  assert.deepEqual(values.decodeAddresses6(values.encodeAddresses6(links), 'links'), links);
});

test('a DHCPv4 message inside DHCPv6 (RFC 7341)', () => {
  const bytes = fromHex('01010600');
  for (const unicast of [true, false]) {
    const inner = { type: messageType6.DHCPV4_QUERY, unicast, bytes };
    assert.deepEqual(decodeDhcp4o6(encodeDhcp4o6(inner)), inner);
  }
  const message = encodeDhcp4o6({ type: messageType6.DHCPV4_RESPONSE, unicast: false, bytes });
  assert.throws(() => decodeDhcp4o6({ ...message, type: messageType6.SOLICIT }), WireError);
  assert.throws(() => decodeDhcp4o6({ ...message, options: new Options6() }), WireError);
  message.options.add(87, bytes);
  assert.throws(() => decodeDhcp4o6(message), WireError);
});

test('addresses and prefixes of any value survive', () => {
  const uint32 = fc.nat(0xffffffff);
  const lease = fc.record({
    address: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
    preferredLifetime: uint32,
    validLifetime: uint32,
    length: fc.nat(128),
  });
  fc.assert(
    fc.property(lease, ({ address, length, ...lifetimes }) => {
      const options = new Options6().add(13, fromHex('0000'));
      const one = { address, ...lifetimes, options };
      assert.deepEqual(ia.decodeIaAddress6(ia.encodeIaAddress6(one)), one);
      const many = { prefix: address, length, ...lifetimes, options };
      assert.deepEqual(ia.decodeIaPrefix6(ia.encodeIaPrefix6(many)), many);
    }),
  );
});
