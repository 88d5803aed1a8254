// Parameters that exist once per DHCPv6 server: its DUID, where hardware addresses come from, what relays may supply.
import { formatHex, tryParseHex } from '../addr/hex.ts';
import { standardDefinitions } from '../wire/definitions.ts';
import { booleanAt, invalid, mapAt, numberAt, stringAt, stringsAt } from './read-json.ts';
import type { GlobalParameters6, MacSource, ServerIdParameters } from './snapshot.ts';
import type { JsonMap } from './written.ts';

/** Throws CONFIG_INVALID for a contradiction. */
export function resolveGlobals6(json: JsonMap): GlobalParameters6 {
  return {
    macSources: macSources(json),
    relaySuppliedOptions: relaySuppliedOptions(json),
    serverId: serverId(mapAt(json, 'server-id') ?? {}),
    dataDirectory: stringAt(json, 'data-directory') ?? null,
    allowAddressRegistration: booleanAt(json, 'allow-address-registration') ?? true,
  };
}

function macSources(json: JsonMap): readonly MacSource[] {
  const words = stringsAt(json, 'mac-sources');
  if (words.length === 0) return anySource;
  const sources = words.map((word) => sourceAliases.get(word) ?? (word as MacSource));
  const twice = sources.find((source, index) => sources.indexOf(source) !== index);
  if (twice !== undefined) throw invalid(`'${twice}' is listed twice`, 'mac-sources');
  return Object.freeze(sources);
}

/** Codes, or names of standard options. A list that is there replaces the default, even an empty one. */
function relaySuppliedOptions(json: JsonMap): readonly number[] {
  if (json['relay-supplied-options'] === undefined) return suppliedByDefault;
  const codes = stringsAt(json, 'relay-supplied-options').map((text) => {
    const code = /^\d{1,5}$/.test(text) ? Number(text) : standardDefinitions(6).byName('dhcp6', text)?.code;
    if (code === undefined)
      throw invalid(`'${text}' is neither the code nor the name of an option`, 'relay-supplied-options');
    if (code < 1 || code > 65_535)
      throw invalid(`option code ${text} is not within 1..65535`, 'relay-supplied-options');
    return code;
  });
  return Object.freeze([...new Set(codes)]);
}

/** RFC 8415 section 11.1: a DUID is at most 128 bytes after its type. */
function serverId(json: JsonMap): ServerIdParameters {
  const type = (stringAt(json, 'type') ?? 'LLT') as ServerIdParameters['type'];
  const text = (stringAt(json, 'identifier') ?? '').trim();
  const identifier = tryParseHex(text);
  if (!identifier) throw invalid(`identifier '${text}' is not a string of hexadecimal digits`, 'server-id');
  const most = 128 - bytesBeforeIdentifier[type];
  if (identifier.length > most)
    throw invalid(
      `identifier ${formatHex(identifier)} has ${identifier.length} bytes, at most ${most} fit a DUID-${type}`,
      'server-id',
    );
  return Object.freeze({
    type,
    identifier,
    htype: numberAt(json, 'htype') ?? 0,
    time: numberAt(json, 'time') ?? 0,
    enterpriseId: numberAt(json, 'enterprise-id') ?? 0,
    persist: booleanAt(json, 'persist') ?? true,
  });
}

/** RFC 8415 sections 11.2 to 11.4: hardware type and time, enterprise number, hardware type. */
const bytesBeforeIdentifier = { LLT: 6, EN: 4, LL: 2 } as const;
/** OPTION_ERP_LOCAL_DOMAIN_NAME, the one option of the registry (RFC 6440). */
const suppliedByDefault: readonly number[] = Object.freeze([65]);
const anySource: readonly MacSource[] = Object.freeze(['any']);
const sourceAliases: ReadonlyMap<string, MacSource> = new Map([
  ['rfc6939', 'client-link-addr-option'],
  ['rfc4649', 'remote-id'],
  ['rfc4580', 'subscriber-id'],
]);
