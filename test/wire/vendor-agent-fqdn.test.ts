// The options that the server looks into: sub-options, vendor options, relay agent information, client names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WireError } from '../../src/wire/cursor.ts';
import { layerDefinitions, standardDefinitions } from '../../src/wire/definitions.ts';
import { decodeOptionTree, suboptionAt } from '../../src/wire/suboption-tree.ts';
import { agentInformation4 } from '../../src/wire/v4/agent.ts';
import { decodeClientFqdn4, encodeClientFqdn4, hostNameText4 } from '../../src/wire/v4/fqdn.ts';
import { decodeSuboptions4, encodeSuboptions4 } from '../../src/wire/v4/suboptions.ts';
import {
  decodeVendorClasses4,
  decodeVendorOptions4,
  encodeVendorClasses4,
  encodeVendorOptions4,
} from '../../src/wire/v4/vendor.ts';
import { discover, throughRelay, withCircuitId, withOption, withRelayPort } from '../support/packets4.ts';

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const toHex = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString('hex');
const truncated = (thrown: unknown): boolean =>
  thrown instanceof WireError && thrown.code === 'WIRE_TRUNCATED' && thrown.reason === 'truncated-option';
const malformed = (thrown: unknown): boolean =>
  thrown instanceof WireError && thrown.code === 'WIRE_MALFORMED' && thrown.reason === 'option-value';

test('sub-options decode in order, repeated codes join, PAD and END count only where asked', () => {
  assert.deepEqual(
    [...decodeSuboptions4(fromHex('0101aa 0200 0102bbcc'))].map(([code, value]) => [code, toHex(value)]),
    [
      [1, 'aabbcc'],
      [2, ''],
    ],
  );
  assert.deepEqual([...decodeSuboptions4(fromHex('0000 ff01aa')).keys()], [0, 255]);
  assert.deepEqual([...decodeSuboptions4(fromHex('00 0101aa ff 0201'), true).keys()], [1]);
  for (const hex of ['01', '0101', '0102aa', '0100ff'])
    assert.throws(() => decodeSuboptions4(fromHex(hex)), truncated);
});

test('encoded sub-options decode to the same, long ones too', () => {
  const suboptions = fc.uniqueArray(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 600 })), {
    selector: ([code]) => code,
    maxLength: 6,
  });
  fc.assert(
    fc.property(suboptions, (entries) => {
      const hex = ([code, value]: [number, Uint8Array]): unknown => [code, toHex(value)];
      const decoded = decodeSuboptions4(encodeSuboptions4(new Map(entries)));
      assert.deepEqual([...decoded].map(hex), entries.map(hex));
    }),
  );
});

test('option 125 of several enterprises decodes and encodes to the same bytes', () => {
  const bytes = fromHex('0000118b 05 0101aa 0200  00000009 00');
  const vendors = decodeVendorOptions4(bytes);
  assert.deepEqual(
    vendors.map(({ enterprise, suboptions }) => [enterprise, [...suboptions].map(([c, v]) => [c, toHex(v)])]),
    [
      [
        4491,
        [
          [1, 'aa'],
          [2, ''],
        ],
      ],
      [9, []],
    ],
  );
  assert.equal(toHex(encodeVendorOptions4(vendors)), toHex(bytes));
  for (const hex of ['0000', '0000118b', '0000118b02aa', '0000118b0101']) {
    assert.throws(() => decodeVendorOptions4(fromHex(hex)), truncated);
  }
});

test('an enterprise with more than 255 bytes of sub-options gets blocks cut between them', () => {
  const suboptions = new Map([1, 2, 3].map((code) => [code, new Uint8Array(100).fill(code)]));
  const bytes = encodeVendorOptions4([{ enterprise: 4491, suboptions }]);
  assert.deepEqual([bytes.length, bytes[4], bytes[213]], [2 * 5 + 306, 204, 102]);
  assert.deepEqual(decodeVendorOptions4(bytes), [{ enterprise: 4491, suboptions }]);
  const tooLong = new Map([[1, new Uint8Array(254)]]);
  assert.throws(() => encodeVendorOptions4([{ enterprise: 1, suboptions: tooLong }]), malformed);
});

test('option 124 keeps the data of each enterprise', () => {
  const bytes = fromHex('0000118b 03 616263  0000118b 01 64  00000009 00');
  const classes = decodeVendorClasses4(bytes);
  assert.deepEqual(
    classes.map(({ enterprise, data }) => [enterprise, data.map(toHex)]),
    [
      [4491, ['616263', '64']],
      [9, ['']],
    ],
  );
  assert.equal(toHex(encodeVendorClasses4(classes)), toHex(bytes));
  assert.throws(() => decodeVendorClasses4(fromHex('0000118b 04 616263')), truncated);
});

test('relay agent information is read from option 82', () => {
  const relayed = discover(withOption(82, fromHex('0103657468 05040a010000 0b040a010001 1300 0c02abcd')));
  const agent = agentInformation4(relayed.message)!;
  assert.equal(toHex(agent.circuitId), '657468');
  assert.equal(toHex(agent.relayId), 'abcd');
  assert.equal(agent.remoteId, undefined);
  assert.deepEqual(
    [agent.linkSelection, agent.serverIdOverride, agent.relayPort],
    [0x0a010000, 0x0a010001, true],
  );
  assert.equal(agentInformation4(discover().message), undefined);
  const wrong = discover(withOption(82, fromHex('05030a0100')));
  assert.throws(() => agentInformation4(wrong.message), malformed);
});

