// Client FQDN (RFC 4704): what the client is answered, what the lease keeps.
import assert from 'node:assert/strict';
import type { JsonMap } from '../../../../src/config/written.ts';
import { renew, withFqdn, withIaNa, withIaPd, withOption } from '../../../support/packets6.ts';
import type { Scenario } from '../../scenario.ts';
import {
  acquire6,
  answered6,
  asked,
  client6,
  duidOf,
  plain6,
  REPLY,
  scenario6,
  toServer,
} from '../../scenario6.ts';

const suffix: JsonMap = { 'ddns-qualifying-suffix': 'example.org' };
const updates: JsonMap = { ...suffix, 'dhcp-ddns': { 'enable-updates': true } };
const inBox = { pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::10' }] };
const generated = 'myhost-2001-db8-1--10.example.org.';
const one = [withIaNa(1)];
/** Option 39 of a reply: flags and the name in wire form. */
const fqdn = (flags: string, ...labels: readonly string[]): string =>
  `${flags}${labels.map((label) => label.length.toString(16).padStart(2, '0') + Buffer.from(label).toString('hex')).join('')}00`;

export const names6: readonly Scenario<6>[] = [
  scenario6(
    '§6: the name comes back in lower case, with S, and the lease keeps it',
    plain6(updates),
    async (w) => {
      const reply = await acquire6(w, one, client6(1), withFqdn('Desk.example.com.'));
      assert.equal(reply.hex(39), fqdn('01', 'desk', 'example', 'com'));
      const lease = (await w.lease(reply.given[0]!))!;
      assert.equal(lease.hostname, 'desk.example.com.');
      assert.deepEqual([lease.fqdnFwd, lease.fqdnRev], [true, true]);
    },
  ),
  scenario6('§6: a client that sent no name is answered none', plain6(updates), async (w) => {
    const reply = await acquire6(w, one, client6(1));
    assert.equal(reply.hex(39), '');
    assert.equal((await w.lease(reply.given[0]!))?.hostname, '');
  }),
  scenario6('§4.1: a client that updates its AAAA itself is followed', plain6(updates), async (w) => {
    const reply = await acquire6(w, one, client6(1), withFqdn('desk.example.com.', { serverUpdates: false }));
    assert.equal(reply.hex(39), fqdn('00', 'desk', 'example', 'com'));
    const lease = (await w.lease(reply.given[0]!))!;
    assert.deepEqual([lease.fqdnFwd, lease.fqdnRev], [false, true]);
  }),
  scenario6(
    '§4.1: ddns-override-client-update takes it over and says so with O',
    plain6({ ...updates, 'ddns-override-client-update': true }),
    async (w) => {
      const reply = await acquire6(
        w,
        one,
        client6(1),
        withFqdn('desk.example.com.', { serverUpdates: false }),
      );
      assert.equal(reply.hex(39), fqdn('03', 'desk', 'example', 'com'));
    },
  ),
  scenario6('§4.1: N asks for no updates at all', plain6(updates), async (w) => {
    const wish = withFqdn('desk.example.com.', { serverUpdates: false, noUpdates: true });
    const reply = await acquire6(w, one, client6(1), wish);
    assert.equal(reply.hex(39), fqdn('04', 'desk', 'example', 'com'));
    const lease = (await w.lease(reply.given[0]!))!;
    assert.deepEqual([lease.fqdnFwd, lease.fqdnRev], [false, false]);
  }),
  scenario6(
    '§6: without updates the server says N, and O where S was asked for',
    plain6(suffix),
    async (w) => {
      const reply = await acquire6(w, one, client6(1), withFqdn('desk.example.com.'));
      assert.equal(reply.hex(39), fqdn('06', 'desk', 'example', 'com'));
    },
  ),
  scenario6('§4.2: a partial name gets the suffix', plain6(updates), async (w) => {
    const reply = await acquire6(w, one, client6(1), withFqdn('desk'));
    assert.equal(reply.hex(39), fqdn('01', 'desk', 'example', 'org'));
  }),
  scenario6('§4.2: an empty name is one that the server makes', plain6(updates, inBox), async (w) => {
    const reply = await acquire6(w, one, client6(1), withFqdn(''));
    assert.equal((await w.lease(reply.given[0]!))?.hostname, generated);
  }),
  scenario6(
    'ddns-replace-client-name always replaces what the client sends',
    plain6({ ...updates, 'ddns-replace-client-name': 'always' }, inBox),
    async (w) => {
      const reply = await acquire6(w, one, client6(1), withFqdn('desk'));
      assert.equal((await w.lease(reply.given[0]!))?.hostname, generated);
      assert.equal(reply.hex(39), fqdn('01', ...generated.slice(0, -1).split('.')));
    },
  ),
  scenario6(
    'ddns-replace-client-name when-not-present names the nameless, who are not told',
    plain6({ ...updates, 'ddns-replace-client-name': 'when-not-present' }, inBox),
    async (w) => {
      const reply = await acquire6(w, one, client6(1));
      assert.equal((await w.lease(reply.given[0]!))?.hostname, generated);
      assert.equal(reply.hex(39), '');
    },
  ),
  scenario6(
    'the name of a reservation wins',
    plain6(updates, { reservations: [{ duid: duidOf(1), hostname: 'Reserved' }] }),
    async (w) => {
      const reply = await acquire6(w, one, client6(1), withFqdn('desk'));
      assert.equal(reply.hex(39), fqdn('01', 'reserved', 'example', 'org'));
      assert.equal((await w.lease(reply.given[0]!))?.hostname, 'reserved.example.org.');
    },
  ),
  scenario6('a prefix has no name', plain6(updates), async (w) => {
    const reply = await acquire6(w, [withIaNa(1), withIaPd(2)], client6(1), withFqdn('desk'));
    assert.equal((await w.lease(reply.given[0]!))?.hostname, 'desk.example.org.');
    assert.equal((await w.lease(reply.given[1]!.replace('/56', '')))?.hostname, '');
  }),
  scenario6('a renewal with another name writes it', plain6(updates), async (w) => {
    const first = await acquire6(w, one, client6(1), withFqdn('desk'));
    const packet = renew(client6(1), toServer(), ...first.ias.map(asked), withFqdn('chair'));
    answered6(await w.send(packet), REPLY, ...first.given);
    assert.equal((await w.lease(first.given[0]!))?.hostname, 'chair.example.org.');
  }),
  scenario6('a name that cannot be read is none', plain6(updates), async (w) => {
    const reply = await acquire6(w, one, client6(1), withOption(39, [1, 63, 97]));
    assert.equal((await w.lease(reply.given[0]!))?.hostname, '');
    assert.ok(w.logged('DHCP6_CLIENT_NAME_PROC_FAIL'));
  }),
];
