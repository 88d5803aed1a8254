// The class steps of both protocols: pass 1, early global reservations, KNOWN and UNKNOWN with pass 2, additional classes.
import type { PoolBase } from '../config/snapshot.ts';
import {
  addReservedClasses,
  classifyAdditional,
  classifyFirst,
  classifyKnown,
  type ClassifyDeps,
} from './class-list.ts';
import { currentHost, reservationsOf, type PacketContext } from './packet-context.ts';
import { drop, type StepResult } from './pipeline.ts';
import { findGlobalReservation, type CollectIdentifiers } from './reservations.ts';

/** ALL, the protocol's own classes, then the tests that need no reservation. */
export function classifyByTests(t: PacketContext, builtIn: Iterable<string>): StepResult {
  t.classes.add('ALL');
  for (const name of builtIn) t.classes.add(name);
  if (t.snapshot.classes.length > 0) classifyFirst(t.snapshot, t.packet, t.classes, classifyDeps(t));
  return 'continue';
}

export function dropMembersOfDrop(t: PacketContext): StepResult {
  return t.classes.has('DROP') ? drop('admin-filtered', 'member of the class DROP') : 'continue';
}

/** `early-global-reservations-lookup`: reserved classes and KNOWN may choose the subnet. */
export function classifyByEarlyReservation<T extends PacketContext>(
  t: T,
  collect: CollectIdentifiers<T>,
): StepResult | Promise<StepResult> {
  return t.snapshot.globals.earlyGlobalReservationsLookup ? applyEarly(t, collect) : 'continue';
}

async function applyEarly<T extends PacketContext>(
  t: T,
  collect: CollectIdentifiers<T>,
): Promise<StepResult> {
  const host = await findGlobalReservation(t, collect);
  if (!host) return 'continue';
  reservationsOf(t).global = host;
  t.classes.add('KNOWN');
  addReservedClasses(t.snapshot, t.packet, t.classes, host.clientClasses, classifyDeps(t));
  classifyKnown(t.snapshot, t.packet, t.classes, classifyDeps(t));
  return dropMembersOfDrop(t);
}

/** Reserved classes, KNOWN or UNKNOWN, pass 2. */
export function classifyByReservation(t: PacketContext): StepResult {
  const { global, bySubnet } = t.reservations;
  // In a shared network the final subnet, and with it the reservation, is known only after allocation.
  const host = t.subnet?.networkName == null ? currentHost(t) : global;
  if (host) addReservedClasses(t.snapshot, t.packet, t.classes, host.clientClasses, classifyDeps(t));
  const known = global !== null || bySubnet.size > 0;
  t.classes.delete(known ? 'UNKNOWN' : 'KNOWN');
  t.classes.add(known ? 'KNOWN' : 'UNKNOWN');
  if (t.snapshot.classes.length > 0) classifyKnown(t.snapshot, t.packet, t.classes, classifyDeps(t));
  return dropMembersOfDrop(t);
}

/**
 * Once the addresses are known: classes of the subnet's reservation, then `evaluate-additional-classes`.
 * `pools`: those that what is granted comes from.
 */
export function classifyByPools(t: PacketContext, pools: readonly PoolBase[]): StepResult {
  const { subnet } = t;
  if (!subnet) return 'continue';
  const network = subnet.networkName === null ? undefined : t.snapshot.networks.get(subnet.networkName);
  if (network) for (const name of currentHost(t)?.clientClasses ?? []) t.classes.add(name);
  if (
    !network &&
    subnet.evaluateAdditionalClasses.length === 0 &&
    pools.every(({ evaluateAdditionalClasses }) => evaluateAdditionalClasses.length === 0)
  )
    return 'continue';
  const names = [
    ...pools.flatMap((pool) => pool.evaluateAdditionalClasses),
    ...subnet.evaluateAdditionalClasses,
    ...(network?.evaluateAdditionalClasses ?? []),
  ];
  if (names.length === 0) return 'continue';
  classifyAdditional(t.snapshot, t.packet, t.classes, names, {
    ...classifyDeps(t),
    onUndefined: (name) =>
      t.engine.log.debug(
        `DHCP${t.engine.family}_ADDITIONAL_CLASS_UNDEFINED`,
        `additional class ${name} has no definition`,
      ),
  });
  return 'continue';
}

function classifyDeps(t: PacketContext): ClassifyDeps {
  return {
    onEvaluationError: (name, reason) =>
      t.engine.log.debug('DHCPSRV_EVAL_ERROR', `class ${name} was not evaluated: ${reason}`),
  };
}
