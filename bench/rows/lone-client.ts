// One client at a time, a hundred a second: batching must not make it wait.
import { exchangesAt, half, names, warm } from './rates.ts';
import { products, type BenchRow } from './row.ts';

const rate = 100;

export const loneClient: BenchRow = {
  name: 'lone-client',
  title: `${rate} exchanges a second`,
  families: [4, 6],
  async run(context) {
    const { family } = context;
    const found = new Map<string, { readonly offer: number; readonly ack: number }>();
    for (const product of products(context)) {
      const database = await context.lab.createDatabase(product);
      const server = await context.lab.serve(product, 0, { family, database });
      await warm(context, [server.address], { rate });
      const { report } = await exchangesAt(context, [server.address], rate, context.quick ? 5 : 20);
      found.set(product.name, {
        offer: half(context, report, 'offer')!.latency.p50,
        ack: half(context, report, 'ack')!.latency.p50,
      });
      await server.process.stop();
      await context.lab.dropDatabase(database);
    }
    const [ours, theirs] = [found.get('flotilla')!, found.get('kea')];
    return (['offer', 'ack'] as const).map((which) => ({
      what: `p50 of ${names[family][which]} at ${rate}/s`,
      unit: 'ms',
      better: 'less' as const,
      flotilla: ours[which],
      kea: theirs?.[which] ?? null,
      bar: '≥ 1 ×',
      met: theirs ? ours[which] <= theirs[which] : null,
    }));
  },
};
