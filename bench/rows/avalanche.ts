// After an outage: clients that lost their leases all come in the same moment, to a server whose host backend is slow.
import { openFarDatabase } from '../lab/far-database.ts';
import type { Product } from '../lab/product.ts';
import { databaseAccess } from '../../test/support/daemon.ts';
import type { PerfReport } from '../../src/tools/perf/report.ts';
import { perfOf, warm } from './rates.ts';
import { products, type BenchContext, type BenchRow } from './row.ts';
import { slow } from './slow-hook.ts';

const clients = 10_000;
const bar = 15;
/** Seconds until who is not bound is no longer waited for: a server may need a quarter of an hour. */
const patience = 60;

export const avalanche: BenchRow = {
  name: 'avalanche',
  title: `${clients} clients at once, host backend of ${slow} ms`,
  families: [4],
  async run(context) {
    const found = new Map<string, PerfReport>();
    for (const product of products(context)) found.set(product.name, await measure(context, product));
    const [ours, theirs] = [found.get('flotilla')!, found.get('kea')];
    const all = ours.addresses!.held === clients;
    return [
      {
        what: 'all of them bound after',
        unit: 's',
        better: 'less',
        flotilla: all ? ours.seconds : null,
        kea: theirs && theirs.addresses!.held === clients ? theirs.seconds : null,
        bar: `≤ ${bar}`,
        met: all && ours.seconds <= bar,
        note: `${ours.retransmitted} queries sent again${theirs ? `, Kea's clients ${theirs.retransmitted}` : ''}`,
      },
      {
        what: `of them bound within ${patience} s`,
        unit: '',
        better: 'more',
        flotilla: ours.addresses!.held,
        kea: theirs?.addresses!.held ?? null,
        bar: String(clients),
        met: all,
      },
      {
        what: 'addresses given to two of them',
        unit: '',
        better: 'less',
        flotilla: ours.addresses!.givenTwice,
        kea: theirs?.addresses!.givenTwice ?? null,
        bar: '0',
        met: ours.addresses!.givenTwice === 0,
      },
    ];
  },
};

async function measure(context: BenchContext, product: Product): Promise<PerfReport> {
  const { lab } = context;
  const database = await lab.createDatabase(product);
  const far = await openFarDatabase(lab, database, slow);
  const server = await lab.serve(product, 0, {
    database,
    more: { 'hosts-database': databaseAccess(far.address) },
  });
  // Gently: a server that answers ten a second must not have the warming in its queue.
  await warm(context, [server.address], { rate: 5 });
  const letters = ['-n', clients, '--window', clients, '--retransmit', '-d', patience, '-u'];
  const { report } = await perfOf(context, [server.address], letters, clients);
  await server.process.stop();
  await far.stop();
  await lab.dropDatabase(database);
  const completed = report.bySecond.map((second) => second.completed).join(' ');
  context.progress(
    `${product.name}: ${report.addresses!.held} bound after ${report.seconds.toFixed(1)} s; by second ${completed}`,
  );
  return report;
}
