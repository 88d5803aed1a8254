// The name a client gets: option 81 before option 12, a reservation before both (RFC 4702, RFC 2132 §3.14).
import { formatIpv4 } from '../../addr/ipv4.ts';
import type { ScopeParameters } from '../../config/snapshot.ts';
import { FlotillaError, messageOf } from '../../errors.ts';
import { decodeClientFqdn4, encodeClientFqdn4, hostNameText4, type ClientFqdn4 } from '../../wire/v4/fqdn.ts';
import { generateName, qualifyName, replacesName, sanitizeName } from '../client-name-rules.ts';
import { option4 } from './option-codes.ts';
import { currentHost } from '../packet-context.ts';
import { noName, type ClientName, type Transaction4 } from './transaction.ts';

/** The name for this address; needs the final subnet, whose reservation decides. `parameters`: of the address's pool. */
export function chooseName(t: Transaction4, address: number, parameters: ScopeParameters): ClientName {
  const fqdn = clientFqdn(t);
  return fqdn ? answerFqdn(t, fqdn, parameters, address) : answerHostName(t, parameters, address);
}

/** Puts option 81 or 12 into the reply. A name that cannot be encoded is left out. */
export function addNameOption(name: ClientName, options: Map<number, Uint8Array>): void {
  if (name.answer === 'host-name') options.set(option4.hostName, Buffer.from(name.hostname, 'latin1'));
  if (name.fqdn) {
    try {
      options.set(option4.fqdn, encodeClientFqdn4(name.fqdn));
    } catch (error) {
      if (!(error instanceof FlotillaError)) throw error;
    }
  }
}

function clientFqdn(t: Transaction4): ClientFqdn4 | null {
  const bytes = t.query.options.get(option4.fqdn);
  if (!bytes) return null;
  try {
    return decodeClientFqdn4(bytes);
  } catch (error) {
    t.engine.log.debug('DHCP4_CLIENT_NAME_PROC_FAIL', messageOf(error));
    return null;
  }
}

function answerFqdn(
  t: Transaction4,
  asked: ClientFqdn4,
  parameters: ScopeParameters,
  address: number,
): ClientName {
  const { ddns } = parameters;
  const { serverUpdates, noUpdates } = updateFlags(asked, updatesEnabled(t, parameters), parameters);
  let hostname: string;
  const reserved = currentHost(t)?.hostname ?? '';
  if (reserved !== '') hostname = qualifyName(reserved.toLowerCase(), ddns, true);
  else if (asked.name === '' || replacesName(ddns.replaceClientName, true)) {
    hostname = generateName(formatIpv4(address), ddns, true);
  } else {
    const complete = asked.name.endsWith('.');
    const clean = sanitizeName(asked.name, parameters);
    if (clean === '') {
      t.engine.log.debug('DHCP4_CLIENT_FQDN_SCRUBBED_EMPTY', 'nothing is left of the client name');
      return noName;
    }
    hostname = complete ? `${clean}.` : qualifyName(clean, ddns, true);
  }
  return {
    answer: 'fqdn',
    hostname,
    fqdn: {
      serverUpdates,
      // RFC 4702 §4: O tells the client that its S was not followed.
      overridden: serverUpdates !== asked.serverUpdates,
      encoded: asked.encoded,
      noUpdates,
      name: hostname,
    },
    forward: serverUpdates,
    reverse: !noUpdates && updatesEnabled(t, parameters),
  };
}

/** RFC 4702 §4, with the site's overrides. */
function updateFlags(
  asked: ClientFqdn4,
  enabled: boolean,
  { ddns }: ScopeParameters,
): { serverUpdates: boolean; noUpdates: boolean } {
  if (!enabled) return { serverUpdates: false, noUpdates: true };
  if (asked.noUpdates) return { serverUpdates: ddns.overrideNoUpdate, noUpdates: !ddns.overrideNoUpdate };
  return { serverUpdates: asked.serverUpdates || ddns.overrideClientUpdate, noUpdates: false };
}

function answerHostName(t: Transaction4, parameters: ScopeParameters, address: number): ClientName {
  const { ddns } = parameters;
  const updates = updatesEnabled(t, parameters);
  const named = (hostname: string): ClientName => ({
    answer: 'host-name',
    hostname,
    fqdn: null,
    forward: updates,
    reverse: updates,
  });

  const reserved = currentHost(t)?.hostname ?? '';
  if (reserved !== '') return named(qualifyName(reserved.toLowerCase(), ddns, false));

  const bytes = t.query.options.get(option4.hostName);
  const asked = bytes && hostNameText4(bytes);
  if (replacesName(ddns.replaceClientName, bytes !== undefined) || (bytes && asked === undefined)) {
    return named(generateName(formatIpv4(address), ddns, false));
  }
  if (asked === undefined) return noName;
  const clean = sanitizeName(asked, parameters);
  if (clean === '') {
    t.engine.log.debug('DHCP4_CLIENT_HOSTNAME_SCRUBBED_EMPTY', 'nothing is left of the client name');
    return noName;
  }
  return named(clean.includes('.') ? clean : qualifyName(clean, ddns, false));
}

/** Updates need both the connection to the DNS daemon and the scope's consent. */
function updatesEnabled(t: Transaction4, parameters: ScopeParameters): boolean {
  const connection = t.snapshot.written['dhcp-ddns'];
  const enabled =
    typeof connection === 'object' &&
    connection !== null &&
    !Array.isArray(connection) &&
    (connection as { readonly [key: string]: unknown })['enable-updates'] === true;
  return enabled && parameters.ddns.sendUpdates;
}
