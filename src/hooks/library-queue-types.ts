// The queue types that the libraries of one configuration registered, each its owner's.
import type { QueueFactory } from '../engine/queue-types.ts';

export class LibraryQueueTypes {
  readonly #standard: string;
  readonly #factories = new Map<string, QueueFactory>();
  readonly #owners = new Map<string, string>();

  /** `standard`: the name that is the server's own. */
  constructor(options: { readonly standard: string }) {
    this.#standard = options.standard;
  }

  get factories(): ReadonlyMap<string, QueueFactory> {
    return this.#factories;
  }

  /** Throws when the name is taken, or is none. */
  register(library: string, name: string, factory: QueueFactory): void {
    if (typeof name !== 'string' || name === '') throw new Error('a queue type needs a name');
    if (typeof factory !== 'function') throw new Error(`the factory of queue type '${name}' is no function`);
    if (name === this.#standard) throw new Error(`queue type '${name}' is the server's own`);
    const owner = this.#owners.get(name);
    if (owner !== undefined) throw new Error(`queue type '${name}' is registered already, by ${owner}`);
    this.#factories.set(name, factory);
    this.#owners.set(name, library);
  }

  /** False when the library has no such type. */
  unregister(library: string, name: string): boolean {
    if (this.#owners.get(name) !== library) return false;
    this.#owners.delete(name);
    return this.#factories.delete(name);
  }
}
