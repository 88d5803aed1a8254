// Leases by client identifier or DUID alone: made when first asked for, a slice at a time, and kept up from then on.
import { setImmediate } from 'node:timers/promises';
import { clientIdentifier } from '../lease-owner.ts';
import type { Lease } from '../lease.ts';

export interface ClientIndexDeps<L extends Lease> {
  /** One more than the highest slot. */
  readonly slots: () => number;
  /** Null: the slot is free. */
  readonly leaseAt: (slot: number) => L | null;
}

/** Few servers are ever asked for all that one client has; those that are not pay nothing. */
export class ClientIndex<L extends Lease> {
  readonly #deps: ClientIndexDeps<L>;
  #slots: Map<string, Set<number>> | null = null;
  #made: Promise<void> | null = null;

  constructor(deps: ClientIndexDeps<L>) {
    this.#deps = deps;
  }

  async find(identifiers: readonly Uint8Array[]): Promise<L[]> {
    await (this.#made ??= this.#make());
    const found: L[] = [];
    for (const key of new Set(identifiers.map(keyOf)))
      for (const slot of this.#slots!.get(key) ?? []) found.push(this.#deps.leaseAt(slot)!);
    return found;
  }

  /** What the slot held and holds now; null: nothing. */
  moved(slot: number, before: L | null, after: L | null): void {
    if (!this.#slots) return;
    if (before) this.#unlink(slot, before);
    if (after) this.#link(slot, after);
  }

  /** Changes go on meanwhile: what is linked already is linked again, which is nothing. */
  async #make(): Promise<void> {
    this.#slots = new Map();
    for (let slot = 0; slot < this.#deps.slots(); slot++) {
      const lease = this.#deps.leaseAt(slot);
      if (lease) this.#link(slot, lease);
      if (slot % slice === slice - 1) await setImmediate();
    }
  }

  #link(slot: number, lease: L): void {
    const identifier = clientIdentifier(lease);
    if (!identifier) return;
    const key = keyOf(identifier);
    const known = this.#slots!.get(key);
    if (known) known.add(slot);
    else this.#slots!.set(key, new Set([slot]));
  }

  #unlink(slot: number, lease: L): void {
    const identifier = clientIdentifier(lease);
    const known = identifier && this.#slots!.get(keyOf(identifier));
    if (!known) return;
    known.delete(slot);
    if (known.size === 0) this.#slots!.delete(keyOf(identifier));
  }
}

/** Rows looked at before others have a turn: a few milliseconds. */
const slice = 2_000;

const keyOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
