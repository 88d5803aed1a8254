// Every routine and trigger of the schema, in the order in which they can be made.
import { auditRoutines } from './audit-routines.ts';
import { classRoutines } from './class-routines.ts';
import { contractTriggers } from './contract-triggers.ts';
import { recountStatistics } from './fleet-recount.ts';
import { fleetRoutines } from './fleet-routines.ts';
import { fleetTriggers } from './fleet-triggers.ts';
import { fleetViews } from './fleet-views.ts';
import { leaseFileRoutines, lexicalFunctions } from './lease-files.ts';
import { leaseRoutines } from './lease-routines.ts';
import type { StoredObject } from './routine.ts';

const families = [4, 6] as const;

export function contractRoutines(): StoredObject[] {
  return [
    ...lexicalFunctions,
    ...families.flatMap((family) => [
      ...auditRoutines(family),
      ...classRoutines(family),
      ...leaseRoutines(family),
      ...leaseFileRoutines(family),
    ]),
  ];
}

/** Routines and views of ours, without the triggers. */
export function fleetObjects(): StoredObject[] {
  return [...fleetViews(), ...fleetRoutines(), recountStatistics()];
}

/** In the order in which they must be made: triggers of one event fire in it. */
export function allTriggers(): StoredObject[] {
  const { early, late } = fleetTriggers();
  return [...early, ...families.flatMap((family) => contractTriggers(family, true)), ...late];
}
