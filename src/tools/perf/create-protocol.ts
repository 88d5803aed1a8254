// The protocol that a run's options ask for.
import type { Address } from '../../addr/family.ts';
import type { PerfOptions } from './options.ts';
import type { PerfProtocol } from './protocol.ts';
import { createProtocol4 } from './protocol4.ts';
import { createProtocol6 } from './protocol6.ts';

/** Where servers answer to a relay without being asked to. */
const relayPorts = { 4: 67, 6: 547 };

/** `linkAddress`: what a relay says of the clients' link, null: nothing. */
export function createProtocol(options: PerfOptions, linkAddress: Address | null): PerfProtocol {
  const { family, localPort, leases, rapidCommit, isRelayed, baseMac } = options;
  const hasRelayPort = localPort === relayPorts[family];
  const common = { baseMac, options: options.options };
  if (family === 4) return createProtocol4({ ...common, giaddr: Number(linkAddress), hasRelayPort });
  const relay = isRelayed ? { linkAddress: BigInt(linkAddress ?? 0), hasRelayPort } : null;
  return createProtocol6({ ...common, leases, rapidCommit, relay });
}
