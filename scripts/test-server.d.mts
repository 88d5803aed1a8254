// Types of test-server.mjs, for the tests.
import type { ServerBinary } from './private-server.mjs';

export interface TestServer {
  readonly url: string;
  readonly started: boolean;
  release(options: { readonly remove: boolean }): Promise<void>;
}

export function openTestServer(binary: ServerBinary, say?: (text: string) => void): Promise<TestServer>;
export function throwAwayDirectory(): string;
export function endAbandonedTestServers(): Promise<void>;
