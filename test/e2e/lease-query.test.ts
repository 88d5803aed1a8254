// DHCPv6 leasequery over UDP and loopback, the leases in each store: who may ask, what is answered, what is refused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { statusCode6 } from '../../src/wire/v6/status.ts';
import { messageType6 } from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import {
  askByUdp,
  duidOf,
  hex,
  leaseQuery,
  queryType,
  relayDataIn,
  relayed,
  requesterDuid,
  type QueryParts,
  type Said,
} from '../support/leasequery6.ts';
import { startLeaseQueryEdge, stores, type LeaseQueryEdge } from '../support/leasequery-edge.ts';

for (const store of stores) {
  let port: number;
  let edge: LeaseQueryEdge;
  before(async () => {
    edge = await startLeaseQueryEdge(store);
    port = edge.port;
  });
  after(() => edge?.stop());

  const it = (title: string, body: () => Promise<void>): void => void test(`${store}: ${title}`, body);
  const ask = (type: number | null, parts: QueryParts = {}): Promise<Said | null> =>
    askByUdp(port, leaseQuery(type, parts));
  const asked = async (type: number | null, parts: QueryParts = {}): Promise<Said> => {
    const said = await ask(type, parts);
    assert.ok(said, 'there is an answer');
    assert.equal(said.type, messageType6.LEASEQUERY_REPLY);
    assert.equal(said.transactionId, 1);
    assert.equal(hex(said.message.options.get(option6.clientId)!), hex(requesterDuid));
    assert.ok(said.message.options.has(option6.serverId));
    return said;
  };
  const byAddress = (address: string, parts: QueryParts = {}): Promise<Said> =>
    asked(queryType.BY_ADDRESS, { address, ...parts });
  const first = {
    duid: hex(duidOf(1)),
    addresses: ['2001:db8:1::1'],
    prefixes: ['2001:db8:8000::/56'],
  };

  it('a query by address tells all that its client has on the link, addresses and prefixes', async () => {
    const said = await byAddress('2001:db8:1::1');
    assert.equal(said.status, statusCode6.Success);
    assert.deepEqual(said.client, first);
    // An address that the client routes behind a delegated prefix finds the client as well.
    assert.deepEqual((await byAddress('2001:db8:8000:7::9')).client, first);
    assert.deepEqual((await byAddress('2001:db8:1::1', { link: '2001:db8:1::' })).client, first);
    assert.equal((await byAddress('2001:db8:1::1', { link: '2001:db8:2::' })).client, null);
  });

  it('subnets of one shared network are one link', async () => {
    const both = { duid: hex(duidOf(5)), addresses: ['2001:db8:3::5', '2001:db8:4::5'], prefixes: [] };
    assert.deepEqual((await byAddress('2001:db8:3::5')).client, both);
    assert.deepEqual((await byAddress('2001:db8:3::5', { link: '2001:db8:4::1' })).client, both);
    assert.deepEqual((await asked(queryType.BY_CLIENTID, { client: duidOf(5) })).client, both);
  });

  it('an address without an active lease is told apart from one that is not configured', async () => {
    for (const address of ['2001:db8:1::77', '2001:db8:1::3', '2001:db8:1::4', '2001:db8:8000:ff00::1']) {
      const said = await byAddress(address);
      assert.deepEqual([said.status, said.client], [statusCode6.Success, null], address);
    }
    for (const parts of [{ address: '2001:db8:9::1' }, { address: '2001:db8:1::1', link: '2001:db8:9::' }])
      assert.equal((await asked(queryType.BY_ADDRESS, parts)).status, statusCode6.NotConfigured);
    const unknownLink = { client: duidOf(1), link: '2001:db8:9::' };
    assert.equal((await asked(queryType.BY_CLIENTID, unknownLink)).status, statusCode6.NotConfigured);
  });

  it('a client on several links is answered with the links, and with its leases link by link', async () => {
    const all = await asked(queryType.BY_CLIENTID, { client: duidOf(2) });
    assert.deepEqual([all.status, all.client, all.links], [0, null, ['2001:db8:1::', '2001:db8:2::']]);
    const one = await asked(queryType.BY_CLIENTID, { client: duidOf(2), link: '2001:db8:2::ff' });
    assert.deepEqual(one.client, { duid: hex(duidOf(2)), addresses: ['2001:db8:2::2'], prefixes: [] });
    const none = await asked(queryType.BY_CLIENTID, { client: duidOf(99) });
    assert.deepEqual([none.status, none.client, none.links], [0, null, []]);
  });

  it('lifetimes are what is left of them, and the client was heard as long ago as its lease says', async () => {
    const { message } = await byAddress('2001:db8:1::1');
    const data = message.options.get(option6.clientData)!;
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const at = 4 + duidOf(1).length + 4 + 16;
    const near = (value: number, wanted: number): void =>
      assert.ok(value <= wanted && value > wanted - 60, `${value} is not about ${wanted}`);
    near(view.getUint32(at), 1800 - 600);
    near(view.getUint32(at + 4), 3600 - 600);
    near(3600 - view.getUint32(data.length - 4), 3600 - 600);
  });

  it('options that are asked for come from the pool, the subnet and all, the name from the lease', async () => {
    const requested = [option6.clientFqdn, 23, 21, 24, option6.clientId, option6.iaAddress];
    const { client } = await byAddress('2001:db8:1::1', { requested });
    assert.deepEqual(client, {
      ...first,
      more: {
        23: '20010db8000000000000000000000053',
        21: '0373697007657861 6d706c6500'.replace(' ', ''),
        [option6.clientFqdn]: '0104686f7374076578616d706c6500',
      },
    });
  });

  it('relay data is given where it is asked for and known', async () => {
    const said = await byAddress('2001:db8:1::1', { requested: [option6.lqRelayData] });
    assert.deepEqual(relayDataIn(said.message.options), edge.relayData);
    assert.equal((await byAddress('2001:db8:1::1')).message.options.has(option6.lqRelayData), false);
    const direct = await byAddress('2001:db8:3::5', { requested: [option6.lqRelayData] });
    assert.equal(direct.message.options.has(option6.lqRelayData), false);
  });

  it('queries that cannot be answered get the status that says why', async () => {
    const { UnknownQueryType, MalformedQuery, NotAllowed } = statusCode6;
    const status = async (type: number, parts: QueryParts = {}): Promise<number | null> =>
      (await asked(type, parts)).status;
    assert.equal(await status(99), UnknownQueryType);
    assert.equal(await status(queryType.BY_LINK_ADDRESS, { link: '2001:db8:1::' }), UnknownQueryType);
    assert.equal(await status(queryType.BY_RELAY_ID, { relayId: duidOf(9) }), UnknownQueryType);
    assert.equal(await status(queryType.BY_ADDRESS), MalformedQuery);
    assert.equal(await status(queryType.BY_CLIENTID), MalformedQuery);
    assert.equal(await status(queryType.BY_CLIENTID, { client: Uint8Array.of(0) }), MalformedQuery);
    const short = [
      [option6.clientId, requesterDuid] as const,
      [option6.leaseQuery, Uint8Array.of(1, 0)] as const,
    ];
    assert.equal((await ask(null, { outer: short }))?.status, MalformedQuery);
    await edge.reconfigure({ requesters: ['2001:db8:ffff::1'] });
    const refused = await asked(queryType.BY_ADDRESS, { address: '2001:db8:1::1' });
    assert.deepEqual([refused.status, refused.client], [NotAllowed, null]);
    await edge.reconfigure({});
  });

  it('what is no valid LEASEQUERY is discarded and counted', async () => {
    const before = await edge.statistic('pkt6-receive-drop');
    const silent: readonly Uint8Array[] = [
      leaseQuery(1, { address: '2001:db8:1::1', outer: [] }),
      leaseQuery(1, {
        address: '2001:db8:1::1',
        outer: [
          [option6.clientId, requesterDuid],
          [option6.serverId, duidOf(9)],
        ],
      }),
      leaseQuery(null),
      leaseQuery(1, { address: '2001:db8:1::1' }).subarray(0, 30),
      Uint8Array.of(messageType6.LEASEQUERY),
    ];
    for (const query of silent) assert.equal(await askByUdp(port, query), null);
    assert.equal((await edge.statistic('pkt6-receive-drop')) - before, silent.length);
  });

  it('a relayed query is answered through the relay, to requesters behind a relay that may ask itself', async () => {
    const query = leaseQuery(1, { address: '2001:db8:1::1' });
    const said = await askByUdp(port, relayed(query, '2001:db8:ffff::1'));
    assert.deepEqual(said?.client, first);
    const stranger = await askByUdp(port, relayed(query, 'fe80::1'));
    assert.deepEqual([stranger?.status, stranger?.client], [statusCode6.NotAllowed, null]);
  });

  it('queries and answers are counted', async () => {
    const before = await edge.statistic('pkt6-lease-query-received');
    const sent = await edge.statistic('pkt6-lease-query-reply-sent');
    await byAddress('2001:db8:1::1');
    assert.equal(await edge.statistic('pkt6-lease-query-received'), before + 1);
    assert.equal(await edge.statistic('pkt6-lease-query-reply-sent'), sent + 1);
  });
}
