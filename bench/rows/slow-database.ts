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

async function measure(context: BenchContext, product: Product): Promise<Found> {
  const { lab } = context;
  const near = await lab.createDatabase(product);
  const wire = await openFarDatabase(lab, near, roundTrip);
  const edges = async (
    who: string,
    database: DatabaseAddress,
  ): Promise<{ readonly best: LoadProbe; readonly gentle: LoadProbe }> => {
    const servers = await Promise.all([0, 1].map((slot) => lab.serve(product, slot, { database })));
    const to = servers.map(({ address }) => address);
    await warm(context, to);
    const gentle = await exchangesAt(context, to, gentleRate, 4);
    const best = await highest(context, `${product.name} ${who}`, 1_000, (rate, seconds) =>
      exchangesAt(context, to, rate, seconds),
    );
    for (const { process } of servers) await process.stop();
    return { best, gentle };
  };
  const beside = await edges('near', near);
  const away = await edges('far', wire.address);
  await wire.stop();
  await lab.dropDatabase(near);
  const ack = half(context, away.gentle.report, 'ack');
  return {
    near: beside.best,
    far: away.best,
    roundTrips: ack && ack.answered > 0 ? ack.latency.p50 / roundTrip : Infinity,
  };
}
