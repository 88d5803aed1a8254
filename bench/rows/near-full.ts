// A pool of 65,536 addresses, in DHCPv6 of as many prefixes, with 64 free against the same pool empty: what new clients wait.
import type { RowDataPacket } from 'mysql2/promise';
import type { Family } from '../../src/addr/family.ts';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { parseIpv6 } from '../../src/addr/ipv6.ts';
import { fillDatabase, type DatabaseFill } from '../lab/fill.ts';
import type { Served } from '../lab/lab.ts';
import type { BenchSubnet, Product } from '../lab/product.ts';
import { half, names, perfOf } from './rates.ts';
import { products, type BenchContext, type BenchRow } from './row.ts';

const size = 65_536;
const free = 64;
const rate = 50;
interface FamilyPool {
  readonly subnet: BenchSubnet;
  readonly first: DatabaseFill['first'];
  /** What clients ask for. */
  readonly letters: readonly string[];
}

const pools: Readonly<Record<Family, FamilyPool>> = {
  4: {
    subnet: { id: 1, subnet: '10.0.0.0/8', pool: '10.128.0.0-10.128.255.255' },
    first: parseIpv4('10.128.0.0'),
    letters: [],
  },
  6: {
    subnet: {
      id: 1,
      subnet: '2001:db8::/32',
      pool: '2001:db8:1::/64',
      pdPool: { prefix: '2001:db8:8000::', length: 40, delegatedLength: 56 },
    },
    first: { prefix: parseIpv6('2001:db8:8000::'), delegatedLength: 56 },
    letters: ['-e', 'prefix-only'],
  },
};
/** Seconds of the same load before: a server that just started is still finding out whether it is alone. */
const warmSeconds = 14;
/** An OFFER after this is none; long, so that what an address costs to find is seen and not cut off. */
const dropSeconds = 5;

/** Milliseconds: medians of the rounds. */
interface Waits {
  readonly offer: number;
  readonly ack: number;
  readonly lossPercent: number;
}

interface Found {
  readonly empty: Waits;
  readonly full: Waits;
  /** Addresses of the nearly full pool without a lease in force, before its rounds and after each. */
  readonly left: readonly number[];
}

export const nearFull: BenchRow = {
  name: 'near-full',
  title: `pool of ${size} with ${free} free, ${rate} new clients a second`,
  families: [4, 6],
  async run(context) {
    const { offer, ack } = names[context.family];
    const found = new Map<string, Found>();
    for (const product of products(context)) found.set(product.name, await measure(context, product));
    const [ours, theirs] = [found.get('flotilla')!, found.get('kea')];
    // Infinite where nobody was answered: no figure.
    const times = (found: Found | undefined, which: 'offer' | 'ack'): number | null => {
      const ratio = found ? found.full[which] / found.empty[which] : NaN;
      return Number.isFinite(ratio) ? ratio : null;
    };
    const offers = times(ours, 'offer');
    const waits = ({ empty, full }: Found): string =>
      `${full.offer.toFixed(1)} and ${empty.offer.toFixed(1)} ms`;
    return [
      {
        what: `p99 of ${offer}, near-full by empty pool`,
        unit: '×',
        better: 'less',
        flotilla: offers,
        kea: times(theirs, 'offer'),
        bar: '≤ 2, < 1 % lost',
        met: offers !== null && offers <= 2 && ours.full.lossPercent < 1,
        note:
          `the free ones lie evenly; for each client that comes an earlier one leaves: ${leftOf(found)} free; ` +
          `Flotilla ${waits(ours)}${theirs ? `, Kea ${waits(theirs)}` : ''}`,
      },
      {
        what: `p99 of ${ack}, the same`,
        unit: '×',
        better: 'less',
        flotilla: times(ours, 'ack'),
        kea: times(theirs, 'ack'),
        bar: '',
        met: null,
      },
      {
        what: `exchanges not completed, near-full, within ${dropSeconds} s`,
        unit: '%',
        better: 'less',
        flotilla: ours.full.lossPercent,
        kea: theirs?.full.lossPercent ?? null,
        bar: '',
        met: null,
      },
    ];
  },
};

/** Both pools at once, each on a database and a server of its own, measured in turn: what disturbs one disturbs the other. */
async function measure(context: BenchContext, product: Product): Promise<Found> {
  const { lab, quick, family } = context;
  const { subnet, first, letters: asked } = pools[family];
  const databases = [await lab.createDatabase(product), await lab.createDatabase(product)];
  await fillDatabase(lab.database.admin, databases[1]!.database, {
    first,
    count: size,
    subnetOf: () => 1,
    freeOf: size / free,
  });
  const servers: Served[] = [];
  for (const [slot, database] of databases.entries())
    servers.push(await lab.serve(product, slot, { family, database, subnets: [subnet] }));
  const load = async (which: number, seconds: number): Promise<Waits> => {
    // Addresses come free as fast as they are taken, or the pool would be full after little more than a second.
    const letters = ['-r', rate, '-F', rate, '-p', seconds, '-d', dropSeconds, ...asked];
    const { report, lossPercent } = await perfOf(context, [servers[which]!.address], letters);
    const p99 = (which: 'offer' | 'ack'): number => {
      const stage = half(context, report, which);
      return stage && stage.answered > 0 ? stage.latency.p99 : Infinity;
    };
    return { offer: p99('offer'), ack: p99('ack'), lossPercent };
  };
  const countLeft = async (): Promise<number> => {
    const [rows] = await lab.database.admin.query<RowDataPacket[]>(
      `SELECT COUNT(*) AS leases FROM ${databases[1]!.database}.lease${family} WHERE state = 0 AND expire > NOW()`,
    );
    return size - Number(rows[0]!['leases']);
  };
  const rounds: Record<'empty' | 'full', Waits[]> = { empty: [], full: [] };
  for (const which of [0, 1]) await load(which, warmSeconds);
  const left = [await countLeft()];
  for (let round = 0; round < (quick ? 2 : 4); round++) {
    rounds.empty.push(await load(0, 10));
    rounds.full.push(await load(1, 10));
    left.push(await countLeft());
    context.progress(
      `${product.name}: empty ${JSON.stringify(rounds.empty.at(-1))}, near-full ${JSON.stringify(rounds.full.at(-1))}, ${left.at(-1)} free`,
    );
  }
  for (const { process } of servers) await process.stop();
  for (const database of databases) await lab.dropDatabase(database);
  return { empty: typicalOf(rounds.empty), full: typicalOf(rounds.full), left };
}

const leftOf = (found: ReadonlyMap<string, Found>): string => {
  const left = Array.from(found.values()).flatMap((each) => each.left);
  return `${Math.min(...left)} to ${Math.max(...left)}`;
};

/** One round in four that was disturbed changes little. What was lost counts whenever it was. */
function typicalOf(rounds: readonly Waits[]): Waits {
  const half = rounds.length / 2;
  const median = (value: (round: Waits) => number): number => {
    const sorted = rounds.map(value).sort((a, b) => a - b);
    return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
  };
  return {
    offer: median(({ offer }) => offer),
    ack: median(({ ack }) => ack),
    lossPercent: rounds.reduce((sum, round) => sum + round.lossPercent, 0) / rounds.length,
  };
}
