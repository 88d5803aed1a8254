// Two servers on one pool, in DHCPv6 a pool and a prefix pool, against one, in turn: what both serve together, and whether a client ever hears no after an offer.
import type { Product } from '../lab/product.ts';
import { balancedRate } from '../lab/search.ts';
import { addressAndPrefix, exchangesAt, highest, warm, type LoadProbe } from './rates.ts';
import { products, type BenchContext, type BenchRow } from './row.ts';

interface Found {
  /** Exchanges per second, held in half of the runs. */
  readonly one: number;
  readonly two: number;
  /** In all runs of the two, and at the rate of the one. */
  readonly refused: number;
}

const runs = 12;

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
        flotilla: share(ours),
        kea: theirs ? share(theirs) : null,
        bar: '≥ 0.9',
        met: share(ours) >= 0.9,
        note: `rates that are held in half of ${runs} runs, in turn: Flotilla ${about(ours)}${theirs ? `, Kea ${about(theirs)}` : ''}`,
      },
      {
        what: 'two servers together',
        unit: '/s',
        better: 'more',
        flotilla: ours.two,
        kea: theirs?.two ?? null,
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
        note: 'in all these runs, and at the rate that one server holds alone',
      },
    ];
  },
};

const share = ({ one, two }: Found): number => two / one;
const about = ({ one, two }: Found): string => `${two.toFixed(0)}/s by ${one.toFixed(0)}/s`;

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
  const begin = await Promise.all([search('alone', alone.addresses), search('two', both.addresses)]);
  const balanced = (who: string, to: readonly string[], { rate }: LoadProbe) =>
    balancedRate({
      probe: (at, seconds) => exchangesAt(context, to, at, seconds, more),
      from: rate,
      seconds: context.quick ? 3 : 5,
      runs,
      progress: (text) => context.progress(`${product.name} ${who}: ${text}`),
    });
  const [one, two] = await Promise.all([
    balanced('alone', alone.addresses, begin[0]),
    balanced('two', both.addresses, begin[1]),
  ]);
  // What one server holds alone may be much more than two do.
  const together = await exchangesAt(
    context,
    both.addresses,
    Math.round(one.rate),
    context.quick ? 5 : 10,
    more,
  );
  context.progress(
    `${product.name} two: at ${one.rate.toFixed(0)}/s ${together.lossPercent.toFixed(2)} % lost, ${together.report.refused} refused`,
  );
  const refused = [...two.probes, together].reduce((sum, { report }) => sum + report.refused, 0);
  // Why, in the servers' own words.
  if (refused > 0)
    for (const { process } of both.servers)
      for (const line of process.logLines(/NAK|ALLOC_FAIL/, 3)) context.progress(`${product.name}: ${line}`);
  for (const { servers, database } of [alone, both]) {
    for (const { process } of servers) await process.stop();
    await lab.dropDatabase(database);
  }
  return { one: one.rate, two: two.rate, refused };
}
