// Renewals per second with less than one percent unanswered, nothing cached.
import { highest, renewalsAt, warm } from './rates.ts';
import { products, type BenchRow } from './row.ts';

export const renewals: BenchRow = {
  name: 'renewals',
  title: 'renewals per second under 1 % loss, leases in SQL, cache-threshold 0',
  families: [4, 6],
  async run(context) {
    const rates = new Map<string, number>();
    for (const product of products(context)) {
      const database = await context.lab.createDatabase(product);
      const server = await context.lab.serve(product, 0, { family: context.family, database });
      await warm(context, [server.address]);
      const best = await highest(context, `${product.name} renewals`, 1_000, (rate, seconds) =>
        renewalsAt(context, [server.address], rate, seconds),
      );
      rates.set(product.name, best.rate);
      await server.process.stop();
      await context.lab.dropDatabase(database);
    }
    const [ours, theirs] = [rates.get('flotilla')!, rates.get('kea') ?? null];
    return [
      {
        what: 'renewals',
        unit: '/s',
        better: 'more',
        flotilla: ours,
        kea: theirs,
        bar: '≥ 8 ×',
        met: theirs === null ? null : ours / theirs >= 8,
      },
    ];
  },
};
