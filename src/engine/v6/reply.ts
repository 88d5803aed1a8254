// The answer's message and options (RFC 8415 §18.3.9, §18.3.10 and table of appendix B).
import { messageType6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import { decodeOptions6, Options6 } from '../../wire/v6/options.ts';
import { encodeStatus6 } from '../../wire/v6/status.ts';
import type { OptionScopes } from '../option-scopes.ts';
import type { StepResult } from '../pipeline.ts';
import { replyScopes } from '../reply-scopes.ts';
import { addNameOption } from './client-name.ts';
import { addIas } from './ia-options.ts';
import { poolsOfGrants } from './pools.ts';
import { addRegistered, addRegistrationOffer } from './register.ts';
import type { Transaction6 } from './transaction.ts';
import { addVendorOptions } from './vendor-options.ts';

/** Both identifiers, what the message is about, then everything asked for and configured. */
export function buildReply(t: Transaction6): StepResult {
  const options = new Options6();
  t.response = { type: t.answer, transactionId: t.query.transactionId, options };
  const clientId = t.query.options.get(option6.clientId);
  if (clientId) options.add(option6.clientId, clientId);
  options.add(option6.serverId, t.engine.serverDuid());
  addIas(t, options);
  if (t.status) options.add(option6.statusCode, encodeStatus6(t.status));
  if (t.answer === messageType6.ADDR_REG_REPLY) {
    addRegistered(t, options);
    addNameOption(t, options);
    return 'continue';
  }
  if (t.isRapidCommit) options.add(option6.rapidCommit, new Uint8Array(0));
  // RFC 8415 §18.3.7, §18.3.8: nothing else is for a client that leaves.
  if (t.type === messageType6.RELEASE || t.type === messageType6.DECLINE) return 'continue';
  addConfigured(t, options);
  addRegistrationOffer(t, options);
  addNameOption(t, options);
  addRelaySupplied(t, options);
  return 'continue';
}

function addConfigured(t: Transaction6, options: Options6): void {
  const { engine } = t;
  const from: OptionScopes = replyScopes(t, poolsOfGrants(t), engine.options);
  const never = engine.options.neverSent(from, 'dhcp6');
  const always = engine.options.alwaysSent(from, 'dhcp6');
  const add = (code: number): void => {
    if (options.has(code) || never.has(code) || madeElsewhere.has(code)) return;
    for (const value of engine.options.values(from, 'dhcp6', code)) options.add(code, value);
  };
  t.requested.forEach(add);
  basicOptions(t).forEach(add);
  always.forEach(add);
  addVendorOptions(t, options, from, { always, never });
}

/** Sent when configured, asked for or not: clients need them to know whom to answer and how. */
function basicOptions({ answer }: Transaction6): readonly number[] {
  return answer === messageType6.ADVERTISE ? basicOfAdvertise : basicOfReply;
}

const basicOfAdvertise: readonly number[] = [option6.preference, option6.unicast];
const basicOfReply: readonly number[] = [option6.unicast];

/** RFC 6422 §5: options that the registry and the operator allow, where the server has none of its own. */
function addRelaySupplied(t: Transaction6, options: Options6): void {
  const allowed = t.snapshot.globals.relaySuppliedOptions;
  for (let level = t.relays.length - 1; level >= 0; level--) {
    const supplied = t.relays[level]!.options.get(option6.relaySuppliedOptions);
    if (!supplied) continue;
    try {
      for (const [code, value] of decodeOptions6(supplied, 0, 'relay-supplied options'))
        if (allowed.includes(code) && !options.has(code)) options.add(code, value);
    } catch {
      t.engine.log.debug('DHCP6_PACKET_OPTIONS_SKIPPED', 'option 66 of a relay cannot be read');
    }
  }
}

/** Options whose value is not simply a configured one. */
const madeElsewhere: ReadonlySet<number> = new Set([
  option6.clientId,
  option6.serverId,
  option6.iaNa,
  option6.iaTa,
  option6.iaAddress,
  option6.optionRequest,
  option6.elapsedTime,
  option6.relayMessage,
  option6.authentication,
  option6.statusCode,
  option6.rapidCommit,
  option6.vendorOptions,
  option6.interfaceId,
  option6.iaPd,
  option6.iaPrefix,
  option6.clientFqdn,
  option6.pdExclude,
  option6.addressRegistration,
]);
