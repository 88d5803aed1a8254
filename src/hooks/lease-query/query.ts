// What a LEASEQUERY asks for (RFC 5007 §4.1.2.1, RFC 5460 §5.3), or why it cannot be answered.
import { formatHex, sameBytes } from '../../addr/hex.ts';
import { formatIpv6 } from '../../addr/ipv6.ts';
import { iaAddresses6 } from '../../wire/v6/ia.ts';
import { decodeLeaseQuery6, leaseQueryType6, type LeaseQuery6 } from '../../wire/v6/leasequery.ts';
import { duidLength } from '../../wire/v6/duid.ts';
import { messageType6, type Message6 } from '../../wire/v6/message.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import type { Options6 } from '../../wire/v6/options.ts';
import { statusCode6, type Status6 } from '../../wire/v6/status.ts';
import { decodeCodes6 } from '../../wire/v6/values.ts';

/** One question. `link`: an address of the link asked about, 0n for all links. */
export type Question = (
  | { readonly by: 'address'; readonly address: bigint }
  | { readonly by: 'client'; readonly duid: Uint8Array }
  | { readonly by: 'link' }
  | { readonly by: 'relay-id'; readonly id: Uint8Array }
  | { readonly by: 'remote-id'; readonly id: Uint8Array }
) & {
  readonly link: bigint;
  /** Codes of options wanted about each client. */
  readonly requested: readonly number[];
};

/** The queries that only exist over TCP (RFC 5460 §5.3) are unknown to the others. */
export interface QueryScope {
  readonly bulk: boolean;
  /** Queries by relay and remote identifier are answered. */
  readonly byRelayInformation: boolean;
}

/** Why the message is discarded without an answer (RFC 5007 §4.2.1); null: it is valid. */
export function reasonToDiscard({ options }: Message6, serverDuid: Uint8Array): string | null {
  if (!options.has(option6.clientId)) return 'there is no client identifier';
  const server = options.get(option6.serverId);
  if (server && !sameBytes(server, serverDuid)) return 'the server identifier names another server';
  if (!options.has(option6.leaseQuery)) return 'there is no LQ_QUERY option';
  return null;
}

/** Of a valid LEASEQUERY. Never throws. */
export function readQuestion({ options }: Message6, scope: QueryScope): Question | Status6 {
  try {
    return questionOf(decodeLeaseQuery6(options.get(option6.leaseQuery)!), scope);
  } catch {
    return malformed('the query cannot be read');
  }
}

export const isStatus = (answer: object): answer is Status6 => 'code' in answer;
export const isLeaseQuery = ({ type }: Message6): boolean => type === messageType6.LEASEQUERY;

function questionOf({ queryType, linkAddress, options }: LeaseQuery6, scope: QueryScope): Question | Status6 {
  const asked = options.get(option6.optionRequest);
  const common = { link: linkAddress, requested: asked ? decodeCodes6(asked) : [] };
  switch (queryType) {
    case leaseQueryType6.BY_ADDRESS: {
      const [first] = iaAddresses6(options);
      if (!first) return malformed('a query by address needs an IA Address');
      return { by: 'address', address: first.address, ...common };
    }
    case leaseQueryType6.BY_CLIENTID: {
      const duid = identifierIn(options, option6.clientId);
      if (!duid) return malformed('a query by client needs its DUID');
      return { by: 'client', duid, ...common };
    }
    case leaseQueryType6.BY_LINK_ADDRESS:
      if (!scope.bulk) break;
      if (linkAddress === 0n) return malformed('a query by link needs its address');
      return { by: 'link', ...common };
    case leaseQueryType6.BY_RELAY_ID: {
      if (!scope.bulk || !scope.byRelayInformation) break;
      const id = identifierIn(options, option6.relayId);
      if (!id) return malformed('a query by relay needs its DUID');
      return { by: 'relay-id', id, ...common };
    }
    case leaseQueryType6.BY_REMOTE_ID: {
      if (!scope.bulk || !scope.byRelayInformation) break;
      const id = options.get(option6.remoteId);
      if (!id || id.length === 0) return malformed('a query by remote identifier needs one');
      return { by: 'remote-id', id, ...common };
    }
  }
  return {
    code: statusCode6.UnknownQueryType,
    message: `queries of type ${queryType} are not answered here`,
  };
}

/** Undefined: there is none, or it is no DUID. */
function identifierIn(options: Options6, code: number): Uint8Array | undefined {
  const bytes = options.get(code);
  return bytes && bytes.length >= duidLength.least && bytes.length <= duidLength.most ? bytes : undefined;
}

const malformed = (message: string): Status6 => ({ code: statusCode6.MalformedQuery, message });

/** For log lines. */
export function describe({ transactionId: tid, options }: Message6, requester: bigint) {
  const duid = options.get(option6.clientId);
  return { requester: formatIpv6(requester), tid, ...(duid && { duid: formatHex(duid) }) };
}
