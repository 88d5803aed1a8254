// What the scenarios of DHCPv6 share: clients, subnets, the usual exchanges.
import assert from 'node:assert/strict';
import type { JsonMap } from '../../src/config/written.ts';
import {
  address,
  prefix,
  request,
  solicit,
  withClientId,
  withIaNa,
  withIaPd,
  withOption,
  withServerId,
  type PacketPart6,
} from '../support/packets6.ts';
import type { Reply6, ReplyIa6, ReplyLease6 } from './replies.ts';
import type { Scenario } from './scenario.ts';
import { serverDuid, type World, type WorldOptions } from './world.ts';

export function scenario6(
  name: string,
  config: JsonMap,
  play: (world: World<6>) => Promise<void>,
  more: Omit<WorldOptions<6>, 'config' | 'family'> = {},
): Scenario<6> {
  return { name, options: { family: 6, config, ...more }, play };
}

export const ADVERTISE = 2;
export const REPLY = 7;

/** One subnet on eth0: eleven addresses, sixteen prefixes of 56 bits. */
export const plainSubnet6: JsonMap = {
  id: 1,
  subnet: '2001:db8:1::/64',
  interface: 'eth0',
  pools: [{ pool: '2001:db8:1::10 - 2001:db8:1::1a' }],
  'pd-pools': [{ prefix: '2001:db8:8000::', 'prefix-len': 52, 'delegated-len': 56 }],
};

/** A configuration with the plain subnet and whatever `global` and `subnet` say. */
export const plain6 = (global: JsonMap = {}, subnet: JsonMap = {}): JsonMap => ({
  subnet6: [{ ...plainSubnet6, ...subnet }],
  ...global,
});

/** The client with number `n`: a DUID-LL of its hardware address. */
export const client6 = (n: number): PacketPart6 => withClientId(duidOf(n));
export const duidOf = (n: number): string => `00:03:00:01:02:00:00:00:00:${n.toString(16).padStart(2, '0')}`;
/** To the server that serves. */
export const toServer = (): PacketPart6 => withServerId(serverDuid);

/** SOLICIT, and REQUEST for what was advertised; the REPLY. `wanted`: the IAs. */
export async function acquire6(
  world: World<6>,
  wanted: readonly PacketPart6[],
  ...parts: readonly PacketPart6[]
): Promise<Reply6> {
  const advertise = answered6(await world.send(solicit(...wanted, ...parts)), ADVERTISE);
  const taken = advertise.ias.map(asked);
  return answered6(await world.send(request(toServer(), ...taken, ...parts)), REPLY);
}

/** An IA as a client sends it back: with the leases that it was given. */
export function asked({ kind, iaid, leases }: ReplyIa6): PacketPart6 {
  const given = leases.filter(({ valid }) => valid > 0);
  return kind === 'IA_NA'
    ? withIaNa(iaid, ...given.map(({ text }) => address(text)))
    : withIaPd(iaid, ...given.map(({ text }) => prefix(text)));
}

/** The reply that must be there; `given`: every lease in it, in order. */
export function answered6(reply: Reply6 | null, type: number, ...given: readonly string[]): Reply6 {
  assert.equal(reply?.type, type, reply ? 'of another type' : 'an answer was expected');
  if (given.length > 0) assert.deepEqual(reply.given, given);
  return reply;
}

/** The only IA of a reply, or the one at `index`. */
export function iaOf(reply: Reply6 | null, index = 0): ReplyIa6 {
  const ia = reply?.ias[index];
  assert.ok(ia, `there is no IA at ${index}`);
  return ia;
}

/** The first lease of a reply. */
export function leaseOf(reply: Reply6 | null): ReplyLease6 {
  const [lease] = iaOf(reply).leases;
  assert.ok(lease, 'there is no lease');
  return lease;
}

/** The IA has this status and no lease. */
export function refused(reply: Reply6 | null, status: number, index = 0): void {
  const ia = iaOf(reply, index);
  assert.equal(ia.status, status);
  assert.deepEqual(
    ia.leases.filter(({ valid }) => valid > 0),
    [],
  );
}

/** An IA_NA or IA_PD with bytes that no encoder makes. */
export const withRawIa = (code: number, bytes: readonly number[]): PacketPart6 => withOption(code, bytes);

/** An IA_TA (RFC 8415 §21.5); `iaid`: below 256. */
export const withIaTa = (iaid: number): PacketPart6 => withOption(4, [0, 0, 0, iaid]);
