// Whose lease is it: what every lease store promises, each family by its own identifiers. Part of lease-store-contract.ts.
import assert from 'node:assert/strict';
import type { Lease, Lease4, Lease6 } from '../../src/store/lease.ts';
import type { ClientKey, LeaseStore } from '../../src/store/lease-store.ts';
import { client4, client6, hostAddress, lease4, lease6 } from './leases.ts';

type It<L extends Lease> = (title: string, body: (store: LeaseStore<L>) => Promise<void>) => void;

/** The part of the contract that a family's identifiers decide. */
export type Ownership<L extends Lease> = (it: It<L>) => void;

export const ownership4: Ownership<Lease4> = (it) => {
  it('ownership follows the client identifier, and the hardware address where one side has none', async (store) => {
    const id = Uint8Array.of(1, 2, 3);
    const claim = async (client: Extract<ClientKey, { family: 4 }>): Promise<string> =>
      (await store.write({ verb: 'claim', client, lease: lease4(1, client) })).result;
    assert.equal(await claim({ ...client4(1), clientId: id }), 'done');
    assert.equal(await claim({ ...client4(2), clientId: id }), 'done');
    assert.equal(await claim({ ...client4(2), clientId: Uint8Array.of(9) }), 'conflict');
    assert.equal(await claim({ ...client4(2), clientId: null }), 'done');
  });

  it('finds a client’s leases by identifier or hardware address in the wanted subnets', async (store) => {
    const id = Uint8Array.of(7, 7);
    const put = async (n: number, more: Partial<Lease4>): Promise<Lease4> => {
      const lease = lease4(n, { cltt: 1_700_000_000, ...more });
      await store.write({ verb: 'put', lease });
      return lease;
    };
    const byId = await put(1, { hwaddr: client4(50).hwaddr, clientId: id, subnetId: 1 });
    const byHardware = await put(2, { ...client4(1), subnetId: 1 });
    const elsewhere = await put(3, { ...client4(1), subnetId: 2 });
    await put(4, client4(2));
    const client = { ...client4(1), clientId: id };
    const addresses = (list: readonly Lease4[]): number[] => list.map((l) => l.address).sort();
    const all = await store.find({ client, subnetIds: null, addresses: [hostAddress(4), hostAddress(5)] });
    assert.deepEqual(addresses(all.own), addresses([byId, byHardware, elsewhere]));
    assert.deepEqual(addresses(all.held), [hostAddress(4)]);
    const one = await store.find({ client, subnetIds: [2, 9], addresses: [] });
    assert.deepEqual(one.own, [elsewhere]);
    assert.deepEqual((await store.find({ client, subnetIds: [], addresses: [] })).own, []);
  });
};

export const ownership6 =
  (type: 0 | 2): Ownership<Lease6> =>
  (it) => {
    const other = type === 0 ? 2 : 0;
    const me = client6(1, type);

    it('ownership follows the DUID, the IAID and what the lease is of', async (store) => {
      const claim = async (client: Extract<ClientKey, { family: 6 }>): Promise<string> => {
        const { duid, iaid } = client;
        const lease = lease6(1, { type, duid, iaid });
        return (await store.write({ verb: 'claim', client, lease })).result;
      };
      assert.equal(await claim(me), 'done');
      assert.equal(await claim({ ...me, iaid: 4_294_967_295 }), 'conflict');
      assert.equal(await claim({ ...me, duid: client6(2).duid }), 'conflict');
      assert.equal(await claim({ ...me, type: other }), 'conflict');
      assert.equal(await claim(me), 'done');
    });

    it('finds the leases of one DUID and IAID in the wanted subnets, and only of one kind', async (store) => {
      const put = async (n: number, more: Partial<Lease6>): Promise<Lease6> => {
        const lease = lease6(n, { cltt: 1_700_000_000, ...more });
        await store.write({ verb: 'put', lease });
        return lease;
      };
      const { duid, iaid } = me;
      const hardware = { hwaddr: Uint8Array.of(2, 0, 0, 0, 0, 1), hwaddrType: 1, hwaddrSource: 4 };
      const mine = { duid, iaid, type };
      const first = await put(1, { ...mine, ...hardware, preferredLifetime: 7 });
      const second = await put(2, { ...mine, subnetId: 2 });
      await put(3, { ...mine, iaid: iaid + 1 });
      await put(4, { ...mine, type: other });
      await put(5, { ...mine, duid: client6(9).duid });
      const wanted = [lease6(3, { type }).address, lease6(6, { type }).address];
      const all = await store.find({ client: me, subnetIds: null, addresses: wanted });
      assert.deepEqual(
        [...all.own].sort((a, b) => (a.address < b.address ? -1 : 1)),
        [first, second],
      );
      assert.deepEqual(
        all.held.map(({ address }) => address),
        [wanted[0]],
      );
      assert.deepEqual((await store.find({ client: me, subnetIds: [2], addresses: [] })).own, [second]);
      // Both identity associations of one message, in one batch.
      const [na, pd] = await Promise.all(
        [me, { ...me, type: other } as const].map((client) =>
          store.find({ client, subnetIds: [1], addresses: [] }),
        ),
      );
      assert.deepEqual([na!.own.length, pd!.own.length], [1, 1]);
      assert.equal(pd!.own[0]!.type, other);
    });

    it('a client renews its registered address, and nobody else takes it', async (store) => {
      const registered = { type, state: 4, duid: me.duid, iaid: me.iaid } as const;
      const claim = { verb: 'claim', client: me, lease: lease6(1, registered) } as const;
      assert.equal((await store.write(claim)).result, 'done');
      const stranger = client6(2, type);
      const theirs = { ...claim, client: stranger, lease: lease6(1, { ...registered, ...stranger }) };
      assert.equal((await store.write(theirs)).result, 'conflict');
      const again = await store.write({ ...claim, lease: { ...claim.lease, hostname: 'again' } });
      assert.ok(again.result === 'done' && again.after?.hostname === 'again' && again.after.state === 4);
      const counted = (await store.counts()).filter(
        ({ state, leaseType }) => state === 4 && leaseType === type,
      );
      assert.deepEqual([counted.length, counted[0]?.leases], [1, 1], 'it is counted, though no pool has it');
    });

    it('a declined row is nobody’s, also of a client whose DUID is all zeros', async (store) => {
      const nobody = { ...me, duid: new Uint8Array(3) };
      const declined = lease6(1, { type, state: 1, duid: nobody.duid, iaid: nobody.iaid, cltt: 2 ** 30 });
      await store.write({ verb: 'put', lease: declined });
      assert.deepEqual((await store.find({ client: nobody, subnetIds: null, addresses: [] })).own, []);
      const remove = { verb: 'remove', client: nobody, address: declined.address } as const;
      assert.equal((await store.write(remove)).result, 'conflict');
    });
  };
