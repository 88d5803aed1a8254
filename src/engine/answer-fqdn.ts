// What Client FQDN options of both protocols are answered (RFC 4702 §4, RFC 4704 §6), with the site's overrides.
import type { ScopeParameters } from '../config/snapshot.ts';
import type { ClientFqdn } from '../wire/client-fqdn.ts';
import { generateName, qualifyName, replacesName, sanitizeName } from './client-name-rules.ts';
import { currentHost, type PacketContext } from './packet-context.ts';

export interface AnsweredFqdn {
  readonly fqdn: ClientFqdn;
  /** The server is to do the update of the address, and of the PTR, record. */
  readonly forward: boolean;
  readonly reverse: boolean;
}

/** `addressText`: what a generated name is made of. Null: nothing is left of the client's name. */
export function answerFqdn(
  t: PacketContext,
  asked: ClientFqdn,
  parameters: ScopeParameters,
  addressText: string,
): AnsweredFqdn | null {
  const isEnabled = updatesEnabled(t, parameters);
  const { serverUpdates, noUpdates } = updateFlags(asked, isEnabled, parameters);
  const name = answeredName(t, asked, parameters, addressText);
  if (name === '') {
    const id = `DHCP${t.engine.family}_CLIENT_FQDN_SCRUBBED_EMPTY`;
    t.engine.log.debug(id, 'nothing is left of the client name');
    return null;
  }
  // RFC 4702 §4, RFC 4704 §4.1: O tells the client that its S was not followed.
  const overridden = serverUpdates !== asked.serverUpdates;
  return {
    fqdn: { serverUpdates, overridden, noUpdates, name },
    forward: serverUpdates,
    reverse: !noUpdates && isEnabled,
  };
}

function answeredName(
  t: PacketContext,
  asked: ClientFqdn,
  parameters: ScopeParameters,
  addressText: string,
): string {
  const { ddns } = parameters;
  const reserved = currentHost(t)?.hostname ?? '';
  if (reserved !== '') return qualifyName(reserved.toLowerCase(), ddns, true);
  if (asked.name === '' || replacesName(ddns.replaceClientName, true))
    return generateName(addressText, ddns, true);
  const clean = sanitizeName(asked.name, parameters);
  if (clean === '') return '';
  return asked.name.endsWith('.') ? `${clean}.` : qualifyName(clean, ddns, true);
}

function updateFlags(
  asked: ClientFqdn,
  enabled: boolean,
  { ddns }: ScopeParameters,
): { serverUpdates: boolean; noUpdates: boolean } {
  if (!enabled) return { serverUpdates: false, noUpdates: true };
  if (asked.noUpdates) return { serverUpdates: ddns.overrideNoUpdate, noUpdates: !ddns.overrideNoUpdate };
  return { serverUpdates: asked.serverUpdates || ddns.overrideClientUpdate, noUpdates: false };
}

/** Updates need both the connection to the DNS daemon and the scope's consent. */
export function updatesEnabled(t: Pick<PacketContext, 'snapshot'>, parameters: ScopeParameters): boolean {
  const connection = t.snapshot.written['dhcp-ddns'];
  const enabled =
    typeof connection === 'object' &&
    connection !== null &&
    !Array.isArray(connection) &&
    (connection as { readonly [key: string]: unknown })['enable-updates'] === true;
  return enabled && parameters.ddns.sendUpdates;
}
