// The project's own load on one or more servers: at a rate, as fast as answered, renewals; and the highest rate of each.
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

/**
 * Seconds that a server is used before it is measured: a Flotilla that started beside others on its database writes its
 * offers down for twelve, and whatever compiles on its way has compiled.
 */
const warmSeconds = 14;

/** The same for every product. */
export async function warm(context: BenchContext, servers: readonly string[], rate = 200): Promise<void> {
  await exchangesAt(context, servers, rate, warmSeconds);
}

/** DORA, clients that were never seen before. */
export function exchangesAt(
  context: BenchContext,
  servers: readonly string[],
  rate: number,
  seconds: number,
  more: readonly (string | number)[] = [],
): Promise<LoadProbe> {
  return perfOf(context, servers, ['-r', rate, '-p', seconds, ...more]);
}

/** `letters` as on the command line, for `clients` that were never seen before. */
export async function perfOf(
  { lab }: BenchContext,
  servers: readonly string[],
  letters: readonly (string | number)[],
  clients = clientsPerRun,
): Promise<LoadProbe> {
  const report = await perf(lab.load, servers, [
    ...['-R', clients, '-b', lab.clients.take(clients)],
    ...letters,
  ]);
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