test('the packet builder writes what a relay would', () => {
  const { message } = discover(throughRelay('192.0.2.1', withCircuitId('eth7'), withRelayPort()));
  assert.deepEqual([message.giaddr, message.hops], [0xc0000201, 1]);
  assert.equal(toHex(message.options.get(82)), '0104657468371300');
});

/** RFC 4702 §2: payload, flags S O E N, name. */
const fqdns: readonly (readonly [hex: string, flags: string, name: string])[] = [
  ['010000 626f782e6578616d706c652e', 'S', 'box.example.'],
  ['000000 626f78', '', 'box'],
  ['000000 626f7800', '', 'box'],
  ['050000 03626f78 076578616d706c65 00', 'SE', 'box.example.'],
  ['040000 03626f78', 'E', 'box'],
  ['0effff 03626f78 00', 'OEN', 'box.'],
  ['050000', 'SE', ''],
  ['050000 00', 'SE', ''],
];
for (const [hex, flags, name] of fqdns) {
  test(`option 81 ${hex} is '${name}' with flags '${flags}'`, () => {
    const fqdn = decodeClientFqdn4(fromHex(hex));
    const letters = [
      fqdn.serverUpdates ? 'S' : '',
      fqdn.overridden ? 'O' : '',
      fqdn.encoded ? 'E' : '',
      fqdn.noUpdates ? 'N' : '',
    ];
    assert.deepEqual([letters.join(''), fqdn.name], [flags, name]);
    assert.deepEqual(decodeClientFqdn4(encodeClientFqdn4(fqdn)), fqdn);
  });
}

test('broken client names are refused', () => {
  for (const hex of ['', '05', '0500']) assert.throws(() => decodeClientFqdn4(fromHex(hex)), truncated);
  for (const hex of [
    '090000 626f78',
    '040000 ff',
    '040000 05626f78',
    '040000 03626f7800 00',
    '040000 c000',
    '040000 40',
  ]) {
    assert.throws(() => decodeClientFqdn4(fromHex(hex)), malformed, hex);
  }
});

test('a host name loses NULs, blanks and its final dot', () => {
  assert.equal(hostNameText4(Buffer.from('box.example.\0\0')), 'box.example');
  assert.equal(hostNameText4(Buffer.from('\0')), undefined);
  assert.equal(hostNameText4(Buffer.from('.')), undefined);
});

test('sub-options are found along definitions, in containers, records and vendor options', () => {
  const definitions = layerDefinitions(standardDefinitions(4), [
    {
      space: 'dhcp4',
      code: 222,
      name: 'outer',
      type: 'uint16',
      array: false,
      recordTypes: [],
      encapsulates: 'inner',
    },
    { space: 'inner', code: 1, name: 'one', type: 'uint8', array: false, recordTypes: [], encapsulates: '' },
  ]);
  const find = (code: number, hex: string, ...path: number[]): string | undefined =>
    toHex(suboptionAt(definitions.byCode('dhcp4', code), fromHex(hex), path, definitions)?.bytes);
  assert.equal(find(82, '0101aa0202bbcc', 2), 'bbcc');
  assert.equal(find(82, '0101aa', 2), undefined);
  assert.equal(find(43, '000105ff0299', 1), undefined);
  assert.equal(find(43, '00010105ff0299', 1), '05');
  assert.equal(find(222, 'abcd010107', 1), '07');
  assert.equal(find(222, 'abcd010107', 1, 1), undefined);
  assert.equal(find(125, '0000118b03010109', 1), '09');
  assert.equal(find(200, '010101', 1), undefined);
  const tree = decodeOptionTree(definitions.byCode('dhcp4', 222)!, fromHex('abcd010107'), definitions);
  assert.deepEqual(tree.fields, [{ type: 'uint16', text: '43981' }]);
  assert.equal(tree.space, 'inner');
});

test('configured definitions win by code and by name, vendor spaces go by their number', () => {
  const base = standardDefinitions(4);
  const custom = { ...base.byCode('dhcp4', 43)!, name: 'my-vendor', encapsulates: 'mine' };
  const definitions = layerDefinitions(base, [custom]);
  assert.equal(definitions.byCode('dhcp4', 43), custom);
  assert.equal(definitions.byName('dhcp4', 'my-vendor'), custom);
  assert.equal(definitions.byName('dhcp4', 'vendor-encapsulated-options'), undefined);
  assert.equal(definitions.byName('dhcp4', 'routers')?.code, 3);
  assert.equal(definitions.byCode('vendor-4491', 2)?.name, 'tftp-servers');
  assert.equal(standardDefinitions(6).byCode('vendor-4491', 32)?.name, 'tftp-servers');
  const codes = definitions.inSpace('dhcp4').map(({ code }) => code);
  assert.deepEqual(
    codes,
    codes.toSorted((a, b) => a - b),
  );
  assert.equal(definitions.inSpace('dhcp4').filter(({ code }) => code === 43).length, 1);
  assert.equal(layerDefinitions(base, []), base);
});
