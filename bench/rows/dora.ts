// New exchanges per second with less than one percent lost: leases in the shared database and in memfile; perfdhcp agrees.
import { perfdhcp } from '../lab/load.ts';
import type { Product } from '../lab/product.ts';
import { programsMissing } from '../../test/support/netns.ts';
import { exchangesAt, highest, warm, type LoadProbe } from './rates.ts';
import { products, type BenchContext, type BenchLine, type BenchRow } from './row.ts';

interface Found extends LoadProbe {
  /** Bytes, at the end. */
  readonly rss: number;
  /** What perfdhcp found at nine tenths of the rate. */
  readonly crossCheck: string;
}

export const dora: BenchRow = {
  name: 'dora',
  title: 'four-way exchanges per second under 1 % loss',
  async run(context) {
    const sql = await measureAll(context, 'mysql');
    const memfile = await measureAll(context, 'memfile');
    const [ours, theirs] = [sql.get('flotilla')!, sql.get('kea')];
    const [oursMemfile, theirsMemfile] = [memfile.get('flotilla')!, memfile.get('kea')];
    const ratio = theirs ? ours.rate / theirs.rate : null;
    const againstMemfile = theirsMemfile ? ours.rate / theirsMemfile.rate : null;
    return [
      {
        what: 'exchanges, leases in SQL',
        unit: '/s',
        better: 'more',
        flotilla: ours.rate,
        kea: theirs?.rate ?? null,
        bar: '≥ 8 ×',
        met: ratio === null ? null : ratio >= 8,
        note: `perfdhcp: Flotilla ${ours.crossCheck}${theirs ? `, Kea ${theirs.crossCheck}` : ''}`,
      },
      {
        what: 'the same against Kea with memfile',
        unit: '/s',
        better: 'more',
        flotilla: ours.rate,
        kea: theirsMemfile?.rate ?? null,
        bar: '≥ 1 ×',
        met: againstMemfile === null ? null : againstMemfile >= 1,
        note: 'Kea does not flush its lease file to the disk',
      },
      line('exchanges, leases in memfile', '/s', 'more', oursMemfile.rate, theirsMemfile?.rate),
      latency('p50 of an OFFER at that rate', ours, theirs, (found) => stage(found, 'DISCOVER-OFFER').p50),
      latency('p99 of an OFFER at that rate', ours, theirs, (found) => stage(found, 'DISCOVER-OFFER').p99),
      latency('p50 of an ACK at that rate', ours, theirs, (found) => stage(found, 'REQUEST-ACK').p50),
      latency('p99 of an ACK at that rate', ours, theirs, (found) => stage(found, 'REQUEST-ACK').p99),
      line('memory after it (RSS)', 'MB', 'less', ours.rss / 1e6, theirs && theirs.rss / 1e6),
    ];
  },
};

/** Servers of all products run, measured one after the other. */
async function measureAll(
  context: BenchContext,
  store: 'mysql' | 'memfile',
): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  for (const product of products(context)) found.set(product.name, await measure(context, product, store));
  return found;
}

async function measure(context: BenchContext, product: Product, store: 'mysql' | 'memfile'): Promise<Found> {
  const { lab } = context;
  const database = store === 'mysql' ? await lab.createDatabase(product) : null;
  const server = await lab.serve(product, 0, { database });
  try {
    await warm(context, [server.address]);
    const who = `${product.name} ${store}`;
    const best = await highest(context, who, 1_000, (rate, seconds) =>
      exchangesAt(context, [server.address], rate, seconds),
    );
    const rss = server.process.rss();
    let crossCheck = 'not installed';
    if (programsMissing('perfdhcp') === false) {
      const check = await perfdhcp(
        lab.load,
        server.address,
        Math.round(best.rate * 0.9),
        context.quick ? 3 : 8,
      );
      crossCheck = check
        ? `${check.rate.toFixed(0)}/s of ${(best.rate * 0.9).toFixed(0)}, ${check.lossPercent.toFixed(1)} % lost`
        : 'no result';
      context.progress(`${who}: perfdhcp ${crossCheck}`);
    }
    return { ...best, rss, crossCheck };
  } finally {
    await server.process.stop();
    if (database) await lab.dropDatabase(database);
  }
}

const stage = (found: LoadProbe, name: string): { readonly p50: number; readonly p99: number } =>
  found.report.stages[name]?.latency ?? { p50: 0, p99: 0 };

function latency(
  what: string,
  ours: LoadProbe,
  theirs: LoadProbe | undefined,
  value: (found: LoadProbe) => number,
): BenchLine {
  return line(what, 'ms', 'less', value(ours), theirs && value(theirs));
}

function line(
  what: string,
  unit: string,
  better: BenchLine['better'],
  ours: number,
  theirs: number | undefined,
): BenchLine {
  return { what, unit, better, flotilla: ours, kea: theirs ?? null, bar: '', met: null };
}
