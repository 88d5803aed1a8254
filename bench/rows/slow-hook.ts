// A hook library, and then a database of reservations, that takes 80 ms whenever it is asked: what is served of a fixed rate.
import { resolve } from 'node:path';
import { openFarDatabase } from '../lab/far-database.ts';
import { databaseAccess } from '../../test/support/daemon.ts';
import { exchangesAt, perfOf, warm, type LoadProbe } from './rates.ts';
import { products, type BenchContext, type BenchLine, type BenchRow } from './row.ts';

/** Milliseconds. */
export const slow = 80;
const offered = 1_500;
const bar = 1_490;
/** Clients of a product that cannot hold the rate, at once: more would only wait in its queue until nobody waits for them. */
const fewClients = 16;

const library = resolve(import.meta.dirname, '../lab/slow-hook.mjs');

export const slowHook: BenchRow = {
  name: 'slow-hook',
  title: `a hook or a host backend that takes ${slow} ms on every call, ${offered}/s offered`,
  families: [4],
  async run(context) {
    const { lab, flotilla } = context;
    const leases = await lab.createDatabase(flotilla);
    const hooks = { 'hooks-libraries': [{ library, parameters: { milliseconds: slow } }] };
    const server = await lab.serve(flotilla, 0, { database: leases, more: hooks });
    const hook = await fixedRate(context, server.address);
    await server.process.stop();
    await lab.dropDatabase(leases);

    const found = new Map<string, { readonly fixed: LoadProbe; readonly few: LoadProbe }>();
    for (const product of products(context)) {
      const database = await lab.createDatabase(product);
      const far = await openFarDatabase(lab, database, slow);
      const { process, address } = await lab.serve(product, 0, {
        database,
        more: { 'hosts-database': databaseAccess(far.address) },
      });
      const fixed = await fixedRate(context, address);
      found.set(product.name, { fixed, few: await closedLoop(context, address) });
      await process.stop();
      await far.stop();
      await lab.dropDatabase(database);
      context.progress(`${product.name}: ${found.get(product.name)!.few.rate.toFixed(1)}/s one by one`);
    }
    const [ours, theirs] = [found.get('flotilla')!, found.get('kea')];
    return [
      line('a hook library', hook, null, 'a Kea library would have to be compiled'),
      line('a host backend', ours.fixed, theirs?.fixed.rate ?? null),
      {
        what: `a host backend, ${fewClients} clients at a time`,
        unit: '/s',
        better: 'more',
        flotilla: ours.few.rate,
        kea: theirs?.few.rate ?? null,
        bar: '',
        met: null,
        note: 'what a server does that is not overrun',
      },
    ];
  },
};

function line(what: string, ours: LoadProbe, kea: number | null, more = ''): BenchLine {
  const p99 = Object.values(ours.report.stages).map(({ latency }) => latency.p99.toFixed(0));
  return {
    what: `served with ${what} of ${slow} ms`,
    unit: '/s',
    better: 'more',
    flotilla: ours.rate,
    kea,
    bar: `≥ ${bar}`,
    met: ours.rate >= bar,
    note: `Flotilla's p99 of OFFER and ACK: ${p99.join(' and ')} ms${more && `; ${more}`}`,
  };
}

async function fixedRate(context: BenchContext, server: string): Promise<LoadProbe> {
  await warm(context, [server]);
  const found = await exchangesAt(context, [server], offered, context.quick ? 10 : 20);
  context.progress(`${found.rate.toFixed(1)}/s of ${offered}, ${found.lossPercent.toFixed(2)} % lost`);
  return found;
}

/** Each answer brings the next client. */
function closedLoop(context: BenchContext, server: string): Promise<LoadProbe> {
  return perfOf(context, [server], ['--window', fewClients, '-p', 10, '-d', 5]);
}
