// The contract of the config backend: what an edge gives it, and what it offers the rest of the daemon.
import type { Family } from '../addr/family.ts';
import type { ConfigParts, Rejection } from '../config/parts.ts';
import type { DatabaseAddress } from '../db/address.ts';
import type { Logger } from '../log.ts';
import type { EdgeState, ReportEdge } from './edge-report.ts';
import type { Position } from './fetched.ts';
import type { ReservationScope } from './reservation-check.ts';

export interface ConfigBackend {
  /** `database`: fetched; `last-good`: from disk, the database is away; `nothing`: neither, only the file is in force. */
  start(): Promise<'database' | 'last-good' | 'nothing'>;
  /** One poll, now. Never throws. */
  pull(): Promise<PullResult>;
  /** One full comparison, now; true when there was drift, and it is repaired. Never throws. */
  compare(): Promise<boolean>;
  /** Tells the fleet that it stops, closes the connection. Idempotent. */
  stop(): Promise<void>;
  status(): BackendStatus;
}

export interface ConfigBackendOptions {
  readonly family: Family;
  readonly address: DatabaseAddress;
  /** Empty: only objects of `all`. */
  readonly serverTag: string;
  /** Seconds between polls; 0 = only when pulled. */
  readonly fetchWaitTime: number;
  readonly stateDirectory: string;
  /** This edge's name in the fleet_* tables: unique among all edges. */
  readonly instance: string;
  /** Minute of the hour of the full comparison; by default one that follows from `instance`. Null: none. */
  readonly comparisonMinute?: number | null;
}

/** What applying a configuration came to. */
export interface Applied {
  readonly hash: string;
  readonly rejections: readonly Rejection[];
  /** The database's part of what is in force: quarantined objects in their last good version, or not at all. */
  readonly inForce: ConfigParts;
}

export interface PollClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `action` once after `milliseconds`; the returned function cancels it. */
  after(this: void, milliseconds: number, action: () => void): () => void;
}

export interface ConfigBackendDeps {
  readonly log: Logger;
  readonly clock: PollClock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Makes `parts` the running configuration. A throw means nothing changed: the cursor stays and it is tried again. */
  readonly apply: (parts: ConfigParts, at: Position) => Promise<Applied>;
  /** The configuration of the last run, before the first apply: last good versions come from it. */
  readonly remember?: (parts: ConfigParts) => void;
  readonly report?: ReportEdge;
  /** Whether clients can be answered already; until then the edge reports itself as starting. */
  readonly isReady?: () => boolean;
  /** What the reservations in this database are judged by; absent when they are not the ones that are served. */
  readonly reservationScope?: () => ReservationScope;
  /** The shared reservations changed (also called once for the first fetch). */
  readonly onHostsChanged?: (position: Position) => void;
}

export interface PullResult {
  readonly outcome: 'unchanged' | 'applied' | 'failed';
  readonly position: Position | null;
  /** Set when it failed. */
  readonly error: string | null;
}

export interface BackendStatus {
  readonly state: EdgeState;
  readonly position: Position | null;
  readonly configHash: string | null;
  readonly rejections: readonly Rejection[];
  readonly lastError: string | null;
  readonly failedPollsInARow: number;
  /** Comparisons that found the log incomplete. */
  readonly driftsRepaired: number;
}
