// A server product as the bench knows it: how its database is made, its file written and its process started.
import type { Pool } from 'mysql2/promise';
import type { DatabaseAddress } from '../../src/db/address.ts';
import type { Host } from '../../test/support/netns.ts';
import type { ServerProcess } from './server-process.ts';

export interface BenchSubnet {
  readonly id: number;
  readonly subnet: string;
  readonly pool: string;
  /** Relays that are served from it. */
  readonly relay?: string;
}

export interface ProductConfig {
  readonly subnets: readonly BenchSubnet[];
  /** Null: leases in memfile, in `directory`. */
  readonly database: DatabaseAddress | null;
  /** Of this server alone: file, log, lease file. */
  readonly directory: string;
  /** More keys under Dhcp4. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface Product {
  readonly name: 'flotilla' | 'kea';
  readonly version: string;
  /** Name of its lease file inside the directory of a server with memfile. */
  readonly leaseFile: string;
  /** Makes its own schema in an empty database. */
  migrate(admin: Pool, socketPath: string, database: DatabaseAddress): Promise<void>;
  start(host: Host, config: ProductConfig): Promise<ServerProcess>;
}

/** What both are told alike. */
export function commonConfig({ subnets, more }: ProductConfig): Record<string, unknown> {
  return {
    'interfaces-config': { interfaces: ['eth0'], 'dhcp-socket-type': 'udp' },
    'valid-lifetime': 3600,
    'cache-threshold': 0,
    subnet4: subnets.map(({ id, subnet, pool, relay }) => ({
      id,
      subnet,
      pools: [{ pool }],
      ...(relay !== undefined && { relay: { 'ip-addresses': [relay] } }),
    })),
    ...more,
  };
}
