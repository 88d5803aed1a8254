// What a run found: one object for programs, one text for people.
import { formatTable } from '../table.ts';
import type { BoundClients } from './bound-clients.ts';
import type { Histogram, LatencySummary } from './histogram.ts';
import { stages as allStages } from './in-flight.ts';
import type { PerfOptions } from './options.ts';
import type { PerfProtocol } from './protocol.ts';
import type { SecondReport, StageReport, Tally } from './tally.ts';

/** Clients that were bound before the run, each asking again until it was. */
export interface PreloadReport {
  readonly bound: number;
  readonly seconds: number;
  readonly lost: number;
  readonly refused: number;
  readonly retransmitted: number;
}

export interface PerfReport {
  /** Seconds in which queries were offered; with no rate, until the last lease. */
  readonly seconds: number;
  readonly exchanges: {
    readonly offeredRate: number | null;
    readonly started: number;
    readonly completed: number;
    /** Completed per second. */
    readonly rate: number;
    /** Started and not completed, whether lost or refused. */
    readonly lossPercent: number;
  };
  readonly renewals: { readonly offeredRate: number; readonly rate: number; readonly lossPercent: number };
  readonly preload: PreloadReport | null;
  readonly released: number;
  readonly refused: number;
  /** The same by reason: NAK, or names of status codes. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Queries sent again, in the run. */
  readonly retransmitted: number;
  readonly stages: Readonly<Record<string, StageReport>>;
  /** Addresses and prefixes; with -u. */
  readonly addresses: { readonly held: number; readonly givenTwice: number } | null;
  readonly bySecond: readonly SecondReport[];
  readonly generator: {
    /** How late queries left, milliseconds: when this is large, the generator was the limit. */
    readonly lag: LatencySummary;
    readonly cpuPercent: number;
    readonly sendErrors: number;
    readonly lastSendError: string;
    readonly late: number;
    readonly foreign: number;
  };
}

interface PerfFindings {
  readonly options: PerfOptions;
  readonly names: PerfProtocol['names'];
  readonly seconds: number;
  readonly tally: Tally;
  readonly bound: BoundClients;
  readonly preload: PreloadReport | null;
  readonly lag: Histogram;
  readonly cpu: NodeJS.CpuUsage;
  /** Milliseconds, with the wait at the end. */
  readonly elapsed: number;
  readonly failures: { readonly count: number; readonly last: string };
}

export function perfReport(found: PerfFindings): PerfReport {
  const { options, names, seconds, tally, bound } = found;
  const stages = tally.reports();
  const { first, renew } = stages;
  const { completed } = tally;
  const sum = (value: (stage: StageReport) => number): number =>
    allStages.reduce((total, stage) => total + value(stages[stage]), 0);
  const shown = allStages.filter((stage) => stages[stage].sent > 0);
  return {
    seconds,
    exchanges: {
      offeredRate: options.rate,
      started: first.sent,
      completed,
      rate: completed / seconds,
      lossPercent: first.sent === 0 ? 0 : (100 * (first.sent - completed)) / first.sent,
    },
    renewals: {
      offeredRate: options.renewRate,
      rate: renew.answered / seconds,
      lossPercent: renew.sent === 0 ? 0 : (100 * (renew.sent - renew.answered)) / renew.sent,
    },
    preload: found.preload,
    released: tally.released,
    refused: sum(({ refused }) => refused),
    refusals: tally.refusals(),
    retransmitted: sum(({ retransmitted }) => retransmitted),
    stages: Object.fromEntries(shown.map((stage) => [names[stage], stages[stage]])),
    addresses: options.unique ? { held: bound.distinct, givenTwice: bound.duplicates } : null,
    bySecond: tally.seconds(),
    generator: {
      lag: found.lag.summary(),
      cpuPercent: (found.cpu.user + found.cpu.system) / 10 / found.elapsed,
      sendErrors: found.failures.count,
      lastSendError: found.failures.last,
      late: tally.late,
      foreign: tally.foreign,
    },
  };
}

/** True when everything that was begun came to its end. */
export function isComplete({ exchanges, stages }: PerfReport): boolean {
  const open = Object.values(stages).some(({ sent, answered }) => sent > answered);
  return exchanges.completed === exchanges.started && !open;
}

const ms = (value: number): string => value.toFixed(2);

export function formatPerfReport(report: PerfReport): string {
  const { exchanges, renewals, generator, addresses, preload } = report;
  const offered = exchanges.offeredRate === null ? '' : `, offered ${exchanges.offeredRate}`;
  const lines = [
    `Exchanges: ${exchanges.rate.toFixed(1)} a second${offered}; ${exchanges.completed} of ${exchanges.started} completed, ` +
      `${exchanges.lossPercent.toFixed(2)} % not, in ${report.seconds.toFixed(1)} s`,
  ];
  if (preload)
    lines.push(
      `Bound before the run: ${preload.bound} in ${preload.seconds.toFixed(1)} s, with ${preload.lost} lost and ${preload.refused} refused on the way` +
        (preload.retransmitted > 0 ? `, ${preload.retransmitted} queries sent again` : ''),
    );
  if (renewals.offeredRate > 0)
    lines.push(
      `Renewals: ${renewals.rate.toFixed(1)} a second, offered ${renewals.offeredRate}; ${renewals.lossPercent.toFixed(2)} % not answered by a lease`,
    );
  if (report.released > 0) lines.push(`Released: ${report.released}`);
  if (addresses)
    lines.push(
      `Addresses and prefixes held: ${addresses.held}; given to two clients: ${addresses.givenTwice}`,
    );
  if (report.refused > 0)
    lines.push(
      `Refused: ${Object.entries(report.refusals)
        .map(([reason, count]) => `${count} ${reason}`)
        .join(', ')}`,
    );
  lines.push(
    '',
    formatTable<[string, StageReport]>(
      [
        { title: 'latency in ms', cell: ([name]) => name },
        ...numberColumn('sent', ({ sent }) => String(sent)),
        ...(report.retransmitted > 0 ? numberColumn('again', (stage) => String(stage.retransmitted)) : []),
        ...numberColumn('answered', ({ answered }) => String(answered)),
        ...numberColumn('lost', ({ lost }) => String(lost)),
        ...numberColumn('refused', ({ refused }) => String(refused)),
        ...numberColumn('p50', ({ latency }) => ms(latency.p50)),
        ...numberColumn('p90', ({ latency }) => ms(latency.p90)),
        ...numberColumn('p99', ({ latency }) => ms(latency.p99)),
        ...numberColumn('max', ({ latency }) => ms(latency.max)),
      ],
      Object.entries(report.stages),
    ),
    '',
    `Generator: ${generator.cpuPercent.toFixed(0)} % of a core, queries left late by p99 ${ms(generator.lag.p99)} ms, ` +
      `max ${ms(generator.lag.max)} ms; answers too late or twice: ${generator.late}, other datagrams: ${generator.foreign}`,
  );
  if (generator.sendErrors > 0)
    lines.push(`Not sent: ${generator.sendErrors}, the last because: ${generator.lastSendError}`);
  return lines.join('\n');
}

function numberColumn(
  title: string,
  value: (stage: StageReport) => string,
): [{ title: string; cell: (row: [string, StageReport]) => string; align: 'right' }] {
  return [{ title, cell: ([, stage]) => value(stage), align: 'right' }];
}
