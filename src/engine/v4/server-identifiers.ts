// Which server identifiers are ours: open sockets and every configured dhcp-server-identifier, indexed once per snapshot.
import type { Snapshot } from '../../config/snapshot.ts';
import type { Transport } from '../../net/transport.ts';
import type { OptionSet } from '../../wire/option-data.ts';
import { option4, uint32Of } from './option-codes.ts';

export class ServerIdentifiers {
  readonly #transport: Transport;
  readonly #configured = new WeakMap<Snapshot, ConfiguredIdentifiers>();

  constructor(deps: { readonly transport: Transport }) {
    this.#transport = deps.transport;
  }

  /** True when `address` names this server for a client in these classes. */
  isOurs(address: number, snapshot: Snapshot, classes: ReadonlySet<string>): boolean {
    for (const { addresses } of this.#transport.interfaces) if (addresses.includes(address)) return true;
    let configured = this.#configured.get(snapshot);
    if (!configured) this.#configured.set(snapshot, (configured = collect(snapshot)));
    if (configured.everyone.has(address)) return true;
    return configured.byClass.get(address)?.some((name) => classes.has(name)) ?? false;
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
