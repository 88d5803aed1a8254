// One client at a time, a hundred a second: batching must not make it wait.
import { exchangesAt, half, names, warm } from './rates.ts';
import { products, type BenchRow } from './row.ts';

const rate = 100;

interface Waits {
  readonly offer: number[];
  readonly ack: number[];
}

export const loneClient: BenchRow = {
  name: 'lone-client',
  title: `${rate} exchanges a second`,
  families: [4, 6],
  /** Both servers at once, measured in turn: what the machine does at one time it does to both. */
  async run(context) {
    const { family, quick, lab } = context;
    const runs = [];
    for (const [slot, product] of products(context).entries()) {
      const database = await lab.createDatabase(product);
      const server = await lab.serve(product, slot, { family, database });
      await warm(context, [server.address], { rate });
      const waits: Waits = { offer: [], ack: [] };
      runs.push({ product, database, server, waits });
    }
    for (let round = 0; round < (quick ? 5 : 9); round++) {
      for (const { product, server, waits } of runs) {
        const { report } = await exchangesAt(context, [server.address], rate, quick ? 5 : 10);
        for (const which of ['offer', 'ack'] as const)
          waits[which].push(half(context, report, which)!.latency.p50);
        context.progress(`${product.name}: OFFER ${waits.offer.at(-1)} ms, ACK ${waits.ack.at(-1)} ms`);
      }
    }
    for (const { server, database } of runs) {
      await server.process.stop();
      await lab.dropDatabase(database);
    }
    const [ours, theirs] = [runs.find(isFlotilla)!.waits, runs.find((run) => !isFlotilla(run))?.waits];
    return (['offer', 'ack'] as const).map((which) => ({
      what: `p50 of ${names[family][which]} at ${rate}/s`,
      unit: 'ms',
      better: 'less' as const,
      flotilla: median(ours[which]),
      kea: theirs ? median(theirs[which]) : null,
      bar: '≥ 1 ×',
      met: theirs ? median(ours[which]) <= median(theirs[which]) : null,
      note: 'median of rounds in turn',
    }));
  },
};

const isFlotilla = ({ product }: { readonly product: { readonly name: string } }): boolean =>
  product.name === 'flotilla';

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
