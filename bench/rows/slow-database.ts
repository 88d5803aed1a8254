// The database twenty milliseconds away: two edges on one subnet against the same two beside it.
import type { DatabaseAddress } from '../../src/db/address.ts';
import { openFarDatabase } from '../lab/far-database.ts';
import type { Product } from '../lab/product.ts';
import { exchangesAt, half, highest, warm, type LoadProbe } from './rates.ts';
import { products, type BenchContext, type BenchRow } from './row.ts';

/** Milliseconds. */
const roundTrip = 20;
const gentleRate = 500;

interface Found {
  readonly near: LoadProbe;
  readonly far: LoadProbe;
  /** p50 of an ACK from far away at the gentle rate. */
  readonly roundTrips: number;
}

export const slowDatabase: BenchRow = {
  name: 'slow-database',
  title: `database ${roundTrip} ms away, two edges`,
  families: [4],
  async run(context) {
    const found = new Map<string, Found>();
    for (const product of products(context)) found.set(product.name, await measure(context, product));
    const [ours, theirs] = [found.get('flotilla')!, found.get('kea')];
    const share = ({ near, far }: Found): number => far.rate / near.rate;
    const rates = ({ near, far }: Found): string => `${far.rate.toFixed(0)}/s of ${near.rate.toFixed(0)}/s`;
    return [
      {
        what: 'rate by that of a near database',
        unit: '×',
        better: 'more',
        flotilla: share(ours),
        kea: theirs ? share(theirs) : null,
        bar: '≥ 0.5',
        met: share(ours) >= 0.5,
        note: `Flotilla ${rates(ours)}${theirs ? `, Kea ${rates(theirs)}` : ''}`,
      },
      {
        what: 'two edges, database far away',
        unit: '/s',
        better: 'more',
        flotilla: ours.far.rate,
        kea: theirs?.far.rate ?? null,
        bar: '',
        met: null,
      },
      {
        what: `p50 of an ACK at ${gentleRate}/s in round trips`,
        unit: '',
        better: 'less',
        flotilla: ours.roundTrips,
        kea: theirs?.roundTrips ?? null,
        bar: '≤ 3',
        met: ours.roundTrips <= 3,
      },
    ];
  },
};

/** Two pairs of edges, the far one by a wire: the searches take turns. */
async function measure(context: BenchContext, product: Product): Promise<Found> {
  const { lab } = context;
  const [near, behind] = [await lab.createDatabase(product), await lab.createDatabase(product)];
  const wire = await openFarDatabase(lab, behind, roundTrip);
  const edges = async (slots: readonly number[], database: DatabaseAddress) => {
    const servers = await Promise.all(slots.map((slot) => lab.serve(product, slot, { database })));
    const to = servers.map(({ address }) => address);
    await warm(context, to);
    return { servers, to };
  };
  const beside = await edges([0, 1], near);
  const away = await edges([2, 3], wire.address);
  const gentle = await exchangesAt(context, away.to, gentleRate, 4);
  const ack = half(context, gentle.report, 'ack');
  const roundTrips = ack && ack.answered > 0 ? ack.latency.p50 / roundTrip : Infinity;
  context.progress(
    `${product.name} far: an ACK at ${gentleRate}/s after ${roundTrips.toFixed(1)} round trips`,
  );
  const search = (who: string, to: readonly string[]): Promise<LoadProbe> =>
    highest(context, `${product.name} ${who}`, 1_000, (rate, seconds) =>
      exchangesAt(context, to, rate, seconds),
    );
  const [best, far] = await Promise.all([search('near', beside.to), search('far', away.to)]);
  for (const { process } of [...beside.servers, ...away.servers]) await process.stop();
  await wire.stop();
  for (const database of [near, behind]) await lab.dropDatabase(database);
  return { near: best, far, roundTrips };
}
