// Which messages are looked at, and what each must and must not carry (RFC 8415 §16); unicast (§18.4).
import assert from 'node:assert/strict';
import { parseIpv6 } from '../../../../src/addr/ipv6.ts';
import { messageType6, type MessageType6 } from '../../../../src/wire/v6/message.ts';
import { statusCode6 } from '../../../../src/wire/v6/status.ts';
import {
  address,
  advertise,
  confirm,
  decline,
  informationRequest,
  leaseQuery,
  messageOf,
  rebind,
  release,
  renew,
  reply as replyPacket,
  request,
  solicit,
  withClientId,
  withIaNa,
  withIaPd,
  withOption,
  withoutOption,
  withServerId,
} from '../../../support/packets6.ts';
import { silent, type Scenario } from '../../scenario.ts';
import {
  acquire6,
  ADVERTISE,
  answered6,
  asked,
  client6,
  plain6,
  REPLY,
  scenario6,
  toServer,
  withRawIa,
} from '../../scenario6.ts';

const ia = withIaNa(1, address('2001:db8:1::10'));
const withServer = { REQUEST: request, RENEW: renew, RELEASE: release, DECLINE: decline } as const;
const withoutServer = { SOLICIT: solicit, CONFIRM: confirm, REBIND: rebind } as const;
const otherServer = '00:03:00:01:0a:0b:0c:0d:0e:0f';
const allowed = plain6({ 'option-data': [{ name: 'unicast', data: '2001:db8::fe' }] });
const unicastWay = { source: parseIpv6('2001:db8:1::10') };

