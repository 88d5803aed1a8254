// Refused expressions, each with its place and reason, and the promise that nothing but that error is ever thrown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FlotillaError } from '../../src/errors.ts';
import { compileBoolean, compileString } from '../../src/expr/compile.ts';
import { contextWith, packetWith } from './packets.ts';

/** Expression and the beginning of its message: places as Kea prints them. */
const refused4: readonly (readonly [string, string])[] = [
  ['', '<string>:1.1: syntax error, unexpected end of file'],
  ['foo', '<string>:1.1: Invalid character: f'],
  ['known', '<string>:1.1: Invalid character: k'],
  ["'abc", "<string>:1.1: Invalid character: '"],
  ["'a\nb' == 'c'", "<string>:1.1: Invalid character: '"],
  ['0x == 1', '<string>:1.2: Invalid character: x'],
  ['option[12].exist', '<string>:1.12: Invalid character: e'],
  ['option[nope].exists', "<string>:1.8-11: option 'nope' is not defined"],
  ['option[a].exists', "<string>:1.8: option 'a' is not defined"],
  ['option[12].option[foo].exists', "<string>:1.19-21: option 'foo' is not defined"],
  ['vendor[1].option[foo].exists', "<string>:1.18-20: option 'foo' is not defined"],
  ['option[256].exists', '<string>:1.8-10: Option code has invalid value in 256. Allowed range: 0..255'],
  ['option[-1].exists', '<string>:1.8-9: Option code has invalid value in -1. Allowed range: 0..255'],
  ['option[12].exists and', '<string>:1.22: syntax error, unexpected end of file'],
  ["'a' == 'b' == 'c'", '<string>:1.12-13: syntax error, unexpected =='],
  ['1 == 5000000000', '<string>:1.6-15: Invalid value in 5000000000. Allowed range: 0..4294967295'],
  ['1 == -1', '<string>:1.6-7: Invalid value in -1. Allowed range: 0..4294967295'],
  [
    '1 == 99999999999999999999999',
    '<string>:1.6-28: Failed to convert 99999999999999999999999 to an integer.',
  ],
  ['1.2.3 == 1', '<string>:1.2: syntax error, unexpected .'],
  ['1.2.3.400 == 1', '<string>:1.1-9: Failed to convert 1.2.3.400 to an IP address.'],
  ['1::2::3 == 1', '<string>:1.1-7: Failed to convert 1::2::3 to an IP address.'],
  ['pkt4.mac == 1:2:3:4:5:6', '<string>:1.13-23: Failed to convert 1:2:3:4:5:6 to an IP address.'],
  ["member('foo')", "<string>:1.8-12: Not defined client class 'foo'"],
  ["member('HA_')", "<string>:1.8-12: Not defined client class 'HA_'"],
  ["member('DROP')", "<string>:1.8-13: Not defined client class 'DROP'"],
  ['pkt6.msgtype == 1', '<string>:1.1-4: pkt6 can only be used in DHCPv6.'],
  ["relay6[0].peeraddr == ''", '<string>:1.1-6: relay6 can only be used in DHCPv6.'],
  ["'a'", '<string>:1.4: syntax error, unexpected end of file, expecting == or +'],
  ["'a' and 'b'", '<string>:1.5-7: syntax error, unexpected and, expecting == or +'],
  ['not 1', '<string>:1.6: syntax error, unexpected end of file, expecting == or +'],
  ["(option[12].exists) == 'true'", '<string>:1.21-22: syntax error, unexpected =='],
  ["ifelse('a', 'a', 'b') == 'a'", '<string>:1.11: syntax error, unexpected ,, expecting == or +'],
  ["substring('a', 'b', 1) == ''", "<string>:1.16-18: syntax error, unexpected 'b', expecting integer"],
  ["substring('a', 1, some) == ''", '<string>:1.19: Invalid character: s'],
  [
    "match(option[12].text, 'a')",
    '<string>:1.7-12: syntax error, unexpected option, expecting constant string',
  ],
  ["match('(', 'a')", "<string>:1.7-9: invalid regular expression '('"],
  ["match('a)(b', 'a')", "<string>:1.7-12: invalid regular expression 'a)(b'"],
  ["match('[[:nope:]]', 'a')", "<string>:1.7-18: invalid regular expression '[[:nope:]]'"],
  ['vendor[4294967296].exists', '<string>:1.8-17: Invalid value in 4294967296. Allowed range: 0..4294967295'],
  ['vendor[-1].exists', '<string>:1.8-9: Invalid value in -1. Allowed range: 0..4294967295'],
  [
    'vendor[1].enterprise == 1',
    '<string>:1.11-20: syntax error, unexpected enterprise, expecting option or exists',
  ],
  ["vendor-class[1].data[256] == 'a'", '<string>:1.22-24: Invalid value in 256. Allowed range: 0..255'],
  ["vendor-class.data == 'a'", '<string>:1.14-17: syntax error, unexpected data, expecting enterprise'],
  ["pkt.data == 'a'", '<string>:1.5-8: syntax error, unexpected data, expecting iface or src or dst or len'],
  ["concat('a','b','c') == 'abc'", '<string>:1.15: syntax error, unexpected ","'],
  ["concat('a') == 'a'", '<string>:1.11: syntax error, unexpected ")", expecting ,'],
  [
    'option[12].exists option[13].exists',
    '<string>:1.19-24: syntax error, unexpected option, expecting end of file',
  ],
  ['option[12].exists or\n  foo', '<string>:2.3: Invalid character: f'],
  ['option[12].exists\n\n and option[nope].exists', "<string>:3.13-16: option 'nope' is not defined"],
];

