// What the built-in commands ask of the daemon they run in. The process that wires a daemon implements this.
import type { Family } from '../addr/family.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { JsonMap } from '../config/written.ts';
import type { NetworkState } from '../engine/network-state.ts';
import type { Statistics } from '../engine/statistics.ts';
import type { Lease } from '../store/lease.ts';
import type { LeaseStore } from '../store/lease-store.ts';

export interface DaemonOperations {
  readonly family: Family;
  readonly statistics: Statistics;
  readonly networkState: Pick<NetworkState, 'disable' | 'enable' | 'isEnabled' | 'origins'>;
  version(): DaemonVersion;
  status(): DaemonStatus;
  /** The running configuration. */
  snapshot(): Snapshot;
  /** The lease store in use; it changes when a configuration names another database. */
  leases(): LeaseStore<Lease>;
  /**
   * Checks the map under Dhcp4/Dhcp6 without applying it. Throws FlotillaError with the location.
   * Passwords that the caller got redacted from config-get are already filled in again.
   */
  testConfig(config: JsonMap): Promise<void>;
  /** Applies the map in memory only. Throws FlotillaError; then the old configuration stays in force. */
  setConfig(config: JsonMap): Promise<void>;
  /** Reads the start-up file again and applies it. Throws FlotillaError; then the old configuration stays in force. */
  reloadConfig(): Promise<void>;
  /** Fetches from the config backend now. Throws FlotillaError when that fails. */
  pullConfigBackend(): Promise<'pulled' | 'no-backend'>;
  /** Begins an orderly stop and returns at once; the answer to the command still has to leave. */
  shutdown(exitValue: number): void;
}

export interface DaemonVersion {
  /** `0.1.0` */
  readonly short: string;
  /** Several lines: what it is, runtime, databases. */
  readonly extended: string;
  /** Text of build-report: how this program was built. */
  readonly build: string;
}

export interface DaemonStatus {
  readonly pid: number;
  /** Seconds since the process started. */
  readonly uptime: number;
  /** Seconds since a configuration was last applied. */
  readonly reload: number;
  readonly sockets: {
    readonly status: 'ready' | 'retrying' | 'failed';
    readonly errors?: readonly string[];
  };
  /** Packets that wait, and averages of their number over the last 10, 100 and 1000 packets. */
  readonly queue?: { readonly size: number; readonly averages: readonly [number, number, number] };
}
