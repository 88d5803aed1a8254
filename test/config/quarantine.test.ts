// Bad objects are set aside with their reason; their last good version and everything else stay in force.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot, type BuildResult } from '../../src/config/build.ts';
import { checkConfig } from '../../src/config/load.ts';
import { parseJsonText } from '../../src/config/json.ts';
import type { ConfigParts } from '../../src/config/parts.ts';
import { FlotillaError } from '../../src/errors.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { partsWith, row, subnet } from './parts.ts';

function build(parts: ConfigParts, last?: BuildResult): BuildResult {
  const previous = last ? { parts: last.inForce, snapshot: last.snapshot } : null;
  return buildSnapshot(parts, previous, { mode: 'quarantine', epoch: 1 });
}

const said = (result: BuildResult): string[] =>
  result.rejections.map(
    ({ objectType, objectKey, reason, lastGoodKept }) =>
      `${objectType} ${objectKey}: ${reason}${lastGoodKept ? ' [kept]' : ''}`,
  );
const pool = (pool: string, rowId?: number): JsonMap =>
  rowId === undefined ? { pool } : { pool, metadata: { 'row-id': rowId } };

/** Name, the bad object among good ones, what is said of it. */
const bad: readonly (readonly [string, Partial<ConfigParts>, readonly string[]])[] = [
  [
    'a prefix that is none',
    { subnets: [subnet(1), subnet(2, { subnet: 'not-a-prefix' })] },
    ["subnet 2: 'not-a-prefix' is not an IPv4 prefix such as 192.0.2.0/24"],
  ],
  [
    'a prefix that another subnet has',
    { subnets: [subnet(1), subnet(2, { subnet: '10.0.1.0/24', pools: [] })] },
    ['subnet 2: duplicate prefix: 10.0.1.0/24 is subnet 1 already'],
  ],
  [
    'an id that another subnet has',
    { subnets: [subnet(1), subnet(1, { subnet: '10.9.0.0/24', pools: [] })] },
    ['subnet 1: duplicate subnet: 1 exists already'],
  ],
  [
    'a network that does not exist',
    { subnets: [subnet(1), subnet(2, { 'shared-network-name': 'attic' })] },
    ["subnet 2: the shared network 'attic' does not exist or is not in force"],
  ],
  [
    'a value that the schema refuses',
    { subnets: [subnet(1), subnet(2, { allocator: 'fastest' })] },
    ['subnet 2: allocator must be one of iterative, random, flq, shared-flq'],
  ],
  [
    'an inverted pool',
    { subnets: [subnet(1, { pools: [pool('10.0.1.99 - 10.0.1.10'), pool('10.0.1.100 - 10.0.1.110')] })] },
    ["pool 10.0.1.99 - 10.0.1.10 (subnet 1): the range '10.0.1.99 - 10.0.1.10' ends before it begins"],
  ],
  [
    'a pool outside its subnet',
    { subnets: [subnet(1, { pools: [pool('10.0.2.1 - 10.0.2.9'), pool('10.0.1.1 - 10.0.1.9')] })] },
    [
      'pool 10.0.2.1 - 10.0.2.9 (subnet 1): the pool 10.0.2.1 - 10.0.2.9 is not inside the subnet 10.0.1.0/24',
    ],
  ],
  [
    'overlapping pools',
    { subnets: [subnet(1, { pools: [pool('10.0.1.1 - 10.0.1.9'), pool('10.0.1.9 - 10.0.1.20')] })] },
    [
      'pool 10.0.1.9 - 10.0.1.20 (subnet 1): the pool 10.0.1.9 - 10.0.1.20 overlaps the pool 10.0.1.1 - 10.0.1.9',
    ],
  ],
  [
    'an option text that does not fit its definition',
    {
      subnets: [
        subnet(1, {
          'option-data': [
            { name: 'routers', data: 'here' },
            { name: 'domain-name', data: 'x' },
          ],
        }),
      ],
    },
    ['option dhcp4.routers (subnet 1): '],
  ],
  [
    'an option of a pool',
    {
      subnets: [
        subnet(1, { pools: [{ ...pool('10.0.1.1 - 10.0.1.9'), 'option-data': [{ code: 3, data: 'x' }] }] }),
      ],
    },
    ['option dhcp4.3 (pool 10.0.1.1 - 10.0.1.9, subnet 1): '],
  ],
  [
    'a global option that is not defined',
    {
      subnets: [subnet(1)],
      options: [row({ name: 'no-such-thing', data: '1' }), row({ name: 'domain-name', data: 'x' })],
    },
    ["option dhcp4.no-such-thing: option 'no-such-thing' is not defined in space 'dhcp4'"],
  ],
  [
    'a reserved address outside the subnet',
    { subnets: [subnet(1, { reservations: [{ 'hw-address': '1:2:3:4:5:6', 'ip-address': '10.0.2.5' }] })] },
    [
      'reservation hw-address 1:2:3:4:5:6 (subnet 1): the reserved address 10.0.2.5 is not inside the subnet 10.0.1.0/24',
    ],
  ],
  [
    'a duplicate reservation of a client',
    {
      subnets: [
        subnet(1, { reservations: [{ 'hw-address': '1:2:3:4:5:6' }, { 'hw-address': '010203040506' }] }),
      ],
    },
    [
      'reservation hw-address 010203040506 (subnet 1): duplicate reservation: hw-address 01:02:03:04:05:06 is reserved twice here',
    ],
  ],
  [
    'a duplicate reservation of an address',
    {
      subnets: [
        subnet(1, {
          reservations: [
            { 'hw-address': '1:2:3:4:5:6', 'ip-address': '10.0.1.5' },
            { 'hw-address': '1:2:3:4:5:7', 'ip-address': '10.0.1.5' },
          ],
        }),
      ],
    },
    ['reservation hw-address 1:2:3:4:5:7 (subnet 1): duplicate reservation: 10.0.1.5 is reserved twice here'],
  ],
  [
    'a reservation with two identifiers',
    { subnets: [subnet(1)], reservations: [row({ 'hw-address': '1:2', duid: '0001' })] },
    ['reservation hw-address 1:2: has more than one identifier: hw-address, duid'],
  ],
  [
    'a class whose expression is broken',
    {
      subnets: [subnet(1)],
      classes: [
        row({ name: 'good', test: "option[60].text == 'a'" }),
        row({ name: 'bad', test: 'option[60' }),
      ],
    },
    ['client-class bad: '],
  ],
  [
    'a class that names one that is not in force',
    {
      subnets: [subnet(1)],
      classes: [row({ name: 'a', test: 'nonsense' }), row({ name: 'b', test: "member('a')" })],
    },
    ['client-class a: ', 'client-class b: '],
  ],
  [
    'a test on a class of the server itself',
    { subnets: [subnet(1)], classes: [row({ name: 'KNOWN', test: "'a' == 'a'" })] },
    ['client-class KNOWN: the class KNOWN is set by the server itself and cannot have a test'],
  ],
  [
    'an array that encapsulates',
    {
      subnets: [subnet(1)],
      optionDefs: [row({ name: 'x', code: 200, type: 'uint8', array: true, encapsulate: 'y' })],
    },
    ['option-def dhcp4.x: an array cannot encapsulate an option space'],
  ],
  [
    'a global that contradicts the others',
    { subnets: [subnet(1)], globals: { 'valid-lifetime': 9, 'max-valid-lifetime': 8, 'renew-timer': 5 } },
    ['global valid-lifetime: valid-lifetime 9 is above max-valid-lifetime 8'],
  ],
  [
    'a global of the wrong type',
    { subnets: [subnet(1)], globals: { 'renew-timer': 'soon', 'rebind-timer': 9 } },
    ['global renew-timer: must be an integer from 0 to 4294967295'],
  ],
  [
    'subnets of a network that disagree',
    {
      networks: [row({ name: 'n' })],
      subnets: [
        subnet(1, { 'shared-network-name': 'n' }),
        subnet(2, { 'shared-network-name': 'n', authoritative: true }),
      ],
    },
    ["subnet 2: all subnets of the shared network 'n' must agree on 'authoritative'; subnet 1 differs"],
  ],
];
for (const [name, parts, expected] of bad) {
  test(`${name} is set aside, the rest is in force`, () => {
    const result = build(partsWith(parts));
    const found = said(result);
    assert.equal(found.length, expected.length, found.join('\n'));
    expected.forEach((text, index) => assert.ok(found[index]!.startsWith(text), `${found[index]} | ${text}`));
    assert.ok(result.snapshot.subnets.get(1));
    // What is said to be in force can be built strictly and gives the same configuration.
    const again = buildSnapshot(result.inForce, null, { mode: 'strict', epoch: 1 });
    assert.equal(again.snapshot.hash, result.snapshot.hash);
    assert.throws(() => buildSnapshot(partsWith(parts), null, { mode: 'strict', epoch: 1 }), FlotillaError);
  });
}

