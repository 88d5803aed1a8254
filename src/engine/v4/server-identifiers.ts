// Which server identifiers are ours: open sockets and every configured dhcp-server-identifier, indexed once per snapshot.
import type { Snapshot } from '../../config/snapshot.ts';
import type { Transport } from '../../net/transport.ts';
import type { OptionSet } from '../../wire/option-data.ts';
import { agentSuboption4 } from '../../wire/v4/agent.ts';
import { option4, uint32Of } from './option-codes.ts';
import type { Transaction4 } from './transaction.ts';

/**
 * Whether the REQUEST for an offer may be answered by another server than the one that made it: the relay stands in for
 * the server (RFC 5107), the identifier is configured and may be that of several, or nobody looks at it.
 */
export function mayAskAnyServer({ agent, snapshot, engine }: Transaction4): boolean {
  return (
    snapshot.globals.compatibility.ignoreDhcpServerIdentifier ||
    agent?.has(agentSuboption4.serverIdOverride) === true ||
    engine.serverIdentifiers.areConfigured(snapshot)
  );
}

export class ServerIdentifiers {
  readonly #transport: Transport;
  readonly #configured = new WeakMap<Snapshot, ConfiguredIdentifiers>();

  constructor(deps: { readonly transport: Transport }) {
    this.#transport = deps.transport;
  }

  /** True when `address` names this server for a client in these classes. */
  isOurs(address: number, snapshot: Snapshot, classes: ReadonlySet<string>): boolean {
    for (const { addresses } of this.#transport.interfaces) if (addresses.includes(address)) return true;
    const { everyone, byClass } = this.#of(snapshot);
    if (everyone.has(address)) return true;
    return byClass.get(address)?.some((name) => classes.has(name)) ?? false;
  }

  /** Some client may be answered under an identifier that is written in the configuration. */
  areConfigured(snapshot: Snapshot): boolean {
    const { everyone, byClass } = this.#of(snapshot);
    return everyone.size > 0 || byClass.size > 0;
  }

  #of(snapshot: Snapshot): ConfiguredIdentifiers {
    let configured = this.#configured.get(snapshot);
    if (!configured) this.#configured.set(snapshot, (configured = collect(snapshot)));
    return configured;
  }
}

interface ConfiguredIdentifiers {
  /** Of the global scope, networks and subnets. */
  readonly everyone: ReadonlySet<number>;
  readonly byClass: ReadonlyMap<number, readonly string[]>;
}

function collect(snapshot: Snapshot): ConfiguredIdentifiers {
  const everyone = new Set<number>();
  const byClass = new Map<number, string[]>();
  const scopes = [snapshot, ...snapshot.networks.values(), ...snapshot.subnets.values()];
  for (const scope of scopes) for (const address of identifiersIn(scope.options)) everyone.add(address);
  for (const { name, options } of snapshot.classes) {
    for (const address of identifiersIn(options)) {
      byClass.set(address, [...(byClass.get(address) ?? []), name]);
    }
  }
  return { everyone, byClass };
}

function identifiersIn(options: OptionSet): number[] {
  const values = options.get('dhcp4')?.get(option4.serverIdentifier) ?? [];
  return values.map((value) => uint32Of(value.data)).filter((address) => address !== 0);
}
