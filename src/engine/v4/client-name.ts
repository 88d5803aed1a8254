// The name a client gets: option 81 before option 12, a reservation before both (RFC 4702, RFC 2132 §3.14).
import { formatIpv4 } from '../../addr/ipv4.ts';
import type { ScopeParameters } from '../../config/snapshot.ts';
import { FlotillaError, messageOf } from '../../errors.ts';
import { decodeClientFqdn4, encodeClientFqdn4, hostNameText4, type ClientFqdn4 } from '../../wire/v4/fqdn.ts';
import { answerFqdn, updatesEnabled, type AnsweredFqdn } from '../answer-fqdn.ts';
import { generateName, qualifyName, replacesName, sanitizeName } from '../client-name-rules.ts';
import { option4 } from './option-codes.ts';
import { currentHost } from '../packet-context.ts';
import { noName, type ClientName, type Transaction4 } from './transaction.ts';

/** The name for this address; needs the final subnet, whose reservation decides. `parameters`: of the address's pool. */
export function chooseName(t: Transaction4, address: number, parameters: ScopeParameters): ClientName {
  const fqdn = clientFqdn(t);
  if (!fqdn) return answerHostName(t, parameters, address);
  return namedByFqdn(answerFqdn(t, fqdn, parameters, formatIpv4(address)), fqdn.encoded);
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

function namedByFqdn(answered: AnsweredFqdn | null, encoded: boolean): ClientName {
  if (!answered) return noName;
  const { fqdn, forward, reverse } = answered;
  return { answer: 'fqdn', hostname: fqdn.name, fqdn: { ...fqdn, encoded }, forward, reverse };
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
