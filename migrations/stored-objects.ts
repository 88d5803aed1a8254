// Every routine and trigger of the schema, in the order in which they can be made.
import { auditRoutines } from './audit-routines.ts';
import { classRoutines } from './class-routines.ts';
import { contractTriggers } from './contract-triggers.ts';
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

/** See {@link contractTriggers}. */
export function allContractTriggers(statisticsSwitch: boolean): StoredObject[] {
  return families.flatMap((family) => contractTriggers(family, statisticsSwitch));
}
