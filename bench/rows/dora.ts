// New exchanges per second with less than one percent lost: leases in the shared database and in memfile; perfdhcp agrees.
import { perfdhcp } from '../lab/load.ts';
import type { Product } from '../lab/product.ts';
import { programsMissing } from '../../test/support/netns.ts';
import { addressAndPrefix, exchangesAt, half, highest, names, warm, type LoadProbe } from './rates.ts';
import { products, type BenchContext, type BenchLine, type BenchRow } from './row.ts';

interface Found extends LoadProbe {
  /** Bytes, at the end. */
  readonly rss: number;
  /** What perfdhcp found at nine tenths of the rate. */
  readonly crossCheck: string;
}

interface Variant {
  readonly name: string;
  readonly store: 'mysql' | 'memfile';
  /** What clients ask for besides an address. */
  readonly letters: readonly string[];
}

const inSql: Variant = { name: 'mysql', store: 'mysql', letters: [] };
const inMemfile: Variant = { name: 'memfile', store: 'memfile', letters: [] };
const bothInSql: Variant = { name: 'mysql, IA_NA and IA_PD', store: 'mysql', letters: addressAndPrefix };

export const dora: BenchRow = {
  name: 'dora',
  title: 'four-way exchanges per second under 1 % loss',
  families: [4, 6],
  async run(context) {
    const { family } = context;
    const sql = await measureAll(context, inSql);
    const both = family === 6 ? await measureAll(context, bothInSql) : null;
    const memfile = await measureAll(context, inMemfile);
    const [ours, theirs] = [sql.get('flotilla')!, sql.get('kea')];
    const [oursMemfile, theirsMemfile] = [memfile.get('flotilla')!, memfile.get('kea')];
    const againstMemfile = theirsMemfile ? ours.rate / theirsMemfile.rate : null;
    const latency = (which: 'offer' | 'ack', share: 'p50' | 'p99'): BenchLine => {
      const of = ({ report }: LoadProbe): number => half(context, report, which)?.latency[share] ?? 0;
      const what = `${share} of ${names[family][which]} at that rate`;
      return line(what, 'ms', 'less', of(ours), theirs && of(theirs));
    };
    return [
      rates('exchanges, leases in SQL', ours, theirs, 8),
      ...(both ? [rates('the same with a prefix each', both.get('flotilla')!, both.get('kea'), 6)] : []),
      {
        what: 'exchanges, against Kea with memfile',
        unit: '/s',
        better: 'more',
        flotilla: ours.rate,
        kea: theirsMemfile?.rate ?? null,
        bar: '≥ 1 ×',
        met: againstMemfile === null ? null : againstMemfile >= 1,
        note: 'Kea does not flush its lease file to the disk',
      },
      line('exchanges, leases in memfile', '/s', 'more', oursMemfile.rate, theirsMemfile?.rate),
      latency('offer', 'p50'),
      latency('offer', 'p99'),
      latency('ack', 'p50'),
      latency('ack', 'p99'),
      line('memory after it (RSS)', 'MB', 'less', ours.rss / 1e6, theirs && theirs.rss / 1e6),
    ];
  },
};

/** Servers of all products run, measured one after the other. */
async function measureAll(context: BenchContext, variant: Variant): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  for (const product of products(context)) found.set(product.name, await measure(context, product, variant));
  return found;
}

async function measure(context: BenchContext, product: Product, variant: Variant): Promise<Found> {
  const { lab, family } = context;
  const { name, store, letters } = variant;
  const database = store === 'mysql' ? await lab.createDatabase(product) : null;
  const server = await lab.serve(product, 0, { family, database });
  try {
    await warm(context, [server.address], { more: letters });
    const who = `${product.name} ${name}`;
    const best = await highest(context, who, 1_000, (rate, seconds) =>
      exchangesAt(context, [server.address], rate, seconds, letters),
    );
    const rss = server.process.rss();
    let crossCheck = 'not installed';
    if (programsMissing('perfdhcp') === false) {
      const check = await perfdhcp(
        lab.load,
        server.address,
        Math.round(best.rate * 0.9),
        context.quick ? 3 : 8,
        letters,
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

function rates(what: string, ours: Found, theirs: Found | undefined, bar: number): BenchLine {
  const ratio = theirs ? ours.rate / theirs.rate : null;
  return {
    ...line(what, '/s', 'more', ours.rate, theirs?.rate),
    bar: `≥ ${bar} ×`,
    met: ratio === null ? null : ratio >= bar,
    note: `perfdhcp: Flotilla ${ours.crossCheck}${theirs ? `, Kea ${theirs.crossCheck}` : ''}`,
  };
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
