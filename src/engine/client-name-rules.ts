// The rules that turn a client's name into one the site accepts: characters, case, suffix, generated names.
import type { DdnsParameters, ScopeParameters } from '../config/snapshot.ts';

/** Lower case; characters of `hostname-char-set` replaced label by label; '' when nothing is left. */
export function sanitizeName(name: string, parameters: ScopeParameters): string {
  const { hostnameCharSet, hostnameCharReplacement } = parameters;
  const lower = name.toLowerCase();
  if (hostnameCharSet === '') return lower;
  let refused: RegExp;
  try {
    refused = new RegExp(hostnameCharSet, 'g');
  } catch {
    // The schema check refuses such a pattern; a name is never passed on unchecked.
    return '';
  }
  return lower
    .split('.')
    .map((label) => label.replaceAll(refused, hostnameCharReplacement))
    .filter((label) => label !== '')
    .join('.');
}

/** Appends `ddns-qualifying-suffix` unless the name ends with it already. `finalDot`: as names of option 81 are kept. */
export function qualifyName(name: string, ddns: DdnsParameters, finalDot: boolean): string {
  const bare = withoutFinalDot(name);
  const suffix = withoutFinalDot(ddns.qualifyingSuffix).toLowerCase();
  const has = suffix === '' || bare === suffix || bare.endsWith(`.${suffix}`);
  const full = has ? bare : `${bare}.${suffix}`;
  return finalDot ? `${full}.` : full;
}

/** `<prefix>-10-0-0-1.<suffix>`. */
export function generateName(addressText: string, ddns: DdnsParameters, finalDot: boolean): string {
  return qualifyName(`${ddns.generatedPrefix}-${addressText.replaceAll(/[.:]/g, '-')}`, ddns, finalDot);
}

/** `ddns-replace-client-name` for a client that did, or did not, send a name. */
export function replacesName(mode: DdnsParameters['replaceClientName'], clientSentName: boolean): boolean {
  return mode === 'always' || mode === (clientSentName ? 'when-present' : 'when-not-present');
}

export const withoutFinalDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name);