export const validation: readonly Scenario<6>[] = [
  ...Object.entries(withServer).flatMap(([name, message]) => [
    scenario6(`§16: ${name} without a client identifier is dropped`, plain6(), async (w) => {
      silent(await w.send(message(withoutOption(1), toServer(), ia)));
      assert.equal(w.stat('pkt6-rfc-violation'), 1);
      assert.equal(w.stat('pkt6-receive-drop'), 1);
    }),
    scenario6(`§16: ${name} without a server identifier is dropped`, plain6(), async (w) => {
      silent(await w.send(message(client6(1), ia)));
      assert.equal(w.stat('pkt6-rfc-violation'), 1);
    }),
    scenario6(`§16: ${name} for another server is not for us`, plain6(), async (w) => {
      silent(await w.send(message(client6(1), withServerId(otherServer), ia)));
      assert.equal(w.stat('pkt6-not-for-us'), 1);
    }),
    scenario6(`§16: ${name} with both identifiers is answered`, plain6(), async (w) => {
      answered6(await w.send(message(client6(1), toServer(), ia)), REPLY);
    }),
  ]),
  ...Object.entries(withoutServer).flatMap(([name, message]) => [
    scenario6(`§16: ${name} without a client identifier is dropped`, plain6(), async (w) => {
      silent(await w.send(message(withoutOption(1), ia)));
      assert.equal(w.stat('pkt6-rfc-violation'), 1);
    }),
    scenario6(`§16: ${name} with a server identifier is dropped, ours or not`, plain6(), async (w) => {
      silent(await w.send(message(client6(1), toServer(), ia)));
      assert.equal(w.stat('pkt6-rfc-violation'), 1);
      silent(await w.send(message(client6(1), withServerId(otherServer), ia)));
      assert.equal(w.stat('pkt6-receive-drop'), 2);
    }),
    scenario6(`§16: ${name} by unicast is dropped`, plain6(), async (w) => {
      silent(await w.unicast(message(client6(1), ia)));
      assert.equal(w.stat('pkt6-rfc-violation'), 1);
    }),
  ]),
  scenario6(
    '§16.12: INFORMATION-REQUEST with an IA, or for another server, is dropped',
    plain6(),
    async (w) => {
      silent(await w.send(informationRequest(client6(1), withIaNa(1))));
      silent(await w.send(informationRequest(client6(1), withIaPd(1))));
      silent(await w.send(informationRequest(client6(1), withRawIa(4, [0, 0, 0, 1]))));
      assert.equal(w.stat('pkt6-rfc-violation'), 3);
      silent(await w.send(informationRequest(client6(1), withServerId(otherServer))));
      assert.equal(w.stat('pkt6-not-for-us'), 1);
    },
  ),
  scenario6('§16: INFORMATION-REQUEST by unicast is dropped', plain6(), async (w) => {
    silent(await w.unicast(informationRequest(client6(1))));
    silent(await w.unicast(informationRequest(client6(1), toServer())));
    assert.equal(w.stat('pkt6-rfc-violation'), 2);
  }),
  scenario6('§16: messages that only servers send are dropped and counted by type', plain6(), async (w) => {
    silent(await w.send(advertise(client6(1), toServer())));
    silent(await w.send(replyPacket(client6(1), toServer())));
    silent(await w.send(messageOf(messageType6.RECONFIGURE)(client6(1), toServer())));
    silent(await w.send(messageOf(99 as MessageType6)(client6(1))));
    silent(await w.send(leaseQuery(client6(1))));
    assert.equal(w.stat('pkt6-advertise-received'), 1);
    assert.equal(w.stat('pkt6-reply-received'), 1);
    assert.equal(w.stat('pkt6-reconfigure-received'), 1);
    assert.equal(w.stat('pkt6-unknown-received'), 2);
    assert.equal(w.stat('pkt6-rfc-violation'), 5);
  }),
  scenario6('§11.1: a DUID has 3 to 130 bytes', plain6(), async (w) => {
    silent(await w.send(solicit(withClientId('00:03'), withIaNa(1))));
    silent(await w.send(solicit(withClientId(new Uint8Array(131).fill(1)), withIaNa(1))));
    silent(await w.send(solicit(withClientId(new Uint8Array(0)), withIaNa(1))));
    assert.equal(w.stat('pkt6-rfc-violation'), 3);
    answered6(await w.send(solicit(withClientId(new Uint8Array(130).fill(1)), withIaNa(1))), ADVERTISE);
    answered6(await w.send(solicit(withClientId('00:09:01'), withIaNa(1))), ADVERTISE);
  }),
  scenario6(
    '§21.2: two client identifiers, or two server identifiers, are one too many',
    plain6(),
    async (w) => {
      silent(await w.send(solicit(client6(1), withOption(1, '00:03:00:01:07'), withIaNa(1))));
      silent(await w.send(request(client6(1), toServer(), toServer(), ia)));
      assert.equal(w.stat('pkt6-rfc-violation'), 2);
    },
  ),
  scenario6(
    '§12: two IAs of one kind with one IAID are refused; an IA_NA and an IA_PD may share it',
    plain6(),
    async (w) => {
      silent(await w.send(solicit(client6(1), withIaNa(1), withIaNa(1))));
      assert.equal(w.stat('pkt6-rfc-violation'), 1);
      answered6(await w.send(solicit(client6(1), withIaNa(1), withIaPd(1))), ADVERTISE);
    },
  ),
  scenario6('§21.4: an IA that cannot be read is counted as such', plain6(), async (w) => {
    silent(await w.send(solicit(client6(1), withRawIa(3, [0, 0, 0, 1, 0, 0]))));
    silent(await w.send(release(client6(1), toServer(), withRawIa(25, [0, 0, 0, 1]))));
    silent(await w.send(confirm(client6(1), withRawIa(3, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 9]))));
    assert.equal(w.stat('pkt6-parse-failed'), 3);
    assert.equal(w.stat('pkt6-processing-failed'), 0);
  }),
  scenario6(
    'a message may have 256 IAs, and hints in proportion',
    plain6({}, { pools: [{ pool: '2001:db8:1::/80' }] }),
    async (w) => {
      const ias = (count: number) => Array.from({ length: count }, (_, n) => withIaNa(n));
      const reply = answered6(await w.send(solicit(client6(1), ...ias(256))), ADVERTISE);
      assert.equal(new Set(reply.given).size, 256);
      silent(await w.send(solicit(client6(2), ...ias(257))));
      const hints = Array.from({ length: 1000 }, (_, n) => address(`2001:db8:1::${n.toString(16)}`));
      silent(await w.send(renew(client6(2), toServer(), withIaNa(1, ...hints))));
      assert.equal(w.stat('pkt6-limit-exceeded'), 2);
      assert.equal(w.stat('pkt6-receive-drop'), 2);
    },
  ),
  scenario6('nothing is answered while the service is off', plain6(), async (w) => {
    w.networkState.disable(1, 30);
    silent(await w.send(solicit(client6(1), withIaNa(1))));
    assert.equal(w.stat('pkt6-service-disabled'), 1);
    await w.pass(31);
    answered6(await w.send(solicit(client6(1), withIaNa(1))), ADVERTISE);
  }),

  ...Object.entries(withServer).map(([name, message]) =>
    scenario6(
      `§18.4: ${name} by unicast, which nobody allowed, is answered UseMulticast`,
      plain6(),
      async (w) => {
        const first = await acquire6(w, [withIaNa(1)], client6(1));
        const answer = answered6(
          await w.unicast(message(client6(1), toServer(), ...first.ias.map(asked))),
          REPLY,
        );
        assert.equal(answer.status, statusCode6.UseMulticast);
        assert.deepEqual([...answer.message.options.codes].sort(), [1, 13, 2]);
        assert.equal((await w.lease(first.given[0]!))?.state, 0);
      },
    ),
  ),
  scenario6('§18.4: a client that is sent the Server Unicast option may use it', allowed, async (w) => {
    const first = await acquire6(w, [withIaNa(1)], client6(1));
    assert.equal(first.hex(12), '20010db80000000000000000000000fe');
    const way = {
      ...unicastWay,
      destination: parseIpv6('2001:db8::fe'),
      serverAddress: parseIpv6('2001:db8::fe'),
    };
    const answer = answered6(
      await w.send(renew(client6(1), toServer(), ...first.ias.map(asked)), way),
      REPLY,
    );
    assert.deepEqual(answer.given, first.given);
    assert.equal(answer.to, '[2001:db8:1::10]:546');
    assert.equal(answer.source, parseIpv6('2001:db8::fe'));
    const gone = await w.send(release(client6(1), toServer(), ...first.ias.map(asked)), way);
    assert.equal(answered6(gone, REPLY).status, statusCode6.Success);
    assert.equal((await w.lease(first.given[0]!))?.state, 3);
  }),
];
