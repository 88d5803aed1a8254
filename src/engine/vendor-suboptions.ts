// Sub-options of one enterprise for a client: those that it asked for, and those that are always sent.
import type { OptionAssembler, OptionScopes } from './option-scopes.ts';

/** CableLabs: its clients name the sub-options they want in sub-option 1. */
export const cableLabs = 4491;
export const cableLabsRequestList = 1;

export function vendorSuboptions(
  options: OptionAssembler,
  from: OptionScopes,
  enterprise: number,
  asked: readonly number[],
): Map<number, Uint8Array> {
  const space = `vendor-${enterprise}`;
  const never = options.neverSent(from, space);
  const suboptions = new Map<number, Uint8Array>();
  for (const code of [...asked, ...options.alwaysSent(from, space)]) {
    if (suboptions.has(code) || never.has(code)) continue;
    const value = options.first(from, space, code);
    if (value) suboptions.set(code, value);
  }
  return suboptions;
}
