// A start with many leases and subnets: time until it serves, and memory.
import { join } from 'node:path';
import { fillDatabase, fillLeaseFile, type FillOptions } from '../lab/fill.ts';
import type { BenchSubnet } from '../lab/product.ts';
import { products, type BenchLine, type BenchRow } from './row.ts';

const subnetCount = 10_000;
/** Of each subnet, so that 10,000 of them hold a million. */
const leasesPerSubnet = 256;
const first = 0x0b00_0000; // 11.0.0.0

const subnets: readonly BenchSubnet[] = Array.from({ length: subnetCount }, (_, i) => {
  const prefix = `11.${i >> 8}.${i & 255}`;
  return { id: i + 1, subnet: `${prefix}.0/24`, pool: `${prefix}.0-${prefix}.255` };
});

interface Found {
  readonly seconds: number;
  readonly megabytes: number;
}

export const restart: BenchRow = {
  name: 'restart',
  title: 'start with many leases and 10,000 subnets',
  families: [4],
  async run(context) {
    const { lab, quick } = context;
    const leases = quick ? 200_000 : 1_000_000;
    const fill: FillOptions = {
      first,
      count: leases,
      subnetOf: (n) => Math.floor(n / leasesPerSubnet) + 1,
    };
    const found = new Map<string, Found>();
    for (const product of products(context)) {
      const database = await lab.createDatabase(product);
      await fillDatabase(lab.database.admin, database.database, fill);
      const sql = await lab.serve(product, 0, { database, subnets });
      found.set(`${product.name} mysql`, {
        seconds: sql.process.startedIn / 1000,
        megabytes: sql.process.rss() / 1e6,
      });
      await sql.process.stop();
      await lab.dropDatabase(database);

      const directory = lab.directory(`${product.name}-memfile`);
      await fillLeaseFile(join(directory, product.leaseFile), fill);
      const file = await lab.serve(product, 0, { database: null, subnets, directory });
      found.set(`${product.name} memfile`, {
        seconds: file.process.startedIn / 1000,
        megabytes: file.process.rss() / 1e6,
      });
      await file.process.stop();
      context.progress(`${product.name}: ${JSON.stringify([...found])}`);
    }
    return (['mysql', 'memfile'] as const).flatMap((store): BenchLine[] => {
      const [ours, theirs] = [found.get(`flotilla ${store}`)!, found.get(`kea ${store}`)];
      const [seconds, megabytes] = store === 'mysql' ? [3, 300] : [10, 1000];
      return [
        {
          what: `${leases} leases in ${store}: serving after`,
          unit: 's',
          better: 'less',
          flotilla: ours.seconds,
          kea: theirs?.seconds ?? null,
          bar: `≤ ${seconds}`,
          met: ours.seconds <= seconds,
        },
        {
          what: `${leases} leases in ${store}: RSS`,
          unit: 'MB',
          better: 'less',
          flotilla: ours.megabytes,
          kea: theirs?.megabytes ?? null,
          bar: `≤ ${megabytes}`,
          met: ours.megabytes <= megabytes,
        },
      ];
    });
  },
};
