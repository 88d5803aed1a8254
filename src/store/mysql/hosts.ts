// Host reservations from the `hosts` table: lookups that wait travel together, options come in the same round trip.
import type { Family } from '../../addr/family.ts';
import type { DatabaseAddress } from '../../db/address.ts';
import type { Logger } from '../../log.ts';
import type { OptionData } from '../../wire/option-data.ts';
import type { OptionDefinitions } from '../../wire/option-definition.ts';
import { createFindBatcher } from '../find-batcher.ts';
import { answerFromHosts } from '../host-index.ts';
import type { Host, HostFindings, HostQuery, HostStore } from '../host-store.ts';
import { hostOfRow, hostOptionOfRow, reservedAddressOfRow } from './host-rows.ts';
import { hostPacket } from './host-sql.ts';
import { openLanes } from './lanes.ts';

export interface MysqlHostStoreOptions {
  readonly family: Family;
  readonly address: DatabaseAddress;
  readonly connections?: number;
  /** Milliseconds. */
  readonly queryTimeout?: number;
}

export interface MysqlHostStoreDeps {
  readonly logger: Logger;
  readonly random: () => number;
  /** Of the running configuration: host options are encoded with them. */
  readonly definitions: () => OptionDefinitions;
  /** `ip-reservations-unique` of the running configuration: see host-sql.ts. Always true when left out. */
  readonly addressesUnique?: () => boolean;
}

export interface MysqlHostStore extends HostStore {
  /** Options of hosts that could not be encoded and were left out, since the start. */
  readonly badOptions: number;
  onState(listener: (state: 'up' | 'down') => void): void;
}

/** With one connection to a database 80 ms away this is what comes back in that time. */
const maxBatch = 2_048;

/** Bad options that were logged: each once, at most so many. */
const loggedLimit = 1000;

export function openMysqlHostStore(options: MysqlHostStoreOptions, deps: MysqlHostStoreDeps): MysqlHostStore {
  const { family, address, connections = 1, queryTimeout = 10_000 } = options;
  const lanes = openLanes(address, { connections, queryTimeout }, deps);
  const logged = new Set<string>();
  let badOptions = 0;

  const reportBad = (hostId: number, reason: string): void => {
    badOptions++;
    const key = `${hostId} ${reason}`;
    if (logged.has(key) || logged.size >= loggedLimit) return;
    logged.add(key);
    deps.logger.warn('FLOTILLA_HOST_OPTION_SKIPPED', `a reservation's option is left out: ${reason}`, {
      hostId,
    });
  };

  const findAll = async (queries: readonly HostQuery[]): Promise<readonly HostFindings[]> => {
    const packet = hostPacket(family, queries, deps.addressesUnique?.() ?? true);
    const results = (await lanes.packet(packet.sql)) as readonly (readonly (readonly unknown[])[])[];
    const rowsAt = (indexes: readonly number[]): Map<unknown, readonly unknown[]> => {
      // The same host can be found by identifier and by address: each row (its key comes first) counts once.
      const rows = new Map<unknown, readonly unknown[]>();
      for (const index of indexes) for (const row of results[index]!) rows.set(row[0], row);
      return rows;
    };
    const optionsOf = new Map<number, OptionData[]>();
    const definitions = deps.definitions();
    for (const row of rowsAt(packet.optionsAt).values()) {
      const hostId = Number(row[1]);
      const option = hostOptionOfRow(family, row, definitions);
      if ('bad' in option) reportBad(hostId, option.bad);
      else append(optionsOf, hostId, option);
    }
    const addressesOf = new Map<number, Host['addresses6'][number][]>();
    for (const row of rowsAt(packet.addressesAt).values()) {
      const reserved = reservedAddressOfRow(row);
      if (reserved) append(addressesOf, Number(row[1]), reserved);
    }
    const hosts: Host[] = [];
    for (const row of rowsAt(packet.hostsAt).values()) {
      const host = hostOfRow(row);
      if (!host) continue;
      const hostId = host.hostId!;
      hosts.push({
        ...host,
        options: optionsOf.get(hostId) ?? [],
        addresses6: addressesOf.get(hostId) ?? [],
      });
    }
    return answerFromHosts(hosts, queries);
  };

  const batcher = createFindBatcher(findAll, { lanes: connections, maxBatch, maxWaiting: 20_000 });
  return {
    get badOptions() {
      return badOptions;
    },
    onState: (listener) => lanes.onState(listener),
    find: (query) => batcher.find(query),
    async close() {
      await batcher.close();
      await lanes.close();
    },
  };
}

function append<V>(map: Map<number, V[]>, key: number, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
