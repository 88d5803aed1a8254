// Relay agent information kept with a lease (`store-extended-info`, `stash-agent-options`), in Kea's shape.
import { tryParseHex } from '../../addr/hex.ts';
import type { Lease4 } from '../../store/lease.ts';
import { agentSuboption4 } from '../../wire/v4/agent.ts';
import type { Transaction4 } from './transaction.ts';

type Context = Lease4['userContext'];

export interface ExtendedInfo {
  readonly userContext: Context;
  readonly relayId: Uint8Array | null;
  readonly remoteId: Uint8Array | null;
}

/** What the lease is to carry: the packet's agent information, else what the client's lease carried before. */
export function extendedInfo(t: Transaction4, before: Lease4 | null): ExtendedInfo {
  const kept = {
    userContext: before?.userContext ?? null,
    relayId: before?.relayId ?? null,
    remoteId: before?.remoteId ?? null,
  };
  const wanted = t.snapshot.globals.stashAgentOptions || t.subnet?.parameters.storeExtendedInfo === true;
  if (!wanted || !t.agent || !t.agentBytes || t.agentStashed) return kept;

  const relayId = t.agent.get(agentSuboption4.relayId)?.slice() ?? null;
  const remoteId = t.agent.get(agentSuboption4.remoteId)?.slice() ?? null;
  const info = {
    'sub-options': `0x${upperHex(t.agentBytes)}`,
    ...(remoteId && { 'remote-id': upperHex(remoteId) }),
    ...(relayId && { 'relay-id': upperHex(relayId) }),
  };
  const isc = kept.userContext?.['ISC'];
  return {
    userContext: {
      ...kept.userContext,
      ISC: { ...(typeof isc === 'object' ? isc : null), 'relay-agent-info': info },
    },
    relayId,
    remoteId,
  };
}

/** The agent information that a lease carries, as bytes of option 82; null when there is none. */
export function stashedAgentBytes(lease: Lease4): Uint8Array | null {
  const info = mapAt(mapAt(lease.userContext, 'ISC'), 'relay-agent-info');
  const text = info?.['sub-options'];
  return typeof text === 'string' ? (tryParseHex(text) ?? null) : null;
}

function mapAt(map: Context, key: string): Context {
  const value = map?.[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

const upperHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();
