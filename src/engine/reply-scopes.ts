// Where the options of a reply come from, most specific first, and which class definitions its packet is a member of.
import type { ClientClass, PoolBase } from '../config/snapshot.ts';
import type { OptionAssembler, OptionScopes } from './option-scopes.ts';
import { currentHost, type PacketContext } from './packet-context.ts';

/** Host, pools that the leases come from, subnet, network, classes in order of association, global. */
export function replyScopes(
  t: PacketContext,
  pools: readonly PoolBase[],
  assembler: OptionAssembler,
): OptionScopes {
  const { subnet, snapshot } = t;
  const scopes = [];
  const host = currentHost(t);
  if (host) scopes.push(assembler.scopeOf(host));
  if (subnet) {
    for (const pool of pools) scopes.push(pool.options);
    scopes.push(subnet.options);
    const network = subnet.networkName === null ? undefined : snapshot.networks.get(subnet.networkName);
    if (network) scopes.push(network.options);
  }
  for (const { options } of memberClasses(t)) scopes.push(options);
  scopes.push(snapshot.options);
  return { scopes, classes: t.classes };
}

const noClasses: readonly ClientClass[] = [];

/** Definitions of the packet's classes, in order of association. */
export function memberClasses(t: Pick<PacketContext, 'snapshot' | 'classes'>): readonly ClientClass[] {
  if (t.snapshot.classByName.size === 0) return noClasses;
  const found: ClientClass[] = [];
  for (const name of t.classes) {
    const definition = t.snapshot.classByName.get(name);
    if (definition) found.push(definition);
  }
  return found;
}
