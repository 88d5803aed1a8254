// File and database become one configuration.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSnapshot } from '../../src/config/build.ts';
import { mergeParts } from '../../src/config/merge.ts';
import type { ConfigParts, WrittenObject } from '../../src/config/parts.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { partsWith, row } from './parts.ts';

const inFile = (json: JsonMap): WrittenObject => ({
  json,
  origin: { kind: 'file', file: '/etc/f', line: 1, column: 1, key: 'x' },
});
const shown = (objects: readonly WrittenObject[]): string[] =>
  objects.map(
    ({ json, origin }) => `${origin.kind} ${(json['name'] ?? json['code'] ?? json['id']) as string | number}`,
  );

test('globals: the database wins by name, a map it has a part of is wholly its own, the rest is kept', () => {
  const file = partsWith({
    globals: {
      'renew-timer': 1,
      'rebind-timer': 2,
      'expired-leases-processing': { 'hold-reclaimed-time': 7, 'max-reclaim-leases': 8 },
    },
  });
  const database = partsWith({
    globals: { 'renew-timer': 9, 'expired-leases-processing': { 'max-reclaim-leases': 3 } },
  });
  assert.deepEqual(mergeParts(file, database).globals, {
    'renew-timer': 9,
    'rebind-timer': 2,
    'expired-leases-processing': { 'max-reclaim-leases': 3 },
  });
});

test('a global that leaves the database gives way to the one of the file', () => {
  const file = partsWith({ globals: { 'renew-timer': 1 } });
  assert.equal(mergeParts(file, partsWith()).globals, file.globals);
});

test('a network of the database replaces that of the file and keeps its subnets', () => {
  const file = partsWith({
    networks: [inFile({ name: 'n', 'renew-timer': 1 }), inFile({ name: 'm' })],
    subnets: [inFile({ id: 1, subnet: '10.0.0.0/24', 'shared-network-name': 'n' })],
  });
  const merged = mergeParts(file, partsWith({ networks: [row({ name: 'n', 'renew-timer': 2 })] }));
  assert.deepEqual(shown(merged.networks), ['file m', 'database n']);
  const { snapshot } = buildSnapshot(merged, null, { mode: 'strict', epoch: 1 });
  assert.equal(snapshot.subnets.get(1)!.parameters.renewTimer, 2);
});

test('a subnet of the database replaces the ones of the file with its id and with its prefix', () => {
  const file = partsWith({
    subnets: [
      inFile({ id: 1, subnet: '10.0.0.0/24' }),
      inFile({ id: 2, subnet: '10.0.2.0/24' }),
      inFile({ id: 3, subnet: '10.0.3.0/24' }),
    ],
  });
  const merged = mergeParts(file, partsWith({ subnets: [row({ id: 1, subnet: '10.0.2.0/24' })] }));
  assert.deepEqual(shown(merged.subnets), ['file 3', 'database 1']);
});

test('one class in the database puts all classes of the file aside', () => {
  const file = partsWith({ classes: [inFile({ name: 'a' }), inFile({ name: 'b' })] });
  assert.deepEqual(shown(mergeParts(file, partsWith({ classes: [row({ name: 'c' })] })).classes), [
    'database c',
  ]);
  assert.equal(mergeParts(file, partsWith()).classes, file.classes);
});

test('options are the same by name or code, and different by class tags', () => {
  const file = partsWith({
    optionDefs: [inFile({ name: 'phone', code: 200, type: 'string' })],
    options: [
      inFile({ name: 'routers', data: '10.0.0.1' }),
      inFile({ name: 'routers', data: '10.0.0.2', 'client-classes': ['a'] }),
      inFile({ name: 'phone', data: 'x' }),
      inFile({ name: 'domain-name', data: 'x' }),
    ],
  });
  const database = partsWith({
    options: [row({ code: 3, space: 'dhcp4', data: '10.0.0.9' }), row({ code: 200, data: 'y' })],
  });
  assert.deepEqual(
    mergeParts(file, database).options.map(({ json }) => json['data']),
    ['10.0.0.2', 'x', '10.0.0.9', 'y'],
  );
});

test('definitions are the same by name or by code', () => {
  const file = partsWith({
    optionDefs: [
      inFile({ name: 'a', code: 200, type: 'string' }),
      inFile({ name: 'b', code: 201, type: 'string' }),
      inFile({ name: 'c', code: 202, type: 'string' }),
    ],
  });
  const database = partsWith({
    optionDefs: [
      row({ name: 'x', code: 200, space: 'dhcp4', type: 'uint8' }),
      row({ name: 'b', code: 210, space: 'dhcp4', type: 'uint8' }),
    ],
  });
  assert.deepEqual(shown(mergeParts(file, database).optionDefs), ['file c', 'database x', 'database b']);
});

test('objects keep their identity, and reservations come from the file', () => {
  const file = partsWith({ reservations: [inFile({ 'hw-address': '1:2' })] });
  const database: ConfigParts = partsWith({ subnets: [row({ id: 1, subnet: '10.0.0.0/24' })] });
  const merged = mergeParts(file, database);
  assert.equal(merged.subnets[0], database.subnets[0]);
  assert.equal(merged.reservations, file.reservations);
});

test('one prefix written in two ways is one prefix', () => {
  const file = partsWith({ family: 6, subnets: [inFile({ id: 1, subnet: '2001:DB8:0:0::/64' })] });
  const database = partsWith({ family: 6, subnets: [row({ id: 2, subnet: '2001:db8::/64' })] });
  assert.deepEqual(shown(mergeParts(file, database).subnets), ['database 2']);
});
