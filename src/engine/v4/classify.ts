// The class steps after pass 1: early global reservations, KNOWN and UNKNOWN with pass 2, additional classes.
import { addReservedClasses, classifyAdditional, classifyKnown, type ClassifyDeps } from '../class-list.ts';
import type { StepResult } from '../pipeline.ts';
import { dropMembersOfDrop } from './accept.ts';
import { poolOf } from './eligible.ts';
import { findGlobalReservation } from './reservations.ts';
import { currentHost, reservationsOf, type Transaction4 } from './transaction.ts';

/** `early-global-reservations-lookup`: reserved classes and KNOWN may choose the subnet. */
export async function classifyByEarlyReservation(t: Transaction4): Promise<StepResult> {
  if (!t.snapshot.globals.earlyGlobalReservationsLookup) return 'continue';
  const host = await findGlobalReservation(t);
  if (!host) return 'continue';
  reservationsOf(t).global = host;
  t.classes.add('KNOWN');
  addReservedClasses(t.snapshot, t.packet, t.classes, host.clientClasses, classifyDeps(t));
  classifyKnown(t.snapshot, t.packet, t.classes, classifyDeps(t));
  return dropMembersOfDrop(t);
}

/** Reserved classes, KNOWN or UNKNOWN, pass 2. */
export function classifyByReservation(t: Transaction4): StepResult {
  const { global, bySubnet } = t.reservations;
  // In a shared network the final subnet, and with it the reservation, is known only after allocation.
  const host = t.subnet?.networkName == null ? currentHost(t) : global;
  if (host) addReservedClasses(t.snapshot, t.packet, t.classes, host.clientClasses, classifyDeps(t));
  const known = global !== null || bySubnet.size > 0;
  t.classes.delete(known ? 'UNKNOWN' : 'KNOWN');
  t.classes.add(known ? 'KNOWN' : 'UNKNOWN');
  classifyKnown(t.snapshot, t.packet, t.classes, classifyDeps(t));
  return dropMembersOfDrop(t);
}

/** Once the address is known: classes of the subnet's reservation, then `evaluate-additional-classes`. */
export function classifyByAddress(t: Transaction4): StepResult {
  const { subnet } = t;
  if (!subnet) return 'continue';
  const network = subnet.networkName === null ? undefined : t.snapshot.networks.get(subnet.networkName);
  if (network) for (const name of currentHost(t)?.clientClasses ?? []) t.classes.add(name);
  const pool = t.grant ? poolOf(subnet, t.grant.lease.address, t.classes) : null;
  if (!pool && subnet.evaluateAdditionalClasses.length === 0 && !network) return 'continue';
  const names = [
    ...(pool?.evaluateAdditionalClasses ?? []),
    ...subnet.evaluateAdditionalClasses,
    ...(network?.evaluateAdditionalClasses ?? []),
  ];
  if (names.length === 0) return 'continue';
  classifyAdditional(t.snapshot, t.packet, t.classes, names, {
    ...classifyDeps(t),
    onUndefined: (name) =>
      t.engine.log.debug('DHCP4_ADDITIONAL_CLASS_UNDEFINED', `additional class ${name} has no definition`),
  });
  return 'continue';
}

export function classifyDeps(t: Transaction4): ClassifyDeps {
  return {
    onEvaluationError: (name, reason) =>
      t.engine.log.debug('DHCPSRV_EVAL_ERROR', `class ${name} was not evaluated: ${reason}`),
  };
}
