// What every host store promises. Each store's own test file calls this with a way to make one of given reservations.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Family } from '../../src/addr/family.ts';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { parseIpv6 } from '../../src/addr/ipv6.ts';
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
const duid = { type: 'duid', value: Uint8Array.of(2, 0, 0, 0, 0, 1) } as const;
const reserved4 = parseIpv4('192.0.2.7');
const reserved6 = parseIpv6('2001:db8::7');
const delegated = parseIpv6('2001:db8:700::');

type Reserved6 = Host['addresses6'][number];
export const address6 = (address: bigint): Reserved6 => ({
  address,
  prefixLength: 128,
  type: 0,
  excluded: null,
});
const prefix6: Reserved6 = {
  address: delegated,
  prefixLength: 56,
  type: 2,
  excluded: { prefix: delegated + 1n, length: 128 },
};

/** What only one family's reservations have. */
const ofFamily = {
  4: {
    reserved: reserved4,
    free: 5,
    host: { address4: reserved4 },
    more: { nextServer: parseIpv4('192.0.2.1'), serverHostname: 'boot.example', bootFileName: 'x.bin' },
  },
  6: {
    reserved: reserved6,
    free: 5n,
    host: { addresses6: [address6(reserved6)] },
    more: { addresses6: [address6(reserved6), address6(reserved6 + 1n), prefix6] },
  },
} as const;

export const contractHosts = (family: Family): readonly Host[] => [
  host({
    identifier: hardware,
    ...ofFamily[family].host,
    ...ofFamily[family].more,
    hostname: 'printer',
    clientClasses: ['a', 'b c'],
    userContext: { floor: 3 },
  }),
  host({ identifier: hardware, subnetId: 2, hostname: 'elsewhere' }),
  host({ identifier: hardware, subnetId: 0, hostname: 'global' }),
  host({ identifier: duid, hostname: 'port' }),
  host({
    identifier: { type: 'flex-id', value: Uint8Array.of(9) },
    subnetId: 2,
    ...ofFamily[family].host,
  }),
];

export function hostStoreContract(
  what: string,
  family: Family,
  open: (hosts: readonly Host[]) => Promise<HostStore>,
): void {
  const name = `${what}, DHCPv${family}`;
  const { reserved, free } = ofFamily[family];
  let store: HostStore;
  before(async () => {
    store = await open(contractHosts(family));
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
    assert.deepEqual({ ...found, hostId: null }, contractHosts(family)[0]);
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
    const { byIdentifier } = await store.find(query({ identifiers: [duid] }));
    assert.deepEqual(names(byIdentifier), ['port']);
    const nobody = { type: 'client-id', value: duid.value } as const;
    assert.deepEqual((await store.find(query({ identifiers: [nobody] }))).byIdentifier, []);
  });

  test(`${name}: finds who has an address reserved, per subnet`, async () => {
    const all = await store.find(query({ addresses: [reserved, free] }));
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
        store.find(query({ identifiers: [n % 2 === 0 ? hardware : duid], subnetIds: [1] })),
      ),
    );
    for (const [n, { byIdentifier }] of found.entries())
      assert.deepEqual(names(byIdentifier), [n % 2 === 0 ? 'printer' : 'port']);
  });

  test(`${name}: asking for nothing finds nothing`, async () => {
    assert.deepEqual(await store.find(query({})), { byIdentifier: [], byAddress: [] });
  });

  if (family === 4) return;

  test(`${name}: a host is found by each of its addresses and prefixes, and comes with all of them`, async () => {
    const wanted = contractHosts(6)[0]!.addresses6;
    for (const { address } of wanted) {
      const { byAddress } = await store.find(query({ addresses: [address], subnetIds: [1] }));
      assert.deepEqual(names(byAddress), ['printer']);
      assert.deepEqual(byAddress[0]!.addresses6, wanted);
    }
    const all = await store.find(query({ addresses: wanted.map(({ address }) => address), subnetIds: [1] }));
    assert.deepEqual([...new Set(names(all.byAddress))], ['printer']);
    const inside = await store.find(query({ addresses: [delegated + 1n], subnetIds: [1] }));
    assert.deepEqual(inside.byAddress, [], 'a prefix is found by its first address');
  });
}