test('every refused expression names the place and the reason', () => {
  for (const [expression, message] of refused4) {
    assert.throws(
      () => compileBoolean(expression, contextWith(4)),
      (error) => {
        assert.ok(error instanceof FlotillaError);
        assert.equal(error.code, 'EXPRESSION_SYNTAX');
        assert.equal(error.message.slice(0, message.length), message);
        const place = /^<string>:(\d+)\.(\d+)/.exec(message)!;
        assert.deepEqual(error.location, { line: Number(place[1]), column: Number(place[2]) });
        return true;
      },
      expression,
    );
  }
});

test('DHCPv6 refuses what is DHCPv4 only, and its own ranges', () => {
  const refused6: readonly (readonly [string, RegExp])[] = [
    ['pkt4.msgtype == 1', /pkt4 can only be used in DHCPv4/],
    ['relay4[1].exists', /relay4 can only be used in DHCPv4/],
    ['relay6[32].peeraddr == 1', /1\.8-9: Nest level has invalid value in 32\. Allowed range: -32\.\.31/],
    ['option[65536].exists', /Allowed range: 0\.\.65535/],
    ['relay6[0].exists', /expecting option or peeraddr or linkaddr/],
    ['pkt6.giaddr == 0', /expecting msgtype or transid/],
  ];
  for (const [expression, message] of refused6)
    assert.throws(() => compileBoolean(expression, contextWith(6)), message, expression);
});

test('a string expression refuses a truth, a boolean one refuses a text', () => {
  assert.throws(() => compileString('option[12].exists', contextWith(4)), /1\.18: syntax error/);
  assert.throws(() => compileBoolean('option[12].text', contextWith(4)), /1\.16: syntax error/);
});

test('blanks and line breaks may stand anywhere between words, also inside brackets', () => {
  for (const expression of [
    'option[ host-name ].exists',
    '\toption\n[host-name ] . exists\n',
    " ( 'a'+'b' )==\n'ab' ",
    'vendor [ * ] . exists',
  ])
    compileBoolean(expression, contextWith(4));
});

test('parentheses have a limit, deep enough for anything written by hand', () => {
  const nested = (depth: number) => `${'('.repeat(depth)}option[12].exists${')'.repeat(depth)}`;
  compileBoolean(nested(150), contextWith(4));
  assert.throws(() => compileBoolean(nested(100_000), contextWith(4)), /nested too deeply/);
  assert.throws(
    () => compileBoolean(`${'not '.repeat(100_000)}option[12].exists`, contextWith(4)),
    /too deeply/,
  );
});

const words = [
  'option', '[', ']', '12', 'host-name', '.', 'exists', 'text', 'hex', '(', ')', 'and', 'or', 'sand', 'sor', 'not', '==',
  '+', "'a'", '0x1', 'substring', ',', 'all', '-1', 'split', 'member', 'match', 'relay4', 'relay6', 'vendor',
  'vendor-class', '*', 'data', 'enterprise', 'pkt', 'pkt4', 'pkt6', 'mac', 'ifelse', 'concat', '10.0.0.1', '::1', '\n',
]; // prettier-ignore

test('random text and random words throw nothing but a located syntax error', () => {
  const expression = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(' ')),
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(expression, fc.constantFrom<4 | 6>(4, 6), fc.boolean(), (text, family, asBoolean) => {
      try {
        const compile = asBoolean ? compileBoolean : compileString;
        compile(text, contextWith(family)).evaluate(packetWith({ family }));
      } catch (error) {
        assert.ok(error instanceof FlotillaError, `${JSON.stringify(text)} threw ${String(error)}`);
        if (error.code === 'EXPRESSION_SYNTAX')
          assert.ok(error.location.line! >= 1 && error.location.column! >= 1);
        else assert.equal(error.code, 'EXPRESSION_EVALUATION');
      }
    }),
    { numRuns: 5000 },
  );
});
