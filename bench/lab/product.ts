// A server product as the bench knows it: how its database is made, its file written and its process started.
import type { Pool } from 'mysql2/promise';
import type { Family } from '../../src/addr/family.ts';
import type { DatabaseAddress } from '../../src/db/address.ts';
import type { Host } from '../../test/support/netns.ts';
import type { ServerProcess } from './server-process.ts';

export interface BenchSubnet {
  readonly id: number;
  readonly subnet: string;
  readonly pool: string;
  readonly pdPool?: { readonly prefix: string; readonly length: number; readonly delegatedLength: number };
  /** Relays that are served from it. */
  readonly relay?: string;
}

export interface ProductConfig {
  readonly family: Family;
  /** Where it is reached, on `eth0`. */
  readonly address: string;
  readonly subnets: readonly BenchSubnet[];
  /** Null: leases in memfile, in `directory`. */
  readonly database: DatabaseAddress | null;
  /** Of this server alone: file, log, lease file. */
  readonly directory: string;
  /** More keys under Dhcp4 or Dhcp6. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface Product {
  readonly name: 'flotilla' | 'kea';
  readonly version: string;
  readonly families: readonly Family[];
  /** Name of its lease file inside the directory of a server with memfile. */
  readonly leaseFile: string;
  /** Makes its own schema in an empty database. */
  migrate(admin: Pool, socketPath: string, database: DatabaseAddress): Promise<void>;
  start(host: Host, config: ProductConfig): Promise<ServerProcess>;
}

/** What both are told alike, under Dhcp4 or Dhcp6. */
export function commonConfig({ family, address, subnets, more }: ProductConfig): Record<string, unknown> {
  return {
    'interfaces-config':
      family === 4
        ? { interfaces: ['eth0'], 'dhcp-socket-type': 'udp' }
        : { interfaces: [`eth0/${address}`] },
    'valid-lifetime': 3600,
    'cache-threshold': 0,
    [`subnet${family}`]: subnets.map(({ id, subnet, pool, pdPool, relay }) => ({
      id,
      subnet,
      pools: [{ pool }],
      ...(pdPool && {
        'pd-pools': [
          {
            prefix: pdPool.prefix,
            'prefix-len': pdPool.length,
            'delegated-len': pdPool.delegatedLength,
          },
        ],
      }),
      ...(relay !== undefined && { relay: { 'ip-addresses': [relay] } }),
    })),
    ...more,
  };
}
