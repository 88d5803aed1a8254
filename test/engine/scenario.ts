// Scenarios: a configuration, then packets, time and restarts, played against the real engine on any store. DHCPv6: scenario6.ts.
import assert from 'node:assert/strict';
import type { Family } from '../../src/addr/family.ts';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import type { JsonMap } from '../../src/config/written.ts';
import {
  discover,
  fromMac,
  havingAddress,
  request,
  withRequestedAddress,
  withServerId,
  type PacketPart4,
} from '../support/packets4.ts';
import { serverAddress, type Reply, type World, type WorldOptions } from './world.ts';

export interface Scenario<F extends Family = 4> {
  readonly name: string;
  readonly options: WorldOptions<F>;
  readonly play: (world: World<F>) => Promise<void>;
}

export function scenario(
  name: string,
  config: JsonMap,
  play: (world: World) => Promise<void>,
  more: Omit<WorldOptions, 'config'> = {},
): Scenario {
  return { name, options: { config, ...more }, play };
}

export const OFFER = 2;
export const ACK = 5;
export const NAK = 6;

/** One subnet on eth0, eleven addresses. */
export const plainSubnet: JsonMap = {
  id: 1,
  subnet: '192.0.2.0/24',
  pools: [{ pool: '192.0.2.10 - 192.0.2.20' }],
};

/** A configuration with the plain subnet and whatever `global` and `subnet` say. */
export const plain = (global: JsonMap = {}, subnet: JsonMap = {}): JsonMap => ({
  subnet4: [{ ...plainSubnet, ...subnet }],
  ...global,
});

/** The client with number `n`. */
export const client = (n: number): PacketPart4 => fromMac(macOf(n));
export const macOf = (n: number): string => `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`;

/** DISCOVER, and REQUEST for what was offered; the ACK. */
export async function acquire(world: World, ...parts: readonly PacketPart4[]): Promise<Reply> {
  const offer = await world.send(discover(...parts));
  assert.equal(offer?.type, OFFER, 'an OFFER was expected');
  const server = offer.text(54) === '' ? serverAddress : [...Buffer.from(offer.hex(54), 'hex')].join('.');
  const ack = await world.send(request(...parts, withRequestedAddress(offer.yiaddr), withServerId(server)));
  assert.equal(ack?.type, ACK, 'an ACK was expected');
  assert.equal(ack.yiaddr, offer.yiaddr);
  return ack;
}

/** RENEWING: unicast, the address in ciaddr. */
export async function renew(
  world: World,
  address: string,
  ...parts: readonly PacketPart4[]
): Promise<Reply | null> {
  return await world.unicast(request(...parts, havingAddress(address)));
}

/** REBINDING: broadcast, the address in ciaddr. */
export async function rebind(
  world: World,
  address: string,
  ...parts: readonly PacketPart4[]
): Promise<Reply | null> {
  return await world.send(request(...parts, havingAddress(address)), { source: parseIpv4(address) });
}

/** INIT-REBOOT: option 50, no server identifier. */
export async function reboot(
  world: World,
  address: string,
  ...parts: readonly PacketPart4[]
): Promise<Reply | null> {
  return await world.send(request(...parts, withRequestedAddress(address)));
}

/** The reply that must be there. */
export function answered(reply: Reply | null, type: number, yiaddr?: string): Reply {
  assert.equal(reply?.type, type);
  if (yiaddr !== undefined) assert.equal(reply.yiaddr, yiaddr);
  return reply;
}

export function silent(reply: unknown): void {
  assert.equal(reply, null, 'silence was expected');
}
