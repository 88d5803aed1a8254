// Option text both ways: every standard option, values measured on Kea, refusals that name the field.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Family } from '../../src/addr/family.ts';
import { FlotillaError } from '../../src/errors.ts';
import { layerDefinitions, standardDefinitions } from '../../src/wire/definitions.ts';
import type { OptionDefinition, OptionType } from '../../src/wire/option-definition.ts';
import { fieldTypes } from '../../src/wire/option-fields.ts';
import { decodeOptionText, encodeOptionText, optionText } from '../../src/wire/option-text.ts';
import { optionRows4 } from '../../src/wire/options-v4-table.ts';
import { optionRows6 } from '../../src/wire/options-v6-table.ts';
import * as rows from './option-text-rows.ts';

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const definitions = { 4: standardDefinitions(4), 6: standardDefinitions(6) };

function definitionOf(fields: string): OptionDefinition {
  const array = fields.endsWith('[]');
  const types = fields.replace('[]', '').split(',') as OptionType[];
  const record = types.length > 1;
  return {
    space: 'dhcp4',
    code: 200,
    name: 'test',
    type: record ? 'record' : types[0]!,
    array,
    recordTypes: record ? types : [],
    encapsulates: '',
  };
}

/** One value of each type, as text and as bytes in DHCPv4 and DHCPv6. */
const samples: Readonly<Record<string, readonly [text: string, hex: string, hex6?: string]>> = {
  empty: ['', ''],
  binary: ['0aff', '0aff'],
  boolean: ['true', '01'],
  int8: ['-2', 'fe'],
  int16: ['-2', 'fffe'],
  int32: ['-2', 'fffffffe'],
  uint8: ['7', '07'],
  uint16: ['258', '0102'],
  uint32: ['4294967295', 'ffffffff'],
  'ipv4-address': ['192.0.2.1', 'c0000201'],
  'ipv6-address': ['2001:db8::1', '20010db8000000000000000000000001'],
  'ipv6-prefix': ['2001:db8::/33', '2120010db800'],
  psid: ['5/6', '061400'],
  string: ['hello\\, world', '68656c6c6f2c20776f726c64'],
  tuple: ['ab', '026162', '00026162'],
  fqdn: ['a.example.', '0161076578616d706c6500'],
};
/** Options of type internal and what breaks the rule of their type, by `space code`. */
const ownSamples: Readonly<Record<string, readonly [text: string, hex: string]>> = {
  'dhcp4 121': ['10.0.0.0/8 - 192.0.2.1', '080ac0000201'],
  'dhcp4 162': ['10, a.example.', '000e000a0b0161076578616d706c6500'],
  'dhcp6 144': ['10, a.example.', '000a000b0161076578616d706c6500'],
  'dhcp4 143': ['ab, cd', '0002616200026364'],
};

for (const [family, table] of [
  [4, optionRows4],
  [6, optionRows6],
] as const) {
  test(`all ${table.length} standard options of DHCPv${family} turn text into the right bytes and back`, () => {
    assert.equal(table.length, family === 4 ? 156 : 100);
    for (const [space, code, name] of table) {
      const definition = definitions[family].byCode(space, code)!;
      assert.equal(definition.name, name);
      assert.equal(definitions[family].byName(space, name), definition);
      const [text, hex] = ownSamples[`${space} ${code}`] ?? sampleOf(definition, family);
      assert.equal(toHex(encodeOptionText(definition, text, true, family)), hex, `${space} ${name}`);
      assert.deepEqual(decodeOptionText(definition, fromHex(hex), family), { data: text, csvFormat: true });
      const display = optionText(definition, fromHex(hex), { definitions: definitions[family] });
      assert.ok(definition.type === 'string' || display.startsWith('type='), display);
    }
  });
}

function sampleOf(definition: OptionDefinition, family: Family): readonly [string, string] {
  const types: string[] = [...fieldTypes(definition)];
  if (definition.array) types.push(types.at(-1)!);
  const hexOf = (type: string): string => samples[type]![family === 6 ? 2 : 1] ?? samples[type]![1];
  return [types.map((type) => samples[type]![0]).join(', '), types.map(hexOf).join('')];
}

test('texts that are accepted give the bytes that Kea sends', () => {
  for (const [fields, text, hex] of rows.acceptedTexts) {
    assert.equal(toHex(encodeOptionText(definitionOf(fields), text, true)), hex, `${fields} ${text}`);
  }
  for (const [code, text, hex] of rows.acceptedStandard4) {
    const definition = definitions[4].byCode('dhcp4', code);
    assert.equal(toHex(encodeOptionText(definition, text, true)), hex, `${code} ${text}`);
  }
});

