// `stash-agent-options`: a renewal sent past the relay gets the agent information that its lease remembers.
import { isExpired, leaseState } from '../../store/lease.ts';
import { ownedBy } from '../../store/lease-owner.ts';
import { messageType4 } from '../../wire/v4/message.ts';
import { decodeSuboptions4 } from '../../wire/v4/suboptions.ts';
import { FlotillaError } from '../../errors.ts';
import type { StepResult } from '../pipeline.ts';
import { stashedAgentBytes } from './extended-info.ts';
import { clientOf } from './lookup.ts';
import type { Transaction4 } from './transaction.ts';

export function recoverAgentInformation(t: Transaction4): StepResult | Promise<StepResult> {
  const { ciaddr, giaddr } = t.query;
  if (!t.snapshot.globals.stashAgentOptions) return 'continue';
  if (t.type !== messageType4.REQUEST || ciaddr === 0 || giaddr !== 0 || t.agent) return 'continue';
  return recoverFromLease(t);
}

async function recoverFromLease(t: Transaction4): Promise<StepResult> {
  const { ciaddr } = t.query;
  const found = await t.engine.leases.find({ client: null, subnetIds: [], addresses: [ciaddr] });
  const lease = found.held[0];
  if (!lease || lease.state !== leaseState.default || isExpired(lease, found.now)) return 'continue';
  if (!ownedBy(lease, clientOf(t))) return 'continue';
  const bytes = stashedAgentBytes(lease);
  if (!bytes || bytes.length === 0) return 'continue';
  try {
    t.agent = decodeSuboptions4(bytes);
  } catch (error) {
    if (!(error instanceof FlotillaError)) throw error;
    return 'continue';
  }
  t.agentBytes = bytes;
  t.agentStashed = true;
  t.engine.log.debug('DHCP4_RECOVERED_STASHED_RELAY_AGENT_INFO', 'agent information taken from the lease');
  return 'continue';
}
