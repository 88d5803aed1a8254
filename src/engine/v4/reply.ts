// The reply's fixed fields and options (RFC 2131 table 3).
import { ipv4Bytes, ipv4Mask } from '../../addr/ipv4.ts';
import { messageType4, type Message4 } from '../../wire/v4/message.ts';
import type { OptionScopes } from '../option-scopes.ts';
import { currentHost } from '../packet-context.ts';
import { drop, type StepResult } from '../pipeline.ts';
import { teeTimes } from '../lifetime.ts';
import { memberClasses, replyScopes } from '../reply-scopes.ts';
import { addNameOption } from './client-name.ts';
import { option4, uint32Bytes } from './option-codes.ts';
import { localAddress } from './reply-address.ts';
import { replyHeader } from './reply-header.ts';
import type { Transaction4 } from './transaction.ts';
import { addVendorOptions } from './vendor-options.ts';

/** Header fields: what is copied from the query, and the boot fields. */
export function startReply(t: Transaction4): StepResult {
  t.response = replyHeader(t, t.grant?.lease.address ?? 0);
  if (t.answer !== messageType4.NAK) setBootFields(t, t.response);
  return 'continue';
}

/** Of the reservation, else of the first class that has it, else of the subnet's scope; each field by itself. */
function setBootFields(t: Transaction4, response: Message4): void {
  const scope = t.subnet?.parameters ?? t.snapshot.parameters;
  const host = currentHost(t);
  const classes = memberClasses(t);
  if (!host && classes.length === 0) {
    response.siaddr = scope.nextServer;
    if (scope.serverHostname !== '') response.sname = Buffer.from(scope.serverHostname, 'latin1');
    if (scope.bootFileName !== '') response.file = Buffer.from(scope.bootFileName, 'latin1');
    return;
  }
  const sources = [...classes, scope];
  if (host) sources.unshift({ ...scope, ...host });
  response.siaddr = sources.find(({ nextServer }) => nextServer !== 0)?.nextServer ?? 0;
  const name = sources.find(({ serverHostname }) => serverHostname !== '')?.serverHostname ?? '';
  const file = sources.find(({ bootFileName }) => bootFileName !== '')?.bootFileName ?? '';
  response.sname = Buffer.from(name, 'latin1');
  response.file = Buffer.from(file, 'latin1');
}

/** Everything the client asked for and is configured, in the order it asked. */
export function addOptions(t: Transaction4): StepResult {
  const { options } = t.response!;
  const from = optionScopes(t);
  const { engine, query } = t;
  options.set(
    option4.serverIdentifier,
    engine.options.first(from, 'dhcp4', option4.serverIdentifier) ?? ipv4Bytes(localAddress(t.datagram)),
  );
  if (t.answer !== messageType4.NAK) {
    addLeaseOptions(t);
    const never = engine.options.neverSent(from, 'dhcp4');
    const requested = query.options.get(option4.parameterRequestList) ?? noBytes;
    const always = engine.options.alwaysSent(from, 'dhcp4');
    for (const codes of [requested, basicOptions, always]) {
      for (const code of codes) {
        if (options.has(code) || never.has(code) || madeElsewhere.has(code)) continue;
        const value = engine.options.first(from, 'dhcp4', code);
        if (value) options.set(code, value);
      }
    }
    addVendorOptions(t, from, { requested, always, never });
    addNameOption(t.name, options);
  }
  echoOptions(t);
  if (t.v6Only && !options.has(option4.v6OnlyPreferred)) {
    const id = t.answer === messageType4.OFFER ? 'OFFER' : 'ACK';
    t.engine.log.debug(`DHCP4_V6_ONLY_PREFERRED_MISSING_IN_${id}`, 'option 108 is not for this client');
    return drop('allocation-failed', 'the client takes no address, and option 108 is not for it');
  }
  return 'continue';
}

/** A reservation, and so a lease, may lie in a pool whose classes the packet is not in. */
function optionScopes(t: Transaction4): OptionScopes {
  const address = t.grant?.lease.address;
  const pool =
    address === undefined
      ? undefined
      : t.subnet?.pools.find(({ first, last }) => address >= first && address <= last);
  return replyScopes(t, pool ? [pool] : [], t.engine.options);
}

/** Lifetime, mask, T1 and T2: only with a lease, so not in the ACK to an INFORM. */
function addLeaseOptions(t: Transaction4): void {
  const { grant, subnet } = t;
  if (!grant || !subnet) return;
  const { options } = t.response!;
  options.set(option4.leaseTime, uint32Bytes(grant.lifetime));
  options.set(option4.subnetMask, ipv4Bytes(ipv4Mask(subnet.prefixLength)));
  const { t1, t2 } = teeTimes(subnet.parameters, grant.lifetime);
  if (t1 !== undefined) options.set(option4.renewalTime, uint32Bytes(t1));
  if (t2 !== undefined) options.set(option4.rebindingTime, uint32Bytes(t2));
}

/** RFC 6842 (client identifier), RFC 3011 (subnet selection), RFC 3046 §2.2 (agent information). */
function echoOptions(t: Transaction4): void {
  const { options } = t.response!;
  const { echoClientId } = t.snapshot.globals;
  for (const code of [option4.clientIdentifier, option4.subnetSelection]) {
    const value = t.query.options.get(code);
    if (value && (echoClientId || code !== option4.clientIdentifier)) options.set(code, value);
  }
  if (t.agentBytes && !t.agentStashed) options.set(option4.agentInformation, t.agentBytes);
}

/** Sent when configured, asked for or not. */
const basicOptions: readonly number[] = [option4.routers, option4.domainNameServers, option4.domainName];

/** Options whose value is not simply a configured one. */
const madeElsewhere: ReadonlySet<number> = new Set([
  0,
  255,
  52,
  option4.messageType,
  option4.serverIdentifier,
  option4.requestedAddress,
  option4.leaseTime,
  option4.parameterRequestList,
  option4.clientIdentifier,
  option4.agentInformation,
  option4.viVendorClass,
  option4.viVendorOptions,
]);

const noBytes = new Uint8Array(0);
