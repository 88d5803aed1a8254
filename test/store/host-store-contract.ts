// What every host store promises. Each store's own test file calls this with a way to make one of given reservations.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import type { Host, HostQuery, HostStore } from '../../src/store/host-store.ts';

export const host = (more: Partial<Host>): Host => ({
  hostId: null,
  identifier: { type: 'hw-address', value: Uint8Array.of(1, 2, 3, 4, 5, 6) },
  subnetId: 1,
  address4: 0,
  addresses6: [],
  hostname: '',
  clientClasses: [],
  nextServer: 0,
  serverHostname: '',
  bootFileName: '',
  options: [],
  userContext: null,
  ...more,
});
const hardware = { type: 'hw-address', value: Uint8Array.of(2, 0, 0, 0, 0, 1) } as const;
const circuit = { type: 'circuit-id', value: Uint8Array.of(2, 0, 0, 0, 0, 1) } as const;
const reserved = parseIpv4('192.0.2.7');

export const contractHosts: readonly Host[] = [
  host({
    identifier: hardware,
    address4: reserved,
    hostname: 'printer',
    clientClasses: ['a', 'b c'],
    nextServer: parseIpv4('192.0.2.1'),
    serverHostname: 'boot.example',
    bootFileName: 'x.bin',
    userContext: { floor: 3 },
  }),
  host({ identifier: hardware, subnetId: 2, hostname: 'elsewhere' }),
  host({ identifier: hardware, subnetId: 0, hostname: 'global' }),
  host({ identifier: circuit, hostname: 'port' }),
  host({ identifier: { type: 'flex-id', value: Uint8Array.of(9) }, subnetId: 2, address4: reserved }),
];

export function hostStoreContract(name: string, open: (hosts: readonly Host[]) => Promise<HostStore>): void {
  let store: HostStore;
  before(async () => {
    store = await open(contractHosts);
  });
  after(() => store.close());

  const query = (more: Partial<HostQuery>): HostQuery => ({
    identifiers: [],
    subnetIds: null,
    addresses: [],
    ...more,
  });
  const names = (hosts: readonly Host[]): string[] => hosts.map((found) => found.hostname).sort();

  test(`${name}: a reservation comes back with every field`, async () => {
    const { byIdentifier } = await store.find(query({ identifiers: [hardware], subnetIds: [1] }));
    const [found] = byIdentifier;
    assert.deepEqual({ ...found, hostId: null }, contractHosts[0]);
    assert.equal(byIdentifier.length, 1);
  });

  test(`${name}: the wanted subnets decide, 0 is global, null is all`, async () => {
    const of = async (subnetIds: readonly number[] | null): Promise<string[]> =>
      names((await store.find(query({ identifiers: [hardware], subnetIds }))).byIdentifier);
    assert.deepEqual(await of([0]), ['global']);
    assert.deepEqual(await of([1, 2]), ['elsewhere', 'printer']);
    assert.deepEqual(await of(null), ['elsewhere', 'global', 'printer']);
    assert.deepEqual(await of([]), []);
    assert.deepEqual(await of([77]), []);
  });

  test(`${name}: the type is part of the identifier`, async () => {
    const { byIdentifier } = await store.find(query({ identifiers: [circuit] }));
    assert.deepEqual(names(byIdentifier), ['port']);
    const nobody = { type: 'client-id', value: circuit.value } as const;
    assert.deepEqual((await store.find(query({ identifiers: [nobody] }))).byIdentifier, []);
  });

  test(`${name}: finds who has an address reserved, per subnet`, async () => {
    const all = await store.find(query({ addresses: [reserved, 5] }));
    assert.deepEqual(all.byAddress.map((found) => found.subnetId).sort(), [1, 2]);
    const { byAddress } = await store.find(query({ addresses: [reserved], subnetIds: [2] }));
    assert.deepEqual(
      byAddress.map((found) => found.identifier.type),
      ['flex-id'],
    );
  });

  test(`${name}: many lookups at once each get their own answer`, async () => {
    const found = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        store.find(query({ identifiers: [n % 2 === 0 ? hardware : circuit], subnetIds: [1] })),
      ),
    );
    for (const [n, { byIdentifier }] of found.entries())
      assert.deepEqual(names(byIdentifier), [n % 2 === 0 ? 'printer' : 'port']);
  });

  test(`${name}: asking for nothing finds nothing`, async () => {
    assert.deepEqual(await store.find(query({})), { byIdentifier: [], byAddress: [] });
  });
}
