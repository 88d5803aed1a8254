// Four servers drive one pool to its last address: every address used, none twice, nobody refused.
import type { RowDataPacket } from 'mysql2/promise';
import { perf } from '../lab/load.ts';
import { products, type BenchLine, type BenchRow } from './row.ts';

/** Seconds for each product: servers that collide get slower the fuller the pool is, and need not come to an end. */
const limit = 180;

interface Figures {
  /** Every client was bound within the limit. */
  readonly full: boolean;
  readonly left: number;
  readonly twice: number;
  readonly refused: number;
  readonly seconds: number;
}

export const fullPool: BenchRow = {
  name: 'full-pool',
  title: 'four servers, one pool driven to 100 % full',
  families: [4],
  async run(context) {
    const { lab, quick } = context;
    const addresses = quick ? 4_096 : 65_536;
    const pool = quick ? '10.128.0.0-10.128.15.255' : '10.128.0.0-10.128.255.255';
    const figures = new Map<string, Figures>();
    for (const product of products(context)) {
      const database = await lab.createDatabase(product);
      const subnets = [{ id: 1, subnet: '10.0.0.0/8', pool }];
      const servers = await Promise.all(
        [0, 1, 2, 3].map((slot) => lab.serve(product, slot, { database, subnets })),
      );
      const letters = ['-r', 0, '-p', 1, '-R', addresses, '-P', addresses, '-b', lab.clients.take(addresses)];
      const report = await perf(
        lab.load,
        servers.map(({ address }) => address),
        [...letters, '-u', '-d', 2, '--window', 256],
        limit,
      );
      const [[row]] = (await lab.database.admin.query(
        `SELECT COUNT(*) AS leases, COUNT(DISTINCT hwaddr) AS clients FROM ${database.database}.lease4 WHERE state = 0`,
      )) as unknown as [[RowDataPacket]];
      context.progress(
        `${product.name}: ${String(row['leases'])} leases of ${String(row['clients'])} clients, ${JSON.stringify(report.preload)}`,
      );
      figures.set(product.name, {
        full: report.preload?.bound === addresses,
        left: addresses - Math.min(Number(row['leases']), Number(row['clients'])),
        twice: report.addresses?.givenTwice ?? 0,
        refused: report.preload?.refused ?? 0,
        seconds: report.preload?.seconds ?? 0,
      });
      for (const { process } of servers) await process.stop();
      await lab.dropDatabase(database);
    }
    const [ours, theirs] = [figures.get('flotilla')!, figures.get('kea')];
    const within = theirs?.full === false ? `Kea was stopped after ${limit} s` : undefined;
    const none = (what: string, value: (figures: Figures) => number): BenchLine => ({
      what,
      unit: '',
      better: 'less',
      flotilla: value(ours),
      kea: theirs ? value(theirs) : null,
      bar: '0',
      met: value(ours) === 0,
      ...(within !== undefined && { note: within }),
    });
    return [
      none('addresses without a client of their own', ({ left }) => left),
      none('addresses given to two clients', ({ twice }) => twice),
      none('REQUESTs refused', ({ refused }) => refused),
      {
        what: `time to fill ${addresses} addresses`,
        unit: 's',
        better: 'less',
        flotilla: ours.full ? ours.seconds : null,
        kea: theirs?.full ? theirs.seconds : null,
        bar: '',
        met: null,
        ...(within !== undefined && { note: within }),
      },
    ];
  },
};