test('the last good subnet stays in force until its row is mended, and follows changes around it meanwhile', () => {
  const good = partsWith({ subnets: [subnet(1), subnet(2, { 'valid-lifetime': 50 })] });
  const first = build(good);
  const broken = { ...good, subnets: [good.subnets[0]!, subnet(2, { subnet: 'not-a-prefix' })] };
  const second = build(broken, first);
  assert.match(said(second)[0]!, /^subnet 2: 'not-a-prefix'.*\[kept\]$/);
  assert.equal(second.snapshot.subnets.get(2)!.prefix, '10.0.2.0/24');
  assert.equal(second.snapshot.hash, first.snapshot.hash);

  const third = build({ ...broken, globals: { 'renew-timer': 77 } }, second);
  assert.equal(said(third).length, 1);
  assert.equal(third.snapshot.subnets.get(2)!.parameters.renewTimer, 77);
  assert.equal(third.snapshot.subnets.get(2)!.parameters.validLifetime.value, 50);

  const fourth = build(
    { ...broken, subnets: [good.subnets[0]!, subnet(2, { 'valid-lifetime': 60 })] },
    third,
  );
  assert.deepEqual(said(fourth), []);
  assert.equal(fourth.snapshot.subnets.get(2)!.parameters.validLifetime.value, 60);
});

