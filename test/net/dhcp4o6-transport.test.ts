// The transport of a DHCPv4 server that also hears DHCPv6 clients: what its sockets can do it still can.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dhcp4o6Peer } from '../../src/net/dhcp4o6-peer.ts';
import { withDhcp4o6 } from '../../src/net/dhcp4o6-transport.ts';
import type { Transport } from '../../src/net/transport.ts';

void test('an overload is left to the kernel as without DHCPv6', () => {
  const shares: number[] = [];
  const sockets: Transport = {
    interfaces: [],
    kernelDrops: { shed: (share) => void shares.push(share), take: () => 7 },
    listen() {},
    send() {},
    close: () => Promise.resolve(),
  };
  const peer = { listen() {}, send() {}, refuse() {} } as unknown as Dhcp4o6Peer;
  const { kernelDrops } = withDhcp4o6(sockets, peer, { now: () => 0 });
  kernelDrops?.shed(0.5);
  assert.deepEqual(shares, [0.5]);
  assert.equal(kernelDrops?.take(), 7);
});
