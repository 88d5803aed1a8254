// Two servers on one pool, in DHCPv6 a pool and a prefix pool, against one, in turn: what both serve together, and whether a client ever hears no after an offer.
import type { Product } from '../lab/product.ts';
import { addressAndPrefix, exchangesAt, highest, warm, type LoadProbe } from './rates.ts';
import { products, type BenchContext, type BenchRow } from './row.ts';

interface Found {
  readonly share: number;
  readonly two: LoadProbe;
  /** At the rate that one server holds, for as long as the confirmation. */
  readonly refused: number;
}

export const twoServers: BenchRow = {
  name: 'two-servers',
  title: 'two servers, one pool',
  families: [4, 6],
  async run(context) {
    const found = new Map<string, Found>();
    for (const product of products(context)) found.set(product.name, await measure(context, product));
    const [ours, theirs] = [found.get('flotilla')!, found.get('kea')];
    return [
      {
        what: 'rate of two servers by that of one',
        unit: '×',
        better: 'more',
        flotilla: ours.share,
        kea: theirs?.share ?? null,
        bar: '≥ 0.9',
        met: ours.share >= 0.9,
      },
      {
        what: 'two servers together',
        unit: '/s',
        better: 'more',
        flotilla: ours.two.rate,
        kea: theirs?.two.rate ?? null,
        bar: '',
        met: null,
      },
      {
        what:
          context.family === 4
            ? 'REQUESTs refused after an offer'
            : 'queries refused: NoAddrsAvail, NoPrefixAvail …',
        unit: '',
        better: 'less',
        flotilla: ours.refused,
        kea: theirs?.refused ?? null,
        bar: '0',
        met: ours.refused === 0,
        note: 'at the highest rate of the two, and at the rate that one server holds alone',
      },
    ];
  },
};

/** One server on a database, two on another: the searches take turns, so that the machine is the same for both. */
async function measure(context: BenchContext, product: Product): Promise<Found> {
  const { lab, family } = context;
  // An address and a prefix each: the two are set aside together or not at all.
  const more = family === 6 ? addressAndPrefix : [];
  const serve = async (slots: readonly number[]) => {
    const database = await lab.createDatabase(product);
    const servers = await Promise.all(slots.map((slot) => lab.serve(product, slot, { family, database })));
    const addresses = servers.map(({ address }) => address);
    await warm(context, addresses, { more });
    return { database, servers, addresses };
  };
  const alone = await serve([0]);
  const both = await serve([1, 2]);
  const search = (who: string, to: readonly string[]): Promise<LoadProbe> =>
    highest(context, `${product.name} ${who}`, 1_000, (rate, seconds) =>
      exchangesAt(context, to, rate, seconds, more),
    );
  const [one, two] = await Promise.all([search('alone', alone.addresses), search('two', both.addresses)]);
  const seconds = context.quick ? 5 : 10;
  const together = await exchangesAt(context, both.addresses, Math.round(one.rate), seconds, more);
  const refused = together.report.refused + two.report.refused;
  context.progress(
    `${product.name}: refused ${two.report.refused} at ${two.rate.toFixed(0)}/s and ${together.report.refused} at ` +
      `${one.rate.toFixed(0)}/s, where ${together.lossPercent.toFixed(2)} % were not completed`,
  );
  // Why, in the servers' own words.
  if (refused > 0)
    for (const { process } of both.servers)
      for (const line of process.logLines(/NAK|ALLOC_FAIL/, 3)) context.progress(`${product.name}: ${line}`);
  for (const { servers, database } of [alone, both]) {
    for (const { process } of servers) await process.stop();
    await lab.dropDatabase(database);
  }
  return { share: two.rate / one.rate, two, refused };
}
