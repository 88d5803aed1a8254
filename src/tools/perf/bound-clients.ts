// Clients that hold a lease: who renews or releases next, and whether two of them were given one address or prefix.
import { noBytes, type Binding, type Lease } from './protocol.ts';

export interface BoundClientsOptions {
  /** Keep bindings, to renew and release them. */
  readonly keep: boolean;
  /** Note who holds which address and prefix. */
  readonly unique: boolean;
}

export class BoundClients {
  readonly #options: BoundClientsOptions;
  readonly #list: Binding[] = [];
  readonly #positions = new Map<number, number>();
  /** By the bytes of an address, or of a prefix with its length. */
  readonly #holders = new Map<string, number>();
  readonly #held = new Map<number, readonly string[]>();
  #turn = 0;
  #duplicates = 0;

  constructor(options: BoundClientsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#list.length;
  }

  /** Addresses and prefixes that were given to a client while another one held them. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Addresses and prefixes that somebody holds. */
  get distinct(): number {
    return this.#holders.size;
  }

  /** Copies what it keeps. */
  add(client: number, lease: Lease): void {
    if (this.#options.unique) this.#hold(client, namesOf(lease));
    if (!this.#options.keep) return;
    const position = this.#positions.get(client);
    const binding = bindingOf(client, lease);
    if (position !== undefined) this.#list[position] = binding;
    else this.#positions.set(client, this.#list.push(binding) - 1);
  }

  /** One after the other, round and round. */
  next(): Binding | undefined {
    if (this.#list.length === 0) return undefined;
    this.#turn = (this.#turn + 1) % this.#list.length;
    return this.#list[this.#turn];
  }

  remove({ client }: Binding): void {
    this.#letGo(client, []);
    this.#held.delete(client);
    const position = this.#positions.get(client);
    if (position === undefined) return;
    this.#positions.delete(client);
    const last = this.#list.pop()!;
    if (last.client === client) return;
    this.#list[position] = last;
    this.#positions.set(last.client, position);
  }

  #hold(client: number, names: readonly string[]): void {
    this.#letGo(client, names);
    for (const name of names) {
      const holder = this.#holders.get(name);
      if (holder !== undefined && holder !== client) this.#duplicates++;
      this.#holders.set(name, client);
    }
    this.#held.set(client, names);
  }

  /** What the client held and is not among `kept`. */
  #letGo(client: number, kept: readonly string[]): void {
    for (const name of this.#held.get(client) ?? [])
      if (!kept.includes(name) && this.#holders.get(name) === client) this.#holders.delete(name);
  }
}

/** The lease in memory of its own. */
export const bindingOf = (client: number, { address, prefix, server }: Lease): Binding => ({
  client,
  address: copyOf(address),
  prefix: copyOf(prefix),
  server: copyOf(server),
});

/** Not `slice`, which in a Buffer is a view. */
const copyOf = (bytes: Uint8Array): Uint8Array => (bytes.length === 0 ? noBytes : new Uint8Array(bytes));

const namesOf = ({ address, prefix }: Lease): string[] =>
  [address, prefix].flatMap((bytes) =>
    bytes.length === 0 ? [] : [Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')],
  );
