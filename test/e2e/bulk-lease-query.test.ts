// Bulk leasequery over TCP and loopback, the leases in each store: what each query brings, and in which messages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { messageType6 } from '../../src/wire/v6/message.ts';
import { option6 } from '../../src/wire/v6/option-codes.ts';
import { statusCode6 } from '../../src/wire/v6/status.ts';
import { BulkRequester, clientsOf } from '../support/bulk-requester.ts';
import {
  clientDataOf,
  duidOf,
  hex,
  leaseQuery,
  queryType,
  relayDataIn,
  requesterDuid,
  type ClientSaid,
  type QueryParts,
  type Said,
} from '../support/leasequery6.ts';
import {
  leaseOf,
  relayId,
  remoteId,
  someLeases,
  startLeaseQueryEdge,
  stores,
  type LeaseQueryEdge,
} from '../support/leasequery-edge.ts';

const many = Array.from({ length: 250 }, (_, i) => leaseOf(0x100 + i, `2001:db8:2::1:${i.toString(16)}`, 2));
const { LEASEQUERY_REPLY, LEASEQUERY_DATA, LEASEQUERY_DONE } = messageType6;

for (const store of stores) {
  let port: number;
  let edge: LeaseQueryEdge;
  before(async () => {
    const advanced = { 'bulk-query-enabled': true, 'max-leases-per-fetch': 7 };
    edge = await startLeaseQueryEdge(store, { advanced, leases: [...someLeases(), ...many] });
    port = edge.port;
  });
  after(() => edge?.stop());

  const it = (title: string, body: () => Promise<void>): void => void test(`${store}: ${title}`, body);
  const ask = async (type: number, parts: QueryParts = {}): Promise<readonly Said[]> => {
    const requester = await BulkRequester.connect(port);
    try {
      return await requester.ask(leaseQuery(type, { transactionId: 77, ...parts }));
    } finally {
      requester.close();
    }
  };
  const only = (who: number, addresses: readonly string[], prefixes: readonly string[] = []): ClientSaid => ({
    duid: hex(duidOf(who)),
    addresses,
    prefixes,
  });
  const first = only(1, ['2001:db8:1::1'], ['2001:db8:8000::/56']);

  it('a query by link brings every client on it once: a reply, data, and the end', async () => {
    const answer = await ask(queryType.BY_LINK_ADDRESS, { link: '2001:db8:1::99' });
    assert.deepEqual(
      answer.map(({ type }) => type),
      [LEASEQUERY_REPLY, LEASEQUERY_DATA, LEASEQUERY_DONE],
    );
    assert.ok(answer.every(({ transactionId }) => transactionId === 77));
    assert.deepEqual(clientsOf(answer), [first, only(2, ['2001:db8:1::2'])]);
    const [reply, data, done] = answer;
    assert.equal(hex(reply!.message.options.get(option6.clientId)!), hex(requesterDuid));
    assert.ok(reply!.message.options.has(option6.serverId));
    assert.deepEqual(data!.message.options.codes, [option6.clientData]);
    assert.deepEqual(done!.message.options.codes, []);
    const both = clientsOf(await ask(queryType.BY_LINK_ADDRESS, { link: '2001:db8:4::' }));
    assert.deepEqual(both, [only(5, ['2001:db8:3::5', '2001:db8:4::5'])]);
  });

  it('a link with many clients is answered page by page, and nobody is left out or told twice', async () => {
    const clients = clientsOf(await ask(queryType.BY_LINK_ADDRESS, { link: '2001:db8:2::' }));
    assert.deepEqual(
      clients.map(({ duid }) => duid),
      [hex(duidOf(2)), ...many.map(({ duid }) => hex(duid))],
    );
  });

  it('a client on several links comes in a message for each', async () => {
    const answer = await ask(queryType.BY_CLIENTID, { client: duidOf(2) });
    assert.deepEqual(clientsOf(answer), [only(2, ['2001:db8:1::2']), only(2, ['2001:db8:2::2'])]);
    const one = await ask(queryType.BY_CLIENTID, { client: duidOf(2), link: '2001:db8:2::' });
    assert.deepEqual(clientsOf(one), [only(2, ['2001:db8:2::2'])]);
    assert.deepEqual(clientsOf(await ask(queryType.BY_ADDRESS, { address: '2001:db8:8000::1' })), [first]);
  });

  it('clients are found by the relay that they came by, on all links or on one', async () => {
    const byRelay = { relayId, requested: [option6.lqRelayData] };
    const [reply, done] = await ask(queryType.BY_RELAY_ID, byRelay);
    assert.equal(done!.type, LEASEQUERY_DONE);
    assert.equal(reply!.client!.duid, hex(duidOf(1)));
    assert.deepEqual(relayDataIn(clientDataOf(reply!)), edge.relayData);
    assert.deepEqual(clientsOf(await ask(queryType.BY_REMOTE_ID, { remoteId })), [first]);
    assert.deepEqual(clientsOf(await ask(queryType.BY_REMOTE_ID, { remoteId, link: '2001:db8:1::' })), [
      first,
    ]);
    for (const parts of [{ relayId: duidOf(0xfe) }, { relayId, link: '2001:db8:2::' }]) {
      const answer = await ask(queryType.BY_RELAY_ID, parts);
      assert.deepEqual(
        answer.map(({ type, status, client }) => [type, status, client]),
        [[LEASEQUERY_REPLY, statusCode6.Success, null]],
      );
    }
  });

  it('a query that cannot be answered gets one reply with the reason', async () => {
    const { MalformedQuery, NotConfigured, UnknownQueryType } = statusCode6;
    const refused: readonly (readonly [number, QueryParts, number])[] = [
      [queryType.BY_LINK_ADDRESS, {}, MalformedQuery],
      [queryType.BY_LINK_ADDRESS, { link: '2001:db8:9::' }, NotConfigured],
      [queryType.BY_RELAY_ID, {}, MalformedQuery],
      [queryType.BY_RELAY_ID, { relayId, link: '2001:db8:9::' }, NotConfigured],
      [queryType.BY_REMOTE_ID, { remoteId: new Uint8Array(0) }, MalformedQuery],
      [queryType.BY_ADDRESS, { address: '2001:db8:9::1' }, NotConfigured],
      [99, {}, UnknownQueryType],
    ];
    for (const [type, parts, status] of refused) {
      const answer = await ask(type, parts);
      assert.deepEqual(
        answer.map((said) => [said.type, said.status]),
        [[LEASEQUERY_REPLY, status]],
        `${type} ${Object.keys(parts).join()}`,
      );
    }
  });

  it('several queries go side by side on one connection, their messages told apart by transaction', async () => {
    const requester = await BulkRequester.connect(port);
    const links = ['2001:db8:1::', '2001:db8:2::', '2001:db8:3::'];
    requester.send(
      ...links.map((link, i) => leaseQuery(queryType.BY_LINK_ADDRESS, { link, transactionId: i + 1 })),
    );
    const clients = new Map([1, 2, 3].map((id) => [id, 0]));
    for (let open = links.length; open > 0;) {
      const said = (await requester.next())!;
      if (said.client) clients.set(said.transactionId, clients.get(said.transactionId)! + 1);
      if (said.type === LEASEQUERY_DONE) open--;
    }
    assert.deepEqual([...clients.values()], [2, 1 + many.length, 1]);
    // Connections stay for later queries.
    assert.equal(
      clientsOf(await requester.ask(leaseQuery(queryType.BY_CLIENTID, { client: duidOf(1) }))).length,
      1,
    );
    requester.close();
  });

  it('other parameters count after a reload, on the same port', async () => {
    const old = await BulkRequester.connect(port);
    const advanced = {
      'bulk-query-enabled': true,
      'extended-info-tables-enabled': false,
      'lease-query-tcp-port': port,
    };
    await edge.reconfigure({ advanced });
    assert.equal(await old.next(), null, 'connections of before are closed');
    const [reply] = await (await connectAgain()).ask(leaseQuery(queryType.BY_RELAY_ID, { relayId }));
    assert.equal(reply!.status, statusCode6.UnknownQueryType);
    await edge.reconfigure({ advanced: { 'bulk-query-enabled': false } });
    await assert.rejects(BulkRequester.connect(port), /ECONNREFUSED/);
    await edge.reconfigure({});
    assert.equal(
      (await (await connectAgain()).ask(leaseQuery(queryType.BY_RELAY_ID, { relayId }))).length,
      2,
    );
  });

  /** The listener of before leaves first. */
  const connectAgain = async (): Promise<BulkRequester> => {
    const deadline = Date.now() + 5_000;
    for (;;) {
      try {
        return await BulkRequester.connect(port);
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((passed) => setTimeout(passed, 50));
      }
    }
  };

  it('the daemon ends with requesters connected', async () => {
    const requester = await connectAgain();
    assert.equal(await edge.stop(), 0);
    assert.equal(await requester.next(), null);
  });
}