test('the last good pool of a row stays while other changes to its subnet apply', () => {
  const first = build(
    partsWith({
      subnets: [subnet(1, { pools: [pool('10.0.1.10 - 10.0.1.20', 7), pool('10.0.1.30 - 10.0.1.40', 8)] })],
    }),
  );
  const second = build(
    partsWith({
      subnets: [
        subnet(1, {
          'valid-lifetime': 99,
          pools: [pool('10.0.1.20 - 10.0.1.10', 7), pool('10.0.1.30 - 10.0.1.50', 8)],
        }),
      ],
    }),
    first,
  );
  assert.match(said(second)[0]!, /^pool .*ends before it begins \[kept\]$/);
  assert.deepEqual(second.rejections[0]!.origin, { kind: 'database', rowId: 7 });
  const { pools, parameters } = second.snapshot.subnets.get(1)!;
  assert.deepEqual(
    pools.map(({ first, last, rowId }) => [first, last, rowId]),
    [
      [parseIpv4('10.0.1.10'), parseIpv4('10.0.1.20'), 7],
      [parseIpv4('10.0.1.30'), parseIpv4('10.0.1.50'), 8],
    ],
  );
  assert.equal(parameters.validLifetime.value, 99);
});

test('the pool in force wins over a new one that overlaps it, wherever it stands in the list', () => {
  const first = build(partsWith({ subnets: [subnet(1, { pools: [pool('10.0.1.10 - 10.0.1.20', 7)] })] }));
  const second = build(
    partsWith({
      subnets: [subnet(1, { pools: [pool('10.0.1.1 - 10.0.1.15', 6), pool('10.0.1.10 - 10.0.1.20', 7)] })],
    }),
    first,
  );
  assert.deepEqual(
    second.snapshot.subnets.get(1)!.pools.map(({ rowId }) => rowId),
    [7],
  );
  assert.equal(said(second).length, 1);
});

