// Where hook libraries may step in, as the engine calls them. `src/hooks` implements it; the engine knows no library.
import type { HookArguments4 } from './v4/hook-arguments.ts';
import type { HookArguments6 } from './v6/hook-arguments.ts';

/** The libraries of one server. Which they are may change; a packet keeps those that it began with. */
export interface EngineHooks {
  /** Null while no library waits at any point: the packet path then asks nothing more. End the scope exactly once. */
  begin(limits: HookLimits): HookScope | null;
}

export interface HookLimits {
  /** Packets that may be parked at one point; 0 = any number. */
  readonly parkedPacketLimit: number;
}

/** The libraries that one packet (or one lease in reclamation) meets, and what they remember of it. */
export interface HookScope {
  /** Whether anybody waits at this point: guard the making of arguments with it. */
  has(point: HookPoint): boolean;
  /**
   * Calls every callout in order; resolves when the last one is done and nothing that parked it is left.
   * Never rejects. Callouts answer by assigning to `args`.
   */
  call<P extends HookPoint>(point: P, args: HookArguments[P]): Promise<HookOutcome>;
  /** The packet is done: libraries that were replaced meanwhile may go. */
  end(): void;
}

export interface HookOutcome {
  /** A status that has no meaning at the point is `continue`; `overflow`: too many packets are parked there already. */
  readonly status: 'continue' | 'skip' | 'drop' | 'overflow';
  /** Whether a callout parked the packet. */
  readonly parked: boolean;
}

/** One change that the config backend brought. */
export interface AuditEntry {
  /** Name of the table, e.g. `dhcp4_subnet`. */
  readonly object_type: string;
  /** Its row; 0 where the row itself is not known. */
  readonly object_id: number;
  readonly modification_type: 'CREATE' | 'UPDATE' | 'DELETE';
  /** The epoch that brought it. */
  readonly revision_id: number;
}

/** Arguments by point, of both protocols, under Kea's names. What is not `readonly` may be assigned by a callout. */
export interface HookArguments extends HookArguments4, HookArguments6 {}

export type HookPoint = keyof HookArguments;

/** No libraries at all: for tools, and for servers made without hooks. */
export const noHooks: EngineHooks = { begin: () => null };
