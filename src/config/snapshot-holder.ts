// The one reference to the running configuration: a change swaps it whole, packets in flight keep the one they started with.
import type { Snapshot } from './snapshot.ts';

export type SnapshotListener = (next: Snapshot, previous: Snapshot) => void;

export interface SnapshotHolder {
  current(): Snapshot;
  /** Swaps the reference, then tells the listeners. A listener that throws does not keep the others from hearing. */
  replace(next: Snapshot): void;
  /** Calls `listener` after every swap; the returned function ends that. */
  onReplaced(listener: SnapshotListener): () => void;
}

/** `onListenerError` gets what a listener threw: the swap stands, whatever listeners do. */
export function createSnapshotHolder(
  initial: Snapshot,
  deps: { readonly onListenerError: (error: unknown) => void },
): SnapshotHolder {
  let current = initial;
  const listeners = new Set<SnapshotListener>();
  return {
    current: () => current,
    replace(next) {
      const previous = current;
      current = next;
      for (const listener of [...listeners]) {
        try {
          listener(next, previous);
        } catch (error) {
          deps.onListenerError(error);
        }
      }
    },
    onReplaced(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