test('two subnets may swap their prefixes in one change', () => {
  const first = build(partsWith({ subnets: [subnet(1, { pools: [] }), subnet(2, { pools: [] })] }));
  const second = build(
    partsWith({
      subnets: [
        subnet(1, { subnet: '10.0.2.0/24', pools: [] }),
        subnet(2, { subnet: '10.0.1.0/24', pools: [] }),
      ],
    }),
    first,
  );
  assert.deepEqual(said(second), []);
  assert.equal(second.snapshot.subnets.get(1)!.prefix, '10.0.2.0/24');
});

test('a subnet refused for its prefix comes into force when the other one leaves, without being touched', () => {
  const late = subnet(2, { subnet: '10.0.1.0/24', pools: [] });
  const first = build(partsWith({ subnets: [subnet(1), late] }));
  assert.equal(first.rejections.length, 1);
  const second = build(partsWith({ subnets: [late] }), first);
  assert.deepEqual(said(second), []);
  assert.equal(second.snapshot.subnets.get(2)!.prefix, '10.0.1.0/24');
});

test('objects come into force when what they wait for appears', () => {
  const waiting = {
    subnets: [subnet(1, { 'shared-network-name': 'n' })],
    classes: [row({ name: 'b', test: "member('a')" })],
  };
  const first = build(partsWith(waiting));
  assert.equal(first.rejections.length, 2);
  const second = build(
    partsWith({
      ...waiting,
      networks: [row({ name: 'n' })],
      classes: [row({ name: 'a', test: "member('UNKNOWN')" }), waiting.classes[0]!],
    }),
    first,
  );
  assert.deepEqual(said(second), []);
  assert.equal(second.snapshot.networks.get('n')!.subnets[0], second.snapshot.subnets.get(1));
  assert.equal(second.snapshot.classByName.get('b')!.dependsOnKnown, true);
});

test('a bad global keeps its last good value', () => {
  const first = build(partsWith({ globals: { 'renew-timer': 5 } }));
  const second = build(partsWith({ globals: { 'renew-timer': -1, 'rebind-timer': 9 } }), first);
  assert.match(said(second)[0]!, /\[kept\]$/);
  assert.equal(second.snapshot.parameters.renewTimer, 5);
  assert.equal(second.snapshot.parameters.rebindTimer, 9);
});

test('a class option and a class that lost its sense keep their last good versions', () => {
  const good = row({
    name: 'a',
    test: "option[60].text == 'x'",
    'option-data': [{ name: 'domain-name', data: 'old' }],
  });
  const first = build(partsWith({ classes: [good] }));
  const second = build(partsWith({ classes: [row({ name: 'a', test: 'option[' })] }), first);
  assert.match(said(second)[0]!, /^client-class a: .*\[kept\]$/);
  assert.equal(second.snapshot.classByName.get('a')!.test!.text, "option[60].text == 'x'");
});

test('in strict mode every bad object of a file is named with its place', () => {
  const text = `{ "Dhcp4": { "subnet4": [
  { "id": 1, "subnet": "10.0.1.0/33" },
  { "id": 2, "subnet": "10.0.2.0/24", "pools": [ { "pool": "10.0.2.1 - 10.0.3.9" } ],
    "reservations": [ { "hw-address": "zz" } ] } ] } }`;
  const document = parseJsonText(text, '/etc/flotilla.json');
  const { parts } = checkConfig(document.value, 4, document.locate);
  assert.throws(
    () => buildSnapshot(parts, null, { mode: 'strict', epoch: null }),
    (error: unknown) => {
      assert.ok(error instanceof FlotillaError);
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.deepEqual(
        error
          .describe()
          .split('\n')
          .map((line) => line.split(': ').slice(0, 2).join(': ')),
        [
          '/etc/flotilla.json:2:24: Dhcp4.subnet4[0].subnet',
          '/etc/flotilla.json:3:60: Dhcp4.subnet4[1].pools[0].pool',
          '/etc/flotilla.json:4:39: Dhcp4.subnet4[1].reservations[0].hw-address',
        ],
      );
      return true;
    },
  );
});
