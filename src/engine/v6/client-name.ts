// The name a DHCPv6 client gets: what its option 39 asks for, a reservation before it (RFC 4704).
import { formatIpv6 } from '../../addr/ipv6.ts';
import type { ScopeParameters } from '../../config/snapshot.ts';
import { FlotillaError, messageOf } from '../../errors.ts';
import { decodeClientFqdn6, encodeClientFqdn6, type ClientFqdn6 } from '../../wire/v6/fqdn.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import type { Options6 } from '../../wire/v6/options.ts';
import { answerFqdn, updatesEnabled } from '../answer-fqdn.ts';
import { replacesName } from '../client-name-rules.ts';
import type { ClientName6, Transaction6 } from './transaction.ts';

/** The name for the first address; needs its subnet, whose reservation decides. Null: the client gets none. */
export function chooseName(
  t: Transaction6,
  address: bigint,
  parameters: ScopeParameters,
): ClientName6 | null {
  const asked = clientFqdn(t) ?? unasked(t, parameters);
  const answered = asked && answerFqdn(t, asked, parameters, formatIpv6(address));
  return answered ? { ...answered, hostname: answered.fqdn.name } : null;
}

/** RFC 4704 §6: only a client that sent the option is answered it. A name that cannot be encoded is left out. */
export function addNameOption(t: Transaction6, options: Options6): void {
  if (!t.name || !t.query.options.has(option6.clientFqdn)) return;
  try {
    options.set(option6.clientFqdn, encodeClientFqdn6(t.name.fqdn));
  } catch (error) {
    if (!(error instanceof FlotillaError)) throw error;
  }
}

function clientFqdn(t: Transaction6): ClientFqdn6 | null {
  const bytes = t.query.options.get(option6.clientFqdn);
  if (!bytes) return null;
  try {
    return decodeClientFqdn6(bytes);
  } catch (error) {
    t.engine.log.debug('DHCP6_CLIENT_NAME_PROC_FAIL', messageOf(error));
    return null;
  }
}

/** `ddns-replace-client-name` also gives names to clients that ask for none, where names are sent to DNS. */
function unasked(t: Transaction6, parameters: ScopeParameters): ClientFqdn6 | null {
  if (t.query.options.has(option6.clientFqdn)) return null;
  if (!updatesEnabled(t, parameters) || !replacesName(parameters.ddns.replaceClientName, false)) return null;
  return { serverUpdates: true, overridden: false, noUpdates: false, name: '' };
}
