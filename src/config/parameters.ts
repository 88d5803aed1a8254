// Parameters that inherit: what a scope does not set it takes from the scope around it, down to built-in defaults.
import { parseIpv4 } from '../addr/ipv4.ts';
import type { Family } from '../addr/family.ts';
import { builtInValidLifetime } from './derived-lifetimes.ts';
import { booleanAt, invalid, numberAt, stringAt } from './read-json.ts';
import type { AllocatorName, DdnsParameters, Lifetime, ScopeParameters } from './snapshot.ts';
import type { JsonMap } from './written.ts';

/**
 * The parameters of a scope inside `parent`. A scope that sets none shares its parent's object.
 * Throws CONFIG_INVALID when lifetimes or T1/T2 contradict each other.
 */
export function inheritParameters(json: JsonMap, parent: ScopeParameters): ScopeParameters {
  let own = false;
  for (const key in json) if (inheritable.has(key)) own = true;
  return own ? overlay(json, parent) : parent;
}

/** The global scope: built-in defaults under what the configuration sets. */
export function globalParameters(json: JsonMap, family: Family): ScopeParameters {
  // Unlike in inner scopes, a bound alone does not set the lifetime here: the built-in one moves into the bounds.
  const valid = numberAt(json, 'valid-lifetime') === undefined ? { 'valid-lifetime': builtIn(json) } : {};
  return overlay({ ...json, ...valid }, defaults(family));
}

/**
 * `valid-lifetime`, `min-valid-lifetime`, `max-valid-lifetime` (or preferred-) of one scope, or undefined when it sets
 * none of them: the three inherit together. A bound alone also sets the value; a missing bound equals the value.
 */
export function lifetimeOf(json: JsonMap, kind: 'valid' | 'preferred'): Lifetime | undefined {
  const key = `${kind}-lifetime`;
  const lower = numberAt(json, `min-${key}`);
  const upper = numberAt(json, `max-${key}`);
  const value = numberAt(json, key) ?? lower ?? upper;
  if (value === undefined) return undefined;
  const min = lower ?? value;
  const max = upper ?? value;
  // Only keys that are there are blamed: whoever reads the message, or sets a key aside, must find it.
  if (lower !== undefined && upper !== undefined && lower > upper)
    throw invalid(`min-${key} ${lower} is above max-${key} ${upper}`, `min-${key}`);
  if (value < min) throw invalid(`${key} ${value} is below min-${key} ${min}`, key);
  if (value > max) throw invalid(`${key} ${value} is above max-${key} ${max}`, key);
  return Object.freeze({ min, value, max });
}

function overlay(json: JsonMap, parent: ScopeParameters): ScopeParameters {
  const preferredLifetime = lifetimeOf(json, 'preferred') ?? parent.preferredLifetime;
  const renewTimer = numberAt(json, 'renew-timer') ?? parent.renewTimer;
  const rebindTimer = numberAt(json, 'rebind-timer') ?? parent.rebindTimer;
  const cacheMaxAge = numberAt(json, 'cache-max-age') ?? parent.cacheMaxAge;
  const adaptive = numberAt(json, 'adaptive-lease-time-threshold') ?? parent.adaptiveLeaseTimeThreshold;
  const nextServer = stringAt(json, 'next-server');
  const parameters: ScopeParameters = {
    validLifetime: lifetimeOf(json, 'valid') ?? parent.validLifetime,
    ...(preferredLifetime !== undefined && { preferredLifetime }),
    ...(renewTimer !== undefined && { renewTimer }),
    ...(rebindTimer !== undefined && { rebindTimer }),
    calculateTeeTimes: booleanAt(json, 'calculate-tee-times') ?? parent.calculateTeeTimes,
    t1Percent: numberAt(json, 't1-percent') ?? parent.t1Percent,
    t2Percent: numberAt(json, 't2-percent') ?? parent.t2Percent,
    matchClientId: booleanAt(json, 'match-client-id') ?? parent.matchClientId,
    authoritative: booleanAt(json, 'authoritative') ?? parent.authoritative,
    nextServer: nextServer === undefined ? parent.nextServer : addressAt(nextServer, 'next-server'),
    serverHostname: stringAt(json, 'server-hostname') ?? parent.serverHostname,
    bootFileName: stringAt(json, 'boot-file-name') ?? parent.bootFileName,
    reservationsGlobal: booleanAt(json, 'reservations-global') ?? parent.reservationsGlobal,
    reservationsInSubnet: booleanAt(json, 'reservations-in-subnet') ?? parent.reservationsInSubnet,
    reservationsOutOfPool: booleanAt(json, 'reservations-out-of-pool') ?? parent.reservationsOutOfPool,
    cacheThreshold: numberAt(json, 'cache-threshold') ?? parent.cacheThreshold,
    ...(cacheMaxAge !== undefined && { cacheMaxAge }),
    offerLifetime: numberAt(json, 'offer-lifetime') ?? parent.offerLifetime,
    allocator: (stringAt(json, 'allocator') as AllocatorName | undefined) ?? parent.allocator,
    pdAllocator: (stringAt(json, 'pd-allocator') as AllocatorName | undefined) ?? parent.pdAllocator,
    rapidCommit: booleanAt(json, 'rapid-commit') ?? parent.rapidCommit,
    storeExtendedInfo: booleanAt(json, 'store-extended-info') ?? parent.storeExtendedInfo,
    ...(adaptive !== undefined && { adaptiveLeaseTimeThreshold: adaptive }),
    ddns: overlayDdns(json, parent.ddns),
    hostnameCharSet: stringAt(json, 'hostname-char-set') ?? parent.hostnameCharSet,
    hostnameCharReplacement: stringAt(json, 'hostname-char-replacement') ?? parent.hostnameCharReplacement,
  };
  // Upstream checks the two fractions only when they are used.
  if (parameters.calculateTeeTimes && parameters.t1Percent >= parameters.t2Percent) {
    throw invalid(
      `t1-percent ${parameters.t1Percent} must be below t2-percent ${parameters.t2Percent}`,
      firstSet(json, 't1-percent', 't2-percent', 'calculate-tee-times'),
    );
  }
  return Object.freeze(parameters);
}

