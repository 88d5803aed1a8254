// The project's own load on one or more servers: at a rate, as fast as answered, renewals; and the highest rate of each.
import type { Family } from '../../src/addr/family.ts';
import type { PerfReport } from '../../src/tools/perf/report.ts';
import type { StageReport } from '../../src/tools/perf/tally.ts';
import { perf } from '../lab/load.ts';
import { highestRate, type Probe } from '../lab/search.ts';
import type { BenchContext } from './row.ts';

export interface LoadProbe extends Probe {
  readonly report: PerfReport;
}

/** What the answers of an exchange are called, and what reports call its halves. */
export const names: Readonly<Record<Family, Readonly<Record<'offer' | 'ack', string>>>> = {
  4: { offer: 'an OFFER', ack: 'an ACK' },
  6: { offer: 'an ADVERTISE', ack: 'a REPLY' },
};
const stages: Readonly<Record<Family, Readonly<Record<'offer' | 'ack', string>>>> = {
  4: { offer: 'DISCOVER-OFFER', ack: 'REQUEST-ACK' },
  6: { offer: 'SOLICIT-ADVERTISE', ack: 'REQUEST-REPLY' },
};

/** What a report says of the first or the second half of its exchanges; undefined when none was begun. */
export const half = (
  { family }: BenchContext,
  report: PerfReport,
  which: 'offer' | 'ack',
): StageReport | undefined => report.stages[stages[family][which]];

/** What DHCPv6 clients ask for that want both. */
export const addressAndPrefix = ['-e', 'address-and-prefix'];

/** At least; none comes twice, whatever the rate: one that came before would find its lease. */
const clientsPerRun = 1_000_000;
const renewingClients = 20_000;
const renewingClientsQuick = 4_000;

/**
 * Seconds that a server is used before it is measured: a Flotilla that started beside others on its database writes its
 * offers down for twelve, and whatever compiles on its way has compiled.
 */
const warmSeconds = 14;

/** The same for every product. */
export async function warm(
  context: BenchContext,
  servers: readonly string[],
  { rate = 200, more = [] }: { readonly rate?: number; readonly more?: readonly string[] } = {},
): Promise<void> {
  await exchangesAt(context, servers, rate, warmSeconds, more);
}

/** Four-way exchanges, clients that were never seen before. */
export function exchangesAt(
  context: BenchContext,
  servers: readonly string[],
  rate: number,
  seconds: number,
  more: readonly (string | number)[] = [],
): Promise<LoadProbe> {
  // The generator may catch up with a second in which it stood still.
  const clients = Math.max(clientsPerRun, Math.ceil(rate * (seconds + 1)));
  return perfOf(context, servers, ['-r', rate, '-p', seconds, ...more], clients);
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
