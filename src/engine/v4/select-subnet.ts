// Which subnet a DHCPv4 packet comes from: the first rule that applies decides, there is no falling through.
import { agentSuboption4 } from '../../wire/v4/agent.ts';
import { interfaceIdOf6 } from '../../wire/v6/relay.ts';
import type { Subnet } from '../../config/snapshot.ts';
import { ownerKeys } from '../../store/lease-owner.ts';
import type { StepResult } from '../pipeline.ts';
import { subnetPermits } from '../eligible.ts';
import { option4, uint32Of } from './option-codes.ts';
import type { Transaction4 } from './transaction.ts';
import { limitedBroadcast } from './reply-address.ts';
import { mayAskAnyServer } from './server-identifiers.ts';

export function selectSubnet(t: Transaction4): StepResult {
  useSubnet(t, findSubnet(t) ?? null);
  if (!t.subnet && t.engine.log.debugEnabled) {
    t.engine.log.debug('DHCP4_SUBNET_SELECTION_FAILED', `no subnet for a packet on ${t.datagram.iface}`);
  }
  return 'continue';
}

/** The packet comes from this subnet, or from none; decides by what the client is known there. */
export function useSubnet(t: Transaction4, subnet: Subnet | null): void {
  t.subnet = subnet;
  t.client = null;
  if (subnet) {
    // RFC 2131 §4.2 lets a site ignore client identifiers: then they neither find nor mark a lease.
    const clientId = subnet.parameters.matchClientId && t.clientId ? new Uint8Array(t.clientId) : null;
    // Copies: what a lease keeps must not keep the whole datagram alive.
    const client = { family: 4, clientId, hwaddr: new Uint8Array(t.query.chaddr) } as const;
    // Field by field: a spread costs ten times as much.
    t.client = { family: 4, clientId, hwaddr: client.hwaddr, keys: ownerKeys(client) };
    t.isOfferPublic = mayAskAnyServer(t);
  }
}

function findSubnet(t: Transaction4): Subnet | undefined {
  const { index, globals } = t.snapshot;
  const { giaddr, ciaddr } = t.query;
  const { source, destination, iface, serverAddress, over6 } = t.datagram;
  const accept = (subnet: Subnet): boolean => subnetPermits(t, subnet);

  if (over6) return index.byDhcp4o6(over6.address, interfaceIdOf6(over6.relays), over6.iface, accept);

  // RFC 3527 §3 and RFC 3011 §4: the named subnet or none.
  const linkSelection = globals.compatibility.ignoreRaiLinkSelection
    ? 0
    : uint32Of(t.agent?.get(agentSuboption4.linkSelection));
  const named = linkSelection || uint32Of(t.query.options.get(option4.subnetSelection));
  if (named !== 0) return index.byAddress(named, accept);

  if (giaddr !== 0) return index.byRelay(giaddr, accept) ?? index.byAddress(giaddr, accept);

  const unicast = destination !== limitedBroadcast;
  if (unicast && ciaddr !== 0) return index.byAddress(ciaddr, accept);
  if (unicast && source !== 0) return index.byAddress(source, accept);
  return index.byInterface(iface, accept) ?? index.byAddress(serverAddress, accept);
}
