// Load from the lab's own host: `flotilla perf` for every measurement, perfdhcp to check it.
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Host } from '../../test/support/netns.ts';
import type { PerfReport } from '../../src/tools/perf/report.ts';
import { flotillaProgram } from './flotilla.ts';

/** Each run simulates clients that no run before has: the address of the first one. */
export class ClientSupply {
  #next = 0;

  take(count: number): string {
    const first = this.#next;
    this.#next += count;
    const hex = (0x02f0_0000_0000 + first).toString(16).padStart(12, '0');
    return `mac=${hex.match(/../g)!.join(':')}`;
  }
}

/** `letters` as on the command line, without the family: the servers' addresses say it. Exit code 3 only says that something was lost; after `limit` seconds it is told to stop and report. */
export async function perf(
  host: Host,
  servers: readonly string[],
  letters: readonly (string | number)[],
  limit?: number,
): Promise<PerfReport> {
  const command = [process.execPath, flotillaProgram, 'perf', familyLetter(servers), '-J', '-l', 'eth0'];
  const { code, out, err } = await output(host, [...command, ...letters.map(String), ...servers], limit);
  if (code !== 0 && code !== 3) throw new Error(`flotilla perf ${letters.join(' ')}: ${err}`);
  return JSON.parse(out) as PerfReport;
}

export interface PerfdhcpReport {
  /** Exchanges completed per second. */
  readonly rate: number;
  readonly lossPercent: number;
}

/** Four-way exchanges at `rate`; null when it printed no result. It waits for its next packet by asking the clock: nice keeps that from the servers. */
export async function perfdhcp(
  host: Host,
  server: string,
  rate: number,
  seconds: number,
  more: readonly string[] = [],
): Promise<PerfdhcpReport | null> {
  const family = familyLetter([server]);
  // As a relay, which in DHCPv4 it always is.
  const how = family === '-6' ? [family, '-A', 1] : [family];
  const letters = [
    ...how,
    '-l',
    'eth0',
    '-r',
    rate,
    '-p',
    seconds,
    '-R',
    1_000_000,
    '-W',
    1_000_000,
    ...more,
    server,
  ];
  const { out } = await output(host, ['nice', '-n', '19', 'perfdhcp', ...letters.map(String)]);
  const found = /Rate: ([\d.]+) 4-way exchanges/.exec(out)?.[1];
  const ratios = [...out.matchAll(/drops ratio: ([\d.]+)/g)].map((match) => Number(match[1]));
  if (found === undefined) return null;
  return { rate: Number(found), lossPercent: ratios.reduce((sum, ratio) => sum + ratio, 0) };
}

const familyLetter = ([server]: readonly string[]): '-4' | '-6' => (isIPv6(server ?? '') ? '-6' : '-4');

async function output(
  host: Host,
  command: readonly string[],
  limit?: number,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = host.spawn(command);
  let [out, err] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const timer = limit === undefined ? undefined : setTimeout(() => child.kill('SIGINT'), limit * 1000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, out, err };
}
