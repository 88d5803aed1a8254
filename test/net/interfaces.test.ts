import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { formatIpv4, parseIpv4 } from '../../src/addr/ipv4.ts';
import { selectListenAddresses } from '../../src/net/interfaces.ts';

const info = (address: string, netmask: string, internal = false): NetworkInterfaceInfo => ({
  address,
  netmask,
  family: 'IPv4',
  mac: '02:00:00:00:00:01',
  internal,
  cidr: null,
});
const machine = {
  lo: [info('127.0.0.1', '255.0.0.0', true)],
  eth0: [info('10.0.0.1', '255.255.255.0'), info('10.0.1.1', '255.255.255.0')],
  ptp0: [info('192.0.2.1', '255.255.255.255')],
};
const chosen = (...words: string[]): string[] =>
  selectListenAddresses(4, words, machine).addresses.map((each) => `${each.iface}/${each.address}`);

test('a star is every address of every interface but loopback', () => {
  assert.deepEqual(chosen('*'), [
    `eth0/${parseIpv4('10.0.0.1')}`,
    `eth0/${parseIpv4('10.0.1.1')}`,
    `ptp0/${parseIpv4('192.0.2.1')}`,
  ]);
});

test('an interface with an address is that one only, and naming it twice opens it once', () => {
  assert.deepEqual(chosen('eth0/10.0.1.1', 'eth0/10.0.1.1'), [`eth0/${parseIpv4('10.0.1.1')}`]);
});

test('loopback is served when it is named', () => {
  assert.deepEqual(chosen('lo'), [`lo/${parseIpv4('127.0.0.1')}`]);
});

test('a word that matches nothing is an error that lists what there is, and the others are served', () => {
  const { addresses, errors } = selectListenAddresses(4, ['eth9', 'eth0/10.9.9.9', 'ptp0'], machine);
  assert.equal(addresses.length, 1);
  assert.deepEqual(
    errors.map((error) => error.message),
    [
      "no interface or address matches 'eth9' (interfaces with addresses: lo, eth0, ptp0)",
      "no interface or address matches 'eth0/10.9.9.9' (interfaces with addresses: lo, eth0, ptp0)",
    ],
  );
});

test('the directed broadcast address comes from the mask, and a host address has none', () => {
  const { addresses } = selectListenAddresses(4, ['*'], machine);
  assert.deepEqual(
    addresses.map((each) => each.groups.map(formatIpv4)),
    [['255.255.255.255', '10.0.0.255'], ['255.255.255.255', '10.0.1.255'], ['255.255.255.255']],
  );
});
