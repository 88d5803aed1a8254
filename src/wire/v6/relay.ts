// The way back through the relays: what a server's answer repeats of each RELAY-FORW (RFC 8415 §19.3).
import { messageType6, type RelayMessage6 } from './message.ts';
import { option6 } from './option-codes.ts';
import { Options6 } from './options.ts';
import { decodeCodes6 } from './values.ts';

/**
 * The RELAY-REPL envelopes for the RELAY-FORW ones of a query, in the same order: hop count and addresses as they came,
 * and of the options Interface-ID (RFC 8415 §21.18), Relay Source Port (RFC 8357) and what the relay's Echo Request
 * names (RFC 4994). Throws WireError when an Echo Request is malformed.
 */
export function relayReplies6(relays: readonly RelayMessage6[]): RelayMessage6[] {
  return relays.map(({ hopCount, linkAddress, peerAddress, options }) => ({
    type: messageType6.RELAY_REPL,
    hopCount,
    linkAddress,
    peerAddress,
    options: echoed(options),
  }));
}

/** Throws as {@link relayReplies6} would. */
export function checkRelayReplies6(relays: readonly RelayMessage6[]): void {
  for (const { options } of relays) {
    const request = options.get(option6.echoRequest);
    if (request) askedBack(request);
  }
}

/** Interface-ID of the relay next to the client that tells one (RFC 8415 §21.18). */
export function interfaceIdOf6(relays: readonly RelayMessage6[]): Uint8Array | undefined {
  for (let level = relays.length - 1; level >= 0; level--) {
    const id = relays[level]!.options.get(option6.interfaceId);
    if (id) return id;
  }
  return undefined;
}

/**
 * True: the answer goes to the UDP port that the query came from, not to the relays' port 547 (RFC 8357). Only the
 * relay next to the server can ask for that.
 */
export function answersToSourcePort6(relays: readonly RelayMessage6[]): boolean {
  return relays[0]?.options.has(option6.relaySourcePort) === true;
}

const echoedUnasked: ReadonlySet<number> = new Set([option6.interfaceId, option6.relaySourcePort]);

function askedBack(request: Uint8Array): ReadonlySet<number> {
  const wanted = new Set([...decodeCodes6(request, 'echo request'), ...echoedUnasked]);
  // Its own place in the answer is not the relay's to ask for.
  wanted.delete(option6.relayMessage);
  return wanted;
}

function echoed(options: Options6): Options6 {
  const echo = new Options6();
  const request = options.get(option6.echoRequest);
  const wanted = request ? askedBack(request) : echoedUnasked;
  for (let i = 0; i < options.size; i++) {
    const code = options.codes[i]!;
    if (wanted.has(code)) echo.add(code, options.values[i]!);
  }
  return echo;
}
