// What an edge tells about itself after every poll. Who writes it down is given to the poller.
import type { Connection } from 'mysql2/promise';
import type { Position } from './fetched.ts';

/** degraded: it serves, but not what the database says now, because applying failed or the database is away. */
export type EdgeState = 'starting' | 'serving' | 'degraded' | 'stopped';

export interface EdgeReport {
  readonly state: EdgeState;
  /** Newest position in force; null before the first. */
  readonly applied: Position | null;
  readonly configHash: string | null;
  /** Without secrets. */
  readonly lastError: string | null;
}

export type ReportEdge = (connection: Connection, report: EdgeReport) => Promise<void>;
