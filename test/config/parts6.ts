// Configuration of DHCPv6 for tests: written as a file would hold it, built strictly.
import assert from 'node:assert/strict';
import { buildSnapshot } from '../../src/config/build.ts';
import { parseJsonText } from '../../src/config/json.ts';
import { checkConfig } from '../../src/config/load.ts';
import type { Snapshot } from '../../src/config/snapshot.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { FlotillaError } from '../../src/errors.ts';

/** What stands under `Dhcp6` of a file → the snapshot that serves. Throws what a start with this file would. */
export function load6(json: JsonMap): Snapshot {
  const document = parseJsonText(JSON.stringify({ Dhcp6: json }), '/etc/flotilla.json');
  const { parts } = checkConfig(document.value, 6, document.locate);
  return buildSnapshot(parts, null, { mode: 'strict', epoch: null }).snapshot;
}

/** The refusal of it: where in the file, and why; without line and column. */
export function refusal6(json: JsonMap): string {
  try {
    load6(json);
  } catch (error) {
    assert.ok(error instanceof FlotillaError, String(error));
    return error.describe().replace(/^[^:]*:\d+:\d+: /, '');
  }
  return assert.fail('nothing was refused');
}

/** 2001:db8:0:<id>::/64, and whatever `more` says. */
export function subnet6(id: number, more: JsonMap = {}): JsonMap {
  return { id, subnet: `2001:db8:0:${id}::/64`, ...more };
}

export const warnings6 = (json: JsonMap): readonly string[] => checkConfig({ Dhcp6: json }, 6).warnings;
