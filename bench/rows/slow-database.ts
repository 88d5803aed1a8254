// The database twenty milliseconds away: two edges on one subnet against the same two beside it.
import { join } from 'node:path';
import { databaseHostAddress } from '../lab/lab.ts';
import { startServerProcess } from '../lab/server-process.ts';
import { exchangesAt, highest, type LoadProbe } from './rates.ts';
import type { BenchRow } from './row.ts';

const roundTrip = 20;
const farPort = 3307;
const gentleRate = 500;

export const slowDatabase: BenchRow = {
  name: 'slow-database',
  title: `database ${roundTrip} ms away, two edges`,
  async run(context) {
    const { lab, flotilla } = context;
    const database = await lab.createDatabase(flotilla);
    const wire = await startServerProcess(
      lab.databaseHost,
      [
        process.execPath,
        '--import',
        'tsx',
        join(import.meta.dirname, '../lab/delay-proxy.ts'),
        databaseHostAddress,
        String(farPort),
        String(database.port),
        String(roundTrip),
      ],
      join(lab.directory('wire'), 'log'),
    );
    const measure = async (who: string, port: number): Promise<{ best: LoadProbe; gentle: LoadProbe }> => {
      const servers = await Promise.all(
        [0, 1].map((slot) => lab.serve(flotilla, slot, { database: { ...database, port } })),
      );
      const to = servers.map(({ address }) => address);
      const best = await highest(context, `flotilla ${who}`, 1_000, (rate, seconds) =>
        exchangesAt(context, to, rate, seconds),
      );
      const gentle = await exchangesAt(context, to, gentleRate, 4);
      for (const { process } of servers) await process.stop();
      return { best, gentle };
    };
    const near = await measure('near', database.port);
    const far = await measure('far', farPort);
    await wire.stop();
    await lab.dropDatabase(database);
    const share = far.best.rate / near.best.rate;
    const roundTrips = (far.gentle.report.stages['REQUEST-ACK']?.latency.p50 ?? Infinity) / roundTrip;
    return [
      {
        what: 'rate by that of a near database',
        unit: '×',
        better: 'more',
        flotilla: share,
        kea: null,
        bar: '≥ 0.5',
        met: share >= 0.5,
        note: `${far.best.rate.toFixed(0)}/s of ${near.best.rate.toFixed(0)}/s`,
      },
      {
        what: `p50 of an ACK at ${gentleRate}/s in round trips`,
        unit: '',
        better: 'less',
        flotilla: roundTrips,
        kea: null,
        bar: '≤ 3',
        met: roundTrips <= 3,
      },
    ];
  },
};
