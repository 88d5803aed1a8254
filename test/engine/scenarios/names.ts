// Host names and FQDNs: what the client sends, what it is told, what the lease keeps (RFC 4702).
import assert from 'node:assert/strict';
import type { JsonMap } from '../../../src/config/written.ts';
import { withFqdn, withHostName } from '../../support/packets4.ts';
import { ACK, acquire, answered, client, macOf, plain, renew, scenario, type Scenario } from '../scenario.ts';

const suffix: JsonMap = { 'ddns-qualifying-suffix': 'example.org' };
const updates: JsonMap = { ...suffix, 'dhcp-ddns': { 'enable-updates': true } };
const inBox = { pools: [{ pool: '192.0.2.10 - 192.0.2.10' }] };
/** Option 81 of a reply: flags, two times 255, the name in wire form. */
const fqdn = (flags: string, ...labels: readonly string[]): string =>
  `${flags}ffff${labels.map((label) => label.length.toString(16).padStart(2, '0') + Buffer.from(label).toString('hex')).join('')}00`;

export const names: readonly Scenario[] = [
  scenario('a host name comes back in lower case and is kept', plain(), async (w) => {
    const ack = await acquire(w, client(1), withHostName('Desk-7'));
    assert.equal(ack.text(12), 'desk-7');
    assert.equal((await w.lease(ack.yiaddr))?.hostname, 'desk-7');
  }),
  scenario('a client without a name gets none', plain(suffix), async (w) => {
    const ack = await acquire(w, client(1));
    assert.equal(ack.text(12), '');
    assert.equal((await w.lease(ack.yiaddr))?.hostname, '');
  }),
  scenario('a single label gets the suffix, several do not', plain(suffix), async (w) => {
    assert.equal((await acquire(w, client(1), withHostName('desk'))).text(12), 'desk.example.org');
    assert.equal((await acquire(w, client(2), withHostName('desk.lab.net'))).text(12), 'desk.lab.net');
  }),
  scenario(
    'characters outside the set are replaced',
    plain({ 'hostname-char-replacement': 'x' }),
    async (w) => {
      assert.equal((await acquire(w, client(1), withHostName("bob's pc"))).text(12), 'bobxsxpc');
    },
  ),
  scenario('a name of which nothing is left is not answered', plain(), async (w) => {
    const ack = await acquire(w, client(1), withHostName('___'));
    assert.equal(ack.text(12), '');
    assert.ok(w.logged('DHCP4_CLIENT_HOSTNAME_SCRUBBED_EMPTY'));
  }),
  scenario(
    'the name of a reservation wins and is qualified',
    {
      ...plain(suffix, { reservations: [{ 'hw-address': macOf(1), hostname: 'Reserved' }] }),
    },
    async (w) => {
      const ack = await acquire(w, client(1), withHostName('desk'));
      assert.equal(ack.text(12), 'reserved.example.org');
      assert.equal((await w.lease(ack.yiaddr))?.hostname, 'reserved.example.org');
    },
  ),
  scenario(
    'ddns-replace-client-name when-present replaces names that are sent',
    {
      ...plain({ ...suffix, 'ddns-replace-client-name': 'when-present' }, inBox),
    },
    async (w) => {
      assert.equal(
        (await acquire(w, client(1), withHostName('desk'))).text(12),
        'myhost-192-0-2-10.example.org',
      );
    },
  ),
  scenario(
    'ddns-replace-client-name when-not-present names the nameless',
    {
      ...plain({ ...suffix, 'ddns-replace-client-name': 'when-not-present' }, inBox),
    },
    async (w) => {
      assert.equal((await acquire(w, client(1))).text(12), 'myhost-192-0-2-10.example.org');
      assert.equal((await acquire(w, client(1), withHostName('desk'))).text(12), 'desk.example.org');
    },
  ),
  scenario('an FQDN is answered as such, and no host name beside it', plain(updates), async (w) => {
    const ack = await acquire(w, client(1), withFqdn('Desk.example.com.'), withHostName('desk'));
    assert.equal(ack.hex(81), fqdn('05', 'desk', 'example', 'com'));
    assert.equal(ack.hex(12), '');
    const lease = await w.lease(ack.yiaddr);
    assert.equal(lease?.hostname, 'desk.example.com.');
    assert.equal(lease.fqdnFwd, true);
    assert.equal(lease.fqdnRev, true);
  }),
  scenario('a partial FQDN gets the suffix', plain(updates), async (w) => {
    assert.equal(
      (await acquire(w, client(1), withFqdn('desk'))).hex(81),
      fqdn('05', 'desk', 'example', 'org'),
    );
  }),
  scenario('without DNS updates the server says so', plain(suffix), async (w) => {
    // N and E, and O because the client’s S was not followed.
    const ack = await acquire(w, client(1), withFqdn('desk'));
    assert.equal(ack.hex(81), fqdn('0e', 'desk', 'example', 'org'));
    assert.equal((await w.lease(ack.yiaddr))?.fqdnFwd, false);
  }),
  scenario('a client that wants no updates gets none', plain(updates), async (w) => {
    const ack = await acquire(w, client(1), withFqdn('desk', { serverUpdates: false, noUpdates: true }));
    assert.equal(ack.hex(81), fqdn('0c', 'desk', 'example', 'org'));
    assert.equal((await w.lease(ack.yiaddr))?.fqdnRev, false);
  }),
  scenario(
    'ddns-override-no-update updates all the same',
    plain({ ...updates, 'ddns-override-no-update': true }),
    async (w) => {
      const ack = await acquire(w, client(1), withFqdn('desk', { serverUpdates: false, noUpdates: true }));
      assert.equal(ack.hex(81), fqdn('07', 'desk', 'example', 'org'));
      assert.equal((await w.lease(ack.yiaddr))?.fqdnFwd, true);
    },
  ),
  scenario(
    'ddns-override-client-update takes the forward update over',
    plain({ ...updates, 'ddns-override-client-update': true }),
    async (w) => {
      const ack = await acquire(w, client(1), withFqdn('desk', { serverUpdates: false }));
      assert.equal(ack.hex(81), fqdn('07', 'desk', 'example', 'org'));
    },
  ),
  scenario('an empty FQDN is generated from the address', plain(updates, inBox), async (w) => {
    const ack = await acquire(w, client(1), withFqdn(''));
    assert.equal(ack.hex(81), fqdn('05', 'myhost-192-0-2-10', 'example', 'org'));
    assert.equal((await w.lease(ack.yiaddr))?.hostname, 'myhost-192-0-2-10.example.org.');
  }),
  scenario(
    'a pool has its own rules of names; an address beside the pools follows its subnet',
    plain(suffix, {
      pools: [
        {
          pool: '192.0.2.10 - 192.0.2.10',
          'ddns-qualifying-suffix': 'lab.example',
          'hostname-char-replacement': 'x',
          'ddns-replace-client-name': 'when-not-present',
          'ddns-generated-prefix': 'bench',
        },
      ],
      reservations: [{ 'hw-address': macOf(2), 'ip-address': '192.0.2.77' }],
    }),
    async (w) => {
      assert.equal((await acquire(w, client(1), withHostName("bob's"))).text(12), 'bobxs.lab.example');
      assert.equal((await w.lease('192.0.2.10'))?.hostname, 'bobxs.lab.example');
      const renewed = answered(await renew(w, '192.0.2.10', client(1)), ACK);
      assert.equal(renewed.text(12), 'bench-192-0-2-10.lab.example');
      const beside = await acquire(w, client(2), withHostName("bob's"));
      assert.equal(beside.yiaddr, '192.0.2.77');
      assert.equal(beside.text(12), 'bobs.example.org');
    },
  ),
];
