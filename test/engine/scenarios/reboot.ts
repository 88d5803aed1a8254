// INIT-REBOOT, RENEWING, REBINDING: when to answer ACK, when NAK, when to stay silent (RFC 2131 §4.3.2).
import assert from 'node:assert/strict';
import {
  discover,
  havingAddress,
  request,
  throughRelay,
  withRequestedAddress,
  withServerId,
} from '../../support/packets4.ts';
import {
  acquire,
  ACK,
  answered,
  client,
  NAK,
  plain,
  rebind,
  reboot,
  renew,
  scenario,
  silent,
  type Scenario,
} from '../scenario.ts';

const elsewhere = { subnet4: [{ id: 7, subnet: '10.7.0.0/16', pools: [{ pool: '10.7.0.10 - 10.7.0.20' }] }] };

export const rebooting: readonly Scenario[] = [
  scenario('INIT-REBOOT of a known client with the right address', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    answered(await reboot(w, yiaddr, client(1)), ACK, yiaddr);
  }),
  scenario('INIT-REBOOT of a known client with a wrong address', plain(), async (w) => {
    await acquire(w, client(1));
    answered(await reboot(w, '192.0.2.20', client(1)), NAK);
  }),
  scenario('INIT-REBOOT of an unknown client is none of our business', plain(), async (w) => {
    silent(await reboot(w, '192.0.2.20', client(1)));
    assert.equal(w.stat('flotilla-no-lease'), 1);
  }),
  scenario(
    'INIT-REBOOT of an unknown client where the subnet is authoritative',
    plain({}, { authoritative: true }),
    async (w) => {
      answered(await reboot(w, '192.0.2.20', client(1)), NAK);
    },
  ),
  scenario('INIT-REBOOT without a subnet', elsewhere, async (w) => {
    silent(await reboot(w, '192.0.2.20', client(1)));
  }),
  scenario(
    'INIT-REBOOT without a subnet where the server is authoritative',
    { ...elsewhere, authoritative: true },
    async (w) => {
      answered(await reboot(w, '192.0.2.20', client(1)), NAK);
    },
  ),
  scenario('RENEWING extends the lease', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.pass(3600);
    const ack = answered(await renew(w, yiaddr, client(1)), ACK, yiaddr);
    assert.equal(ack.number(51), 7200);
    assert.equal(ack.to, `${yiaddr}:68`);
    assert.equal(w.stat('assigned-addresses'), 1);
    await w.pass(3700);
    assert.equal((await w.lease(yiaddr))?.state, 0);
  }),
  scenario('REBINDING extends the lease', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    await w.pass(6500);
    answered(await rebind(w, yiaddr, client(1)), ACK, yiaddr);
  }),
  scenario('a renewal of an address that went to somebody else is refused', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    answered(await renew(w, yiaddr, client(2)), NAK);
  }),
  scenario('REBINDING without a subnet is answered with silence', elsewhere, async (w) => {
    silent(await rebind(w, '192.0.2.10', client(1)));
    assert.equal(w.stat('flotilla-no-subnet'), 1);
  }),
  scenario('SELECTING without a subnet is refused', elsewhere, async (w) => {
    answered(
      await w.send(request(client(1), withRequestedAddress('192.0.2.10'), withServerId('192.0.2.1'))),
      NAK,
    );
  }),
  scenario('RENEWING without a subnet is refused', elsewhere, async (w) => {
    answered(await renew(w, '192.0.2.10', client(1)), NAK);
  }),
  scenario('DISCOVER without a subnet is answered with silence', elsewhere, async (w) => {
    silent(await w.send(discover(client(1))));
    assert.equal(w.stat('flotilla-no-subnet'), 1);
  }),
  scenario(
    'a REQUEST for an address that is in no pool at all is answered with silence',
    plain(),
    async (w) => {
      silent(
        await w.send(request(client(1), withRequestedAddress('192.0.2.200'), withServerId('192.0.2.1'))),
      );
    },
  ),
  scenario(
    'a REQUEST for an address in a pool of other classes is refused',
    plain(
      { 'client-classes': [{ name: 'phones', test: "option[60].text == 'phone'" }] },
      {
        pools: [
          { pool: '192.0.2.10 - 192.0.2.20' },
          { pool: '192.0.2.30 - 192.0.2.40', 'client-classes': ['phones'] },
        ],
      },
    ),
    async (w) => {
      answered(
        await w.send(request(client(1), withRequestedAddress('192.0.2.35'), withServerId('192.0.2.1'))),
        NAK,
      );
    },
  ),
  scenario('a relayed NAK tells the relay to broadcast', plain(), async (w) => {
    const { yiaddr } = await acquire(w, client(1));
    const nak = answered(
      await w.send(request(client(2), throughRelay('192.0.2.2'), havingAddress(yiaddr))),
      NAK,
    );
    assert.equal(nak.message.flags & 0x8000, 0x8000);
    assert.equal(nak.to, '192.0.2.2:67');
  }),
];
