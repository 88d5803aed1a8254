// Configuration parts for tests, written as sentences.
import type { ConfigParts, WrittenObject } from '../../src/config/parts.ts';
import type { JsonMap } from '../../src/config/written.ts';

/** An object as a table row would give it. */
export function row(json: JsonMap, rowId = 1): WrittenObject {
  return { json, origin: { kind: 'database', rowId } };
}

export function partsWith(more: Partial<ConfigParts> = {}): ConfigParts {
  return {
    family: 4,
    globals: {},
    optionDefs: [],
    options: [],
    classes: [],
    networks: [],
    subnets: [],
    reservations: [],
    ...more,
  };
}

/** `subnet 1`: 10.0.1.0/24 with a pool of ninety addresses, and whatever `more` says. */
export function subnet(id: number, more: JsonMap = {}): WrittenObject {
  const net = `10.${(id >> 8) & 255}.${id & 255}`;
  return row({ id, subnet: `${net}.0/24`, pools: [{ pool: `${net}.10 - ${net}.99` }], ...more }, id);
}
