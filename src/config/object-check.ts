// The schema applied to single objects, wherever they come from.
import type { Family } from '../addr/family.ts';
import type { JsonMap } from './written.ts';
export function checkObject(_scope: string, _json: JsonMap, _family: Family): void {}
export function checkGlobals(_json: JsonMap, _family: Family): readonly { key: string; message: string }[] {
  return [];
}
