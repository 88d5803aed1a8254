// Clients that hold a lease: who renews or releases next, and whether two of them were given one address.
import type { Binding } from './protocol.ts';

export interface BoundClientsOptions {
  /** Keep bindings, to renew and release them. */
  readonly keep: boolean;
  /** Note who holds which address. */
  readonly unique: boolean;
}

export class BoundClients {
  readonly #options: BoundClientsOptions;
  readonly #list: Binding[] = [];
  readonly #positions = new Map<number, number>();
  readonly #holders = new Map<number | bigint, number>();
  readonly #addresses = new Map<number, number | bigint>();
  #turn = 0;
  #duplicates = 0;

  constructor(options: BoundClientsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#list.length;
  }

  /** Addresses that were given to a client while another one held them. */
  get duplicates(): number {
    return this.#duplicates;
  }

  get distinctAddresses(): number {
    return this.#holders.size;
  }

  add(binding: Binding): void {
    if (this.#options.unique) this.#hold(binding);
    if (!this.#options.keep) return;
    const position = this.#positions.get(binding.client);
    if (position !== undefined) this.#list[position] = binding;
    else this.#positions.set(binding.client, this.#list.push(binding) - 1);
  }

  /** One after the other, round and round. */
  next(): Binding | undefined {
    if (this.#list.length === 0) return undefined;
    this.#turn = (this.#turn + 1) % this.#list.length;
    return this.#list[this.#turn];
  }

  remove({ client, address }: Binding): void {
    if (this.#holders.get(address) === client) this.#holders.delete(address);
    this.#addresses.delete(client);
    const position = this.#positions.get(client);
    if (position === undefined) return;
    this.#positions.delete(client);
    const last = this.#list.pop()!;
    if (last.client === client) return;
    this.#list[position] = last;
    this.#positions.set(last.client, position);
  }

  #hold({ client, address }: Binding): void {
    const before = this.#addresses.get(client);
    if (before !== undefined && before !== address && this.#holders.get(before) === client)
      this.#holders.delete(before);
    const holder = this.#holders.get(address);
    if (holder !== undefined && holder !== client) this.#duplicates++;
    this.#holders.set(address, client);
    this.#addresses.set(client, address);
  }
}
