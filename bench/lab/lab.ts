// The lab of a run: one network for DHCP, one for the database, hosts in namespaces, everything removed at the end.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Family } from '../../src/addr/family.ts';
import type { DatabaseAddress } from '../../src/db/address.ts';
import { createNetwork, type Host } from '../../test/support/netns.ts';
import { openBenchDatabase, type BenchDatabase } from './database-server.ts';
import { ClientSupply } from './load.ts';
import type { BenchSubnet, Product } from './product.ts';
import type { ServerProcess } from './server-process.ts';

/** A server of a product that serves. */
export interface Served {
  readonly product: Product;
  readonly process: ServerProcess;
  /** Where clients reach it. */
  readonly address: string;
}

export interface Lab {
  readonly database: BenchDatabase;
  readonly databaseHost: Host;
  /** Where the load comes from. */
  readonly load: Host;
  readonly clients: ClientSupply;
  /** A database with the product's own schema. */
  createDatabase(product: Product): Promise<DatabaseAddress>;
  dropDatabase(database: DatabaseAddress): Promise<void>;
  /** `slot` 0…3 says which of the hosts. */
  serve(product: Product, slot: number, options: ServeOptions): Promise<Served>;
  /** Ends what a row that failed has left. */
  stopServers(): Promise<void>;
  /** A directory that is removed with the lab. */
  directory(name: string): string;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** 4 when left out. */
  readonly family?: Family;
  /** Null: memfile. */
  readonly database: DatabaseAddress | null;
  readonly subnets?: readonly BenchSubnet[];
  readonly directory?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The relay of the load is inside, so every exchange is for this subnet; the pools are never used up. */
export const wideSubnets: Readonly<Record<Family, BenchSubnet>> = {
  4: { id: 1, subnet: '10.0.0.0/8', pool: '10.128.0.0-10.191.255.255' },
  6: {
    id: 1,
    subnet: '2001:db8::/32',
    pool: '2001:db8:1::/64',
    pdPool: { prefix: '2001:db8:8000::', length: 33, delegatedLength: 56 },
  },
};
export const databaseHostAddress = '10.98.0.1';
const hosts = 4;
/** Addresses on the network for DHCP, with the lengths of their prefixes. */
const relayAddresses = ['10.99.0.100/16', '2001:db8:99::100/48'];
const serverAddress = (slot: number): Readonly<Record<Family, string>> => ({
  4: `10.99.0.${slot + 1}`,
  6: `2001:db8:99::${slot + 1}`,
});

/** `databaseRoot`: a chroot whose mysqld is used instead of the installed server; '' for none. */
export async function openLab(parent: string, databaseRoot = ''): Promise<Lab> {
  mkdirSync(parent, { recursive: true });
  const root = mkdtempSync(join(parent, 'lab-'));
  const network = createNetwork();
  let database: BenchDatabase | undefined;
  const servers = new Set<ServerProcess>();
  const stopServers = async (): Promise<void> => {
    await Promise.all([...servers].map((server) => server.stop()));
    servers.clear();
  };
  // Once, whether the run ends or is interrupted: whoever comes second waits for the first.
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll());
  const closeAll = async (): Promise<void> => {
    await stopServers();
    await database?.stop();
    network.close();
    rmSync(root, { recursive: true, force: true });
  };
  try {
    const databaseHost = network.host('db', 'data', `${databaseHostAddress}/24`);
    const load = network.host('load', 'lan', ...relayAddresses);
    const serverHosts = Array.from({ length: hosts }, (_, slot) => {
      const addresses = serverAddress(slot);
      const host = network.host(`server${slot}`, 'lan', `${addresses[4]}/16`, `${addresses[6]}/48`);
      network.attach(host, 'data', `10.98.0.${slot + 11}/24`);
      return host;
    });
    database = await openBenchDatabase(
      join(root, 'database'),
      databaseHost,
      databaseHostAddress,
      databaseRoot,
    );
    const { admin, socketPath, address } = database;
    let [databases, directories] = [0, 0];
    return {
      database,
      databaseHost,
      load,
      clients: new ClientSupply(),
      async createDatabase(product) {
        const name = `bench_${product.name}_${++databases}`;
        await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
        const made = { ...address, database: name };
        await product.migrate(admin, socketPath, made);
        return made;
      },
      async dropDatabase({ database: name }) {
        await admin.query(`DROP DATABASE ${name}`);
      },
      async serve(product, slot, options) {
        const { family = 4, database, subnets = [wideSubnets[family]], more } = options;
        const address = serverAddress(slot)[family];
        const directory = options.directory ?? join(root, `${product.name}-${++directories}`);
        const process = await product.start(serverHosts[slot]!, {
          family,
          address,
          subnets,
          database,
          directory,
          ...(more && { more }),
        });
        servers.add(process);
        return { product, process, address };
      },
      stopServers,
      directory(name) {
        const path = join(root, name);
        mkdirSync(path, { recursive: true });
        return path;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
