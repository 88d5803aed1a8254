// What a daemon of each family is made of: its server, and what its leases look like where they are kept.
import type { Family } from '../addr/family.ts';
import type { Server, ServerDeps, ServerOptions } from '../engine/server.ts';
import { createServer4 } from '../engine/v4/protocol.ts';
import { createServer6 } from '../engine/v6/protocol.ts';
import type { Dhcp4o6Peer } from '../net/dhcp4o6-peer.ts';
import { withDhcp4o6 } from '../net/dhcp4o6-transport.ts';
import type { Lease, Lease4, Lease6 } from '../store/lease.ts';
import { lease4Rows, lease6Rows } from '../store/memfile/lease-rows.ts';
import { lease4Sql } from '../store/mysql/lease4-rows.ts';
import { lease6Sql } from '../store/mysql/lease6-rows.ts';
import type { LeaseForms } from './open-stores.ts';

export interface ServedFamily<F extends Family, L extends Lease> {
  readonly family: F;
  readonly leaseForms: LeaseForms<L>;
  readonly createServer: (
    options: ServerOptions,
    deps: ServerDeps<F, L> & { readonly serverDuid: () => Uint8Array; readonly dhcp4o6: Dhcp4o6Peer },
  ) => Server<L>;
}

export const served: { readonly 4: ServedFamily<4, Lease4>; readonly 6: ServedFamily<6, Lease6> } = {
  4: {
    family: 4,
    leaseForms: { family: 4, sql: lease4Sql, rows: lease4Rows, file: 'kea-leases4.csv' },
    createServer(options, { dhcp4o6, transport, ...deps }) {
      const now = (): number => performance.now();
      return createServer4(options, { ...deps, transport: withDhcp4o6(transport, dhcp4o6, { now }) });
    },
  },
  6: {
    family: 6,
    leaseForms: { family: 6, sql: lease6Sql, rows: lease6Rows, file: 'kea-leases6.csv' },
    createServer: createServer6,
  },
};
