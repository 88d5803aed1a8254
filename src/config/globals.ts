// Parameters that exist once per server: their defaults, and the identifier search order.
import type { Family } from '../addr/family.ts';
import type { HostIdentifierName } from '../store/host-store.ts';
import { resolveGlobals6 } from './globals-v6.ts';
import { booleanAt, invalid, mapAt, mapsAt, numberAt, stringAt, stringsAt } from './read-json.ts';
import type { GlobalParameters } from './snapshot.ts';
import type { JsonMap } from './written.ts';

/** Throws CONFIG_INVALID for a contradiction. */
export function resolveGlobals(json: JsonMap, family: Family): GlobalParameters {
  const expired = mapAt(json, 'expired-leases-processing') ?? {};
  const compatibility = mapAt(json, 'compatibility') ?? {};
  return Object.freeze({
    ...resolveGlobals6(json),
    dhcp4o6Port: numberAt(json, 'dhcp4o6-port') ?? 0,
    declineProbationPeriod: numberAt(json, 'decline-probation-period') ?? 86400,
    echoClientId: booleanAt(json, 'echo-client-id') ?? true,
    hostReservationIdentifiers: identifierOrder(json, family),
    ipReservationsUnique: booleanAt(json, 'ip-reservations-unique') ?? true,
    reservationsLookupFirst: booleanAt(json, 'reservations-lookup-first') ?? false,
    earlyGlobalReservationsLookup: booleanAt(json, 'early-global-reservations-lookup') ?? false,
    stashAgentOptions: booleanAt(json, 'stash-agent-options') ?? false,
    parkedPacketLimit: numberAt(json, 'parked-packet-limit') ?? 256,
    statisticDefaultSampleCount: numberAt(json, 'statistic-default-sample-count') ?? 20,
    statisticDefaultSampleAge: numberAt(json, 'statistic-default-sample-age') ?? 0,
    expiredLeases: Object.freeze({
      reclaimTimerWaitTime: numberAt(expired, 'reclaim-timer-wait-time') ?? 10,
      flushReclaimedTimerWaitTime: numberAt(expired, 'flush-reclaimed-timer-wait-time') ?? 25,
      holdReclaimedTime: numberAt(expired, 'hold-reclaimed-time') ?? 3600,
      maxReclaimLeases: numberAt(expired, 'max-reclaim-leases') ?? 100,
      maxReclaimTime: numberAt(expired, 'max-reclaim-time') ?? 250,
      unwarnedReclaimCycles: numberAt(expired, 'unwarned-reclaim-cycles') ?? 5,
    }),
    compatibility: Object.freeze({
      lenientOptionParsing: booleanAt(compatibility, 'lenient-option-parsing') ?? false,
      ignoreDhcpServerIdentifier: booleanAt(compatibility, 'ignore-dhcp-server-identifier') ?? false,
      ignoreRaiLinkSelection: booleanAt(compatibility, 'ignore-rai-link-selection') ?? false,
      excludeFirstLast24: booleanAt(compatibility, 'exclude-first-last-24') ?? false,
    }),
  });
}

/** `auto` takes the default order, and flex-id when its hook library is configured. */
function identifierOrder(json: JsonMap, family: Family): readonly HostIdentifierName[] {
  const names = stringsAt(json, 'host-reservation-identifiers');
  const standard = family === 4 ? defaultOrder4 : defaultOrder6;
  if (names.length === 0) return standard;
  if (names.includes('auto')) {
    if (names.length > 1)
      throw invalid("'auto' must be the only identifier in the list", 'host-reservation-identifiers');
    const flexId = mapsAt(json, 'hooks-libraries').some((entry) =>
      /(^|\/)libdhcp_flex_id\.so$/.test(stringAt(entry, 'library') ?? ''),
    );
    return flexId ? Object.freeze([...standard, 'flex-id' as const]) : standard;
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`'${twice}' is listed twice`, 'host-reservation-identifiers');
  return names as readonly HostIdentifierName[];
}

const defaultOrder4 = Object.freeze(['hw-address', 'duid', 'circuit-id', 'client-id'] as const);
const defaultOrder6 = Object.freeze(['hw-address', 'duid'] as const);
