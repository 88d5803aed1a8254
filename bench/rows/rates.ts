// Searching the highest rate of one or more servers with the project's own load: new exchanges or renewals.
import type { PerfReport } from '../../src/tools/perf/report.ts';
import { perf } from '../lab/load.ts';
import { highestRate, type Probe } from '../lab/search.ts';
import type { BenchContext } from './row.ts';

export interface LoadProbe extends Probe {
  readonly report: PerfReport;
}

const clientsPerRun = 1_000_000;
const renewingClients = 20_000;
const renewingClientsQuick = 4_000;

/** DORA, clients that were never seen before. */
export async function exchangesAt(
  { lab }: BenchContext,
  servers: readonly string[],
  rate: number,
  seconds: number,
  more: readonly (string | number)[] = [],
): Promise<LoadProbe> {
  const base = lab.clients.take(clientsPerRun);
  const letters = ['-r', rate, '-p', seconds, '-R', clientsPerRun, '-b', base, ...more];
  const report = await perf(lab.load, servers, letters);
  return { rate: report.exchanges.rate, lossPercent: report.exchanges.lossPercent, report };
}

/** Clients are bound first, then renew one after the other. */
export async function renewalsAt(
  { lab, quick }: BenchContext,
  servers: readonly string[],
  rate: number,
  seconds: number,
): Promise<LoadProbe> {
  const clients = quick ? renewingClientsQuick : renewingClients;
  const base = lab.clients.take(clients);
  const letters = ['-r', 0, '-f', rate, '-p', seconds, '-R', clients, '-P', clients, '-b', base];
  const report = await perf(lab.load, servers, letters);
  return { rate: report.renewals.rate, lossPercent: report.renewals.lossPercent, report };
}

export function highest(
  context: BenchContext,
  who: string,
  from: number,
  probe: (rate: number, seconds: number) => Promise<LoadProbe>,
): Promise<LoadProbe> {
  return highestRate({
    from,
    probe,
    probeSeconds: context.quick ? 3 : 5,
    confirmSeconds: context.quick ? 5 : 10,
    progress: (text) => context.progress(`${who}: ${text}`),
  });
}
