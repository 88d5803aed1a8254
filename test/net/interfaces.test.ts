import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'node:test';
import { formatIpv4, parseIpv4 } from '../../src/addr/ipv4.ts';
import { formatIpv6 } from '../../src/addr/ipv6.ts';
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

const info6 = (address: string, scopeid = 0, internal = false): NetworkInterfaceInfo => ({
  address,
  netmask: 'ffff:ffff:ffff:ffff::',
  family: 'IPv6',
  mac: '02:00:00:00:00:01',
  internal,
  cidr: null,
  scopeid,
});
const machine6 = {
  lo: [info('127.0.0.1', '255.0.0.0', true), info6('::1', 0, true), info6('2001:db8:ff::1', 0, true)],
  eth0: [info('10.0.0.1', '255.255.255.0'), info6('2001:db8::1'), info6('2001:db8::2'), info6('fe80::1', 2)],
  eth1: [info6('fe80::1', 3)],
  wan0: [info6('2001:db8:9::1')],
  old0: [info('192.0.2.1', '255.255.255.255')],
};
const chosen6 = (...words: string[]): string[] =>
  selectListenAddresses(6, words, machine6).addresses.map(
    (each) => `${each.iface}/${formatIpv6(each.address)}`,
  );
const refused6 = (...words: string[]): string[] =>
  selectListenAddresses(6, words, machine6).errors.map((error) => error.describe().replace(/ \(.*/, ''));

test('DHCPv6: a star is the link-local address of every interface that has one, with the multicast groups', () => {
  assert.deepEqual(chosen6('*'), ['eth0/fe80::1', 'eth1/fe80::1']);
  const { addresses, errors } = selectListenAddresses(6, ['*'], machine6);
  assert.deepEqual(errors, []);
  for (const { groups } of addresses) assert.deepEqual(groups.map(formatIpv6), ['ff02::1:2', 'ff05::1:3']);
});

test('DHCPv6: an interface with an address is that address besides its link-local one', () => {
  assert.deepEqual(chosen6('eth0/2001:db8::2'), ['eth0/2001:db8::2', 'eth0/fe80::1']);
  assert.deepEqual(chosen6('eth0', 'eth0 / 2001:DB8:0::2', 'eth0/2001:db8::1'), [
    'eth0/fe80::1',
    'eth0/2001:db8::2',
    'eth0/2001:db8::1',
  ]);
  assert.deepEqual(chosen6('eth0/fe80::1'), ['eth0/fe80::1']);
  const { addresses } = selectListenAddresses(6, ['eth0/2001:db8::2'], machine6);
  assert.deepEqual(addresses[0]!.groups, []);
});

test('DHCPv6: loopback has no link; its addresses are served when it is named', () => {
  assert.deepEqual(chosen6('lo'), ['lo/::1', 'lo/2001:db8:ff::1']);
  assert.deepEqual(chosen6('lo/2001:db8:ff::1'), ['lo/2001:db8:ff::1']);
  assert.deepEqual(refused6('lo', 'lo/::1'), []);
});

test('DHCPv6: an interface without a link-local address is an error, and its unicast address is served', () => {
  const key = 'Dhcp6.interfaces-config.interfaces';
  assert.deepEqual(chosen6('wan0', 'wan0/2001:db8:9::1', 'eth1'), ['wan0/2001:db8:9::1', 'eth1/fe80::1']);
  assert.deepEqual(refused6('eth1', 'wan0', 'wan0/2001:db8:9::1', 'old0'), [
    `${key}[1]: wan0 does not have a link-local IPv6 address`,
    `${key}[2]: wan0 does not have a link-local IPv6 address`,
    `${key}[3]: old0 does not have a link-local IPv6 address`,
  ]);
});

test('DHCPv6: what is not an address of the interface is an error that says where it is written', () => {
  for (const word of [
    'eth9',
    'eth0/2001:db8::9',
    'eth0/ff02::1:2',
    'eth0/10.0.0.1',
    'eth0/',
    '*/2001:db8::1',
    '',
  ])
    assert.deepEqual(refused6(word), [
      `Dhcp6.interfaces-config.interfaces[0]: no interface or address matches '${word}'`,
    ]);
  assert.deepEqual(
    selectListenAddresses(6, ['*'], { lo: machine6.lo }).errors.map((error) => error.message),
    ['no interface but loopback has a link-local IPv6 address (interfaces with addresses: lo)'],
  );
});
