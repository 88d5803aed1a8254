// One daemon under test in its namespace, its log in a file: the bench must not spend time on reading it.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Host } from '../../test/support/netns.ts';

export interface ServerProcess {
  /** Milliseconds from the start of the process to its DHCP4_STARTED or DHCP6_STARTED line. */
  readonly startedIn: number;
  readonly pid: number;
  /** Bytes that the process holds in memory now. */
  rss(): number;
  /** At most `count` lines of the log so far. */
  logLines(pattern: RegExp, count: number): readonly string[];
  /** Bytes of log so far. */
  logSize(): number;
  stop(): Promise<void>;
}

const startedLine = /DHCP[46]_STARTED/;
const pollMilliseconds = 10;

/** Resolves when it serves; throws with the end of its log when it does not within `timeout` ms. */
export async function startServerProcess(
  host: Host,
  command: readonly string[],
  logFile: string,
  timeout = 120_000,
): Promise<ServerProcess> {
  const log = openSync(logFile, 'w');
  const began = performance.now();
  const child: ChildProcess = host.spawn(command, { stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = once(child, 'exit');
  const tail = (): string => readFileSync(logFile, 'utf8').split('\n').slice(-15).join('\n');
  while (!startedLine.test(readFileSync(logFile, 'utf8'))) {
    if (child.exitCode !== null || performance.now() - began > timeout) {
      child.kill('SIGKILL');
      throw new Error(`${command.join(' ')} does not serve. End of its log:\n${tail()}`);
    }
    await pause(pollMilliseconds);
  }
  const startedIn = performance.now() - began;
  return {
    startedIn,
    pid: child.pid!,
    rss() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
    },
    logLines: (pattern, count) =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => pattern.test(line))
        .slice(0, count),
    logSize: () => statSync(logFile).size,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await exited;
      clearTimeout(killer);
    },
  };
}