function overlayDdns(json: JsonMap, parent: DdnsParameters): DdnsParameters {
  let own = false;
  for (const key in json) if (key.startsWith('ddns-')) own = true;
  if (!own) return parent;
  const ttlPercent = numberAt(json, 'ddns-ttl-percent') ?? parent.ttlPercent;
  const ttl = positive(numberAt(json, 'ddns-ttl')) ?? parent.ttl;
  const ttlMin = positive(numberAt(json, 'ddns-ttl-min')) ?? parent.ttlMin;
  const ttlMax = positive(numberAt(json, 'ddns-ttl-max')) ?? parent.ttlMax;
  if (ttlMin !== undefined && ttlMax !== undefined && ttlMin > ttlMax) {
    throw invalid(
      `ddns-ttl-min ${ttlMin} is above ddns-ttl-max ${ttlMax}`,
      firstSet(json, 'ddns-ttl-min', 'ddns-ttl-max'),
    );
  }
  return Object.freeze({
    sendUpdates: booleanAt(json, 'ddns-send-updates') ?? parent.sendUpdates,
    overrideNoUpdate: booleanAt(json, 'ddns-override-no-update') ?? parent.overrideNoUpdate,
    overrideClientUpdate: booleanAt(json, 'ddns-override-client-update') ?? parent.overrideClientUpdate,
    replaceClientName:
      (stringAt(json, 'ddns-replace-client-name') as DdnsParameters['replaceClientName'] | undefined) ??
      parent.replaceClientName,
    generatedPrefix: stringAt(json, 'ddns-generated-prefix') ?? parent.generatedPrefix,
    qualifyingSuffix: stringAt(json, 'ddns-qualifying-suffix') ?? parent.qualifyingSuffix,
    updateOnRenew: booleanAt(json, 'ddns-update-on-renew') ?? parent.updateOnRenew,
    conflictResolutionMode: stringAt(json, 'ddns-conflict-resolution-mode') ?? parent.conflictResolutionMode,
    ...(ttlPercent !== undefined && { ttlPercent }),
    ...(ttl !== undefined && { ttl }),
    ...(ttlMin !== undefined && { ttlMin }),
    ...(ttlMax !== undefined && { ttlMax }),
  });
}

function defaults(family: Family): ScopeParameters {
  return {
    validLifetime: Object.freeze({ min: 7200, value: 7200, max: 7200 }),
    calculateTeeTimes: family === 6,
    t1Percent: 0.5,
    t2Percent: family === 6 ? 0.8 : 0.875,
    matchClientId: true,
    authoritative: false,
    nextServer: 0,
    serverHostname: '',
    bootFileName: '',
    reservationsGlobal: false,
    reservationsInSubnet: true,
    reservationsOutOfPool: false,
    cacheThreshold: 0.25,
    offerLifetime: 0,
    allocator: 'iterative',
    pdAllocator: 'iterative',
    rapidCommit: false,
    storeExtendedInfo: false,
    ddns: Object.freeze({
      sendUpdates: true,
      overrideNoUpdate: false,
      overrideClientUpdate: false,
      replaceClientName: 'never',
      generatedPrefix: 'myhost',
      qualifyingSuffix: '',
      updateOnRenew: false,
      conflictResolutionMode: 'check-with-dhcid',
    }),
    hostnameCharSet: '[^A-Za-z0-9.-]',
    hostnameCharReplacement: '',
  };
}

function builtIn(json: JsonMap): number {
  const min = numberAt(json, 'min-valid-lifetime') ?? 0;
  const max = numberAt(json, 'max-valid-lifetime') ?? 0xffffffff;
  return Math.max(min, Math.min(max, builtInValidLifetime));
}

/** Upstream reads 0 as "unset" for the TTL keys. */
function positive(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}

function addressAt(text: string, key: string): number {
  try {
    return parseIpv4(text);
  } catch {
    throw invalid(`'${text}' is not an IPv4 address`, key);
  }
}

function firstSet(json: JsonMap, ...keys: readonly string[]): string | undefined {
  return keys.find((key) => json[key] !== undefined);
}

/** Every key that {@link inheritParameters} reads. */
export const inheritable: ReadonlySet<string> = new Set([
  ...['valid', 'preferred'].flatMap((kind) =>
    ['', 'min-', 'max-'].map((bound) => `${bound}${kind}-lifetime`),
  ),
  ...['renew-timer', 'rebind-timer', 'calculate-tee-times', 't1-percent', 't2-percent'],
  ...['match-client-id', 'authoritative', 'next-server', 'server-hostname', 'boot-file-name'],
  ...['reservations-global', 'reservations-in-subnet', 'reservations-out-of-pool'],
  ...['cache-threshold', 'cache-max-age', 'offer-lifetime', 'allocator', 'pd-allocator'],
  ...['rapid-commit', 'store-extended-info'],
  ...['adaptive-lease-time-threshold', 'hostname-char-set', 'hostname-char-replacement'],
  ...['send-updates', 'override-no-update', 'override-client-update', 'replace-client-name'].map(ddns),
  ...['generated-prefix', 'qualifying-suffix', 'update-on-renew', 'conflict-resolution-mode'].map(ddns),
  ...['ttl-percent', 'ttl', 'ttl-min', 'ttl-max'].map(ddns),
]);

function ddns(key: string): string {
  return `ddns-${key}`;
}