test('texts that are refused name the option, the field and what is allowed', () => {
  const refuses = (definition: OptionDefinition, text: string, csvFormat: boolean, says: RegExp): void => {
    assert.throws(
      () => encodeOptionText(definition, text, csvFormat),
      (thrown) => {
        assert.ok(thrown instanceof FlotillaError);
        assert.equal(thrown.code, 'WIRE_VALUE');
        assert.match(thrown.message, says);
        assert.match(thrown.message, new RegExp(`option ${definition.name}`));
        return true;
      },
      `${definition.type} ${text}`,
    );
  };
  for (const [fields, text, csvFormat, says] of rows.refusedTexts) {
    refuses(definitionOf(fields), text, csvFormat, says);
  }
  for (const [code, text, says] of rows.refusedStandard4) {
    refuses(definitions[4].byCode('dhcp4', code)!, text, true, says);
  }
});

test('hexadecimal and quoted data need no definition, fields do', () => {
  for (const [text, hex] of [
    ['C0 00 03 01', 'c0000301'],
    ['0xabcdef', 'abcdef'],
    ['ab:cd:e', 'abcd0e'],
    ["'convert this'", '636f6e766572742074686973'],
    ['', ''],
  ] as const) {
    assert.equal(toHex(encodeOptionText(undefined, text, false)), hex);
  }
  assert.throws(() => encodeOptionText(undefined, '0102', true), /'csv-format' to false/);
});

test('option[x].text is what Kea shows', () => {
  for (const [code, hex, text] of rows.displayed4) {
    const definition = definitions[4].byCode('dhcp4', code);
    assert.equal(optionText(definition, fromHex(hex), { code, definitions: definitions[4] }), text);
  }
  for (const [fields, hex, text] of rows.displayedFields) {
    assert.equal(optionText(definitionOf(fields), fromHex(hex)), text, fields);
  }
});

test('whatever the bytes, their text encodes to the same bytes again', () => {
  const anyDefinition = fc.constantFrom(...optionRows4, ...optionRows6);
  fc.assert(
    fc.property(anyDefinition, fc.uint8Array({ maxLength: 60 }), ([space, code], bytes) => {
      const family = definitions[4].byCode(space, code) ? 4 : 6;
      const definition = definitions[family].byCode(space, code)!;
      const { data, csvFormat } = decodeOptionText(definition, bytes, family);
      // Bytes that break the definition's form have only their hexadecimal text, without the definition.
      const again = encodeOptionText(csvFormat ? definition : undefined, data, csvFormat, family);
      assert.equal(toHex(again), toHex(bytes));
      optionText(definition, bytes, { definitions: definitions[family] });
    }),
    { numRuns: 3000 },
  );
});

test('whatever the text, encoding gives bytes or WIRE_VALUE', () => {
  const anyText = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'binary', maxLength: 40 }));
  fc.assert(
    fc.property(fc.constantFrom(...optionRows4), anyText, fc.boolean(), ([space, code], text, csvFormat) => {
      try {
        encodeOptionText(definitions[4].byCode(space, code), text, csvFormat);
      } catch (thrown) {
        assert.ok(thrown instanceof FlotillaError && thrown.code === 'WIRE_VALUE', String(thrown));
      }
    }),
    { numRuns: 3000 },
  );
});

test('a small payload cannot unfold into a large text or a deep recursion', () => {
  const name = Buffer.concat([...Array<Buffer>(126).fill(Buffer.from([1, 97])), Buffer.of(0)]);
  const bomb = Buffer.concat([name, ...Array<Buffer>(32_000).fill(Buffer.of(0xc0, 0))]);
  const search = definitions[4].byCode('dhcp4', 119);
  assert.equal(decodeOptionText(search, bomb).csvFormat, false);
  assert.ok(optionText(search, bomb).length < 4 * bomb.length);

  const endless = { ...definitionOf('empty'), space: 'ring', code: 1, encapsulates: 'ring' };
  const ring = layerDefinitions(definitions[6], [endless]);
  let nested = Buffer.alloc(0);
  while (nested.length < 60_000) {
    const header = Buffer.alloc(4);
    header.writeUInt16BE(1);
    header.writeUInt16BE(nested.length, 2);
    nested = Buffer.concat([header, nested]);
  }
  assert.match(optionText(endless, nested, { definitions: ring }), /^type=00001, len=60000:,\noptions:/);
});
