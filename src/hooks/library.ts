// What the author of a hook library writes against: the module's two functions, the handle, callouts and what they answer.
import type { Address } from '../addr/family.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { HookArguments, HookPoint } from '../engine/hooks.ts';
import type { QueueFactory } from '../engine/queue-types.ts';
import type { Logger } from '../log.ts';
import type { Lease } from '../store/lease.ts';
import type { LeaseStore } from '../store/lease-store.ts';

/** A hook library is an ES module with these exports. */
export interface HookLibrary {
  /** Once, before the configuration that names the library comes into force. A throw refuses that configuration. */
  load(handle: HookHandle): void | Promise<void>;
  /** Once, after the last packet that could meet the library; also after a `load` that failed, when that has ended. */
  unload?(): void | Promise<void>;
}

/** The status so far; of several callouts at a point the last word counts. */
export type CalloutStatus = 'continue' | 'skip' | 'drop' | 'park';

/**
 * Nothing (`undefined`) leaves the status as earlier callouts left it. `park` holds the packet, where the point allows
 * it, until the promise is there: `drop` (or a rejection) drops the packet, anything else lets it go on.
 */
export type CalloutResult =
  | 'continue'
  | 'skip'
  | 'drop'
  | { readonly park: PromiseLike<'continue' | 'drop' | void> }
  | undefined
  | void;

export interface CalloutContext {
  readonly point: string;
  /** What the callouts before this one answered. */
  readonly status: CalloutStatus;
  /** The library's own memory of this packet: the same map at every point, gone with the packet. */
  readonly packet: Map<string, unknown>;
  /** Aborted when the time limit passes: nobody waits for the callout any more. */
  readonly signal: AbortSignal;
}

export type Callout<P extends HookPoint> = (
  args: HookArguments[P],
  context: CalloutContext,
) => CalloutResult | Promise<CalloutResult>;

export interface CalloutOptions {
  /** Milliseconds from the packet's arrival at the callout, waiting for its turn included; 0 = no limit. Default 10,000. */
  readonly timeout?: number;
  /** Calls under way at once; more wait for their turn. 0 = any number, the default. */
  readonly concurrency?: number;
  /** Milliseconds from the callout's answer that a packet may stay parked before it is dropped; 0 = no limit. Default 60,000. */
  readonly parkTimeout?: number;
}

/** A management command as it came. */
export interface HookCommand {
  readonly command: string;
  readonly arguments?: unknown;
  readonly service?: readonly string[];
}

export interface HookCommandAnswer {
  /** 0 success, 1 error, 2 unsupported, 3 nothing found, 4 conflict. */
  readonly result: number;
  readonly text?: string;
  readonly arguments?: unknown;
}

/** At the point `$name_of_command`: the last response that was assigned is the answer. */
export interface CommandArguments {
  readonly command: HookCommand;
  response: HookCommandAnswer | undefined;
}

export type CommandCallout = (
  args: CommandArguments,
  context: CalloutContext,
) => CalloutResult | Promise<CalloutResult>;

/** After every command: name, arguments (null when there are none), and the response, which may be assigned. */
export interface CommandProcessedArguments {
  readonly name: string;
  readonly arguments: unknown;
  response: HookCommandAnswer;
}

export type CommandProcessedCallout = (
  args: CommandProcessedArguments,
  context: CalloutContext,
) => CalloutResult | Promise<CalloutResult>;

export interface HookHandle {
  /** File name of the library without its extension: it names the library's statistics. */
  readonly name: string;
  readonly family: 4 | 6;
  /** `parameters` of the library's entry; an empty map when it has none. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Only while `load` runs. Callouts are called in the order of `hooks-libraries`, then of registration. */
  register<P extends HookPoint>(point: P, callout: Callout<P>, options?: CalloutOptions): void;
  /** `$name_of_command` answers the command `name-of-command`, also in place of a built-in one. */
  register(point: `$${string}`, callout: CommandCallout, options?: CalloutOptions): void;
  register(point: 'command_processed', callout: CommandProcessedCallout, options?: CalloutOptions): void;
  /** The same as the `$` point, for handlers that return the answer. A throw is answered with result 1 and its text. */
  registerCommand(
    name: string,
    handler: (
      args: unknown,
      command: HookCommand,
      context: CalloutContext,
    ) => HookCommandAnswer | Promise<HookCommandAnswer>,
    options?: CalloutOptions,
  ): void;
  /**
   * A kind of queue that `dhcp-queue-control` may name. Only while `load` runs. Throws when the name is taken. The server
   * takes the type back when it unloads the library.
   */
  registerQueueType(name: string, factory: QueueFactory): void;
  /** Earlier than by unloading: packets that wait in such a queue go over into the ring. False when it is not the library's. */
  unregisterQueueType(name: string): boolean;
  /** An error about a parameter, to be thrown from `load`: the server says where in the file it stands. */
  parameterError(message: string, ...path: readonly (string | number)[]): Error;
  readonly log: Logger;
  /** Adds to a statistic of the server, e.g. `pkt4-receive-drop`, which the server leaves to the library that drops. */
  count(statistic: string, n?: number): void;
  readonly server: HookServer;
  /** Texts of addresses and bytes, which arguments carry as numbers and arrays. */
  readonly text: HookText;
}

export interface HookServer {
  /** The running configuration. */
  snapshot(): Snapshot;
  /** The lease store in use. Not before the server serves. */
  leases(): LeaseStore<Lease>;
  /** Who a DHCPv6 server is (RFC 8415 §11); empty in DHCPv4, and before the server serves. */
  duid(): Uint8Array;
}

export interface HookText {
  /** 3221225985 → `192.0.2.1`; a bigint is an IPv6 address. */
  address(address: Address): string;
  /** `192.0.2.1` → 3221225985, in DHCPv6 `::1` → 1n. Throws for anything else. */
  parseAddress(text: string): Address;
  /** `02:00:00:00:00:01` */
  hex(bytes: Uint8Array): string;
}
