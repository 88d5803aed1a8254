// The SELECTs of the configuration, one function each. Every one runs inside the snapshot that read the epoch first.
import type { Family } from '../addr/family.ts';
import type { Statement } from './session.ts';

/** Row id of the server `all`. */
export const allServers = 1;

/** Objects that are handed out by server links, with their table, key column and link table. */
export interface LinkedTable {
  readonly table: string;
  readonly id: string;
  readonly link: string;
  readonly linkId: string;
  /** Rows of the table that are such objects: options and definitions of inner scopes follow their owner instead. */
  readonly only?: string;
  /** SQL of the name an operator knows the object by. */
  readonly name: string;
}

export function linkedTables(family: Family) {
  const table = (name: string): string => `dhcp${family}_${name}`;
  return {
    globals: {
      table: table('global_parameter'),
      id: 'id',
      link: table('global_parameter_server'),
      linkId: 'parameter_id',
      name: 'o.name',
    },
    optionDefs: {
      table: table('option_def'),
      id: 'id',
      link: table('option_def_server'),
      linkId: 'option_def_id',
      only: 'o.class_id IS NULL',
      name: "CONCAT(o.space, '.', o.code)",
    },
    options: {
      table: table('options'),
      id: 'option_id',
      link: table('options_server'),
      linkId: 'option_id',
      only: 'o.scope_id = 0',
      name: `CONCAT(COALESCE(o.space, 'dhcp${family}'), '.', o.code)`,
    },
    classes: {
      table: table('client_class'),
      id: 'id',
      link: table('client_class_server'),
      linkId: 'class_id',
      name: 'o.name',
    },
    networks: {
      table: table('shared_network'),
      id: 'id',
      link: table('shared_network_server'),
      linkId: 'shared_network_id',
      name: 'o.name',
    },
    subnets: {
      table: table('subnet'),
      id: 'subnet_id',
      link: table('subnet_server'),
      linkId: 'subnet_id',
      name: 'CAST(o.subnet_id AS CHAR)',
    },
  } satisfies Record<string, LinkedTable>;
}

export function selectEpochs(): Statement {
  return { sql: 'SELECT scope, epoch, token FROM fleet_epoch' };
}

/** The row id of the server with this tag; the columns' collation ignores case, as tags do. */
export function selectServer(family: Family, tag: string): Statement {
  return { sql: `SELECT id FROM dhcp${family}_server WHERE tag = ?`, values: [tag] };
}

/** Where an edge stands in the log, and how many changes came after it. */
export function selectLogPosition(scope: string, epoch: number, newest: number): Statement {
  return {
    sql:
      'SELECT (SELECT token FROM fleet_change WHERE scope = ? AND epoch = ?) AS token, ' +
      '(SELECT COUNT(*) FROM fleet_change WHERE scope = ? AND epoch > ? AND epoch <= ?) AS changes',
    values: [scope, epoch, scope, epoch, newest],
  };
}

export function selectChanges(scope: string, after: number, upTo: number): Statement {
  return {
    sql:
      'SELECT epoch, table_name, row_key, operation, before_image, after_image FROM fleet_change ' +
      'WHERE scope = ? AND epoch > ? AND epoch <= ? ORDER BY epoch',
    values: [scope, after, upTo],
  };
}

/**
 * Small lists are read whole, lowest precedence first: what is linked to `all`, then what is linked to the server
 * itself, the newest row last.
 */
export function selectLinked(linked: LinkedTable, servers: readonly number[]): Statement {
  return {
    sql:
      `SELECT o.*, MAX(l.server_id <> ${allServers}) AS own FROM ${linked.table} o ` +
      `JOIN ${linked.link} l ON l.${linked.linkId} = o.${linked.id} AND l.server_id IN (?) ` +
      `WHERE ${linked.only ?? 'TRUE'} GROUP BY o.${linked.id} ORDER BY own, o.${linked.id}`,
    values: [servers],
  };
}

/** Ids of the objects that these servers get. */
export function selectLinkedIds(linked: LinkedTable, servers: readonly number[]): Statement {
  return {
    sql:
      `SELECT DISTINCT o.${linked.id} AS id FROM ${linked.table} o ` +
      `JOIN ${linked.link} l ON l.${linked.linkId} = o.${linked.id} AND l.server_id IN (?) ` +
      `ORDER BY o.${linked.id}`,
    values: [servers],
  };
}

/** Objects without any server link; `ids` narrows the look to a few. */
export function selectUnassigned(linked: LinkedTable, ids: readonly number[] | null): Statement {
  return {
    sql:
      `SELECT o.${linked.id} AS id, ${linked.name} AS name FROM ${linked.table} o ` +
      `LEFT JOIN ${linked.link} l ON l.${linked.linkId} = o.${linked.id} ` +
      `WHERE l.server_id IS NULL AND ${linked.only ?? 'TRUE'}` +
      (ids === null ? '' : ` AND o.${linked.id} IN (?)`),
    values: ids === null ? [] : [ids],
  };
}

/** Classes in evaluation order. */
export function selectClasses(family: Family, servers: readonly number[]): Statement {
  return {
    sql:
      `SELECT c.* FROM dhcp${family}_client_class c ` +
      `LEFT JOIN dhcp${family}_client_class_order o ON o.class_id = c.id ` +
      `WHERE EXISTS (SELECT 1 FROM dhcp${family}_client_class_server l ` +
      'WHERE l.class_id = c.id AND l.server_id IN (?)) ORDER BY o.order_index, c.id',
    values: [servers],
  };
}

export function selectClassOptionDefs(family: Family): Statement {
  return {
    sql: `SELECT d.*, d.class_id AS owner FROM dhcp${family}_option_def d WHERE d.class_id IS NOT NULL ORDER BY d.id`,
  };
}

/** Joined by name in SQL: the foreign key ignores case. */
export function selectClassOptions(family: Family): Statement {
  return {
    sql:
      `SELECT o.*, c.id AS owner FROM dhcp${family}_options o ` +
      `JOIN dhcp${family}_client_class c ON c.name = o.dhcp_client_class ` +
      'WHERE o.scope_id = 2 ORDER BY o.space, o.code, o.option_id',
  };
}

export function selectNetworks(
  family: Family,
  servers: readonly number[],
  ids: readonly number[],
): Statement {
  return {
    sql:
      `SELECT n.* FROM dhcp${family}_shared_network n WHERE n.id IN (?) AND EXISTS (SELECT 1 FROM ` +
      `dhcp${family}_shared_network_server l WHERE l.shared_network_id = n.id AND l.server_id IN (?)) ORDER BY n.id`,
    values: [ids, servers],
  };
}

export function selectNetworkOptions(family: Family, ids: readonly number[]): Statement {
  return {
    sql:
      `SELECT o.*, n.id AS owner FROM dhcp${family}_shared_network n ` +
      `JOIN dhcp${family}_options o ON o.shared_network_name = n.name AND o.scope_id = 4 ` +
      'WHERE n.id IN (?) ORDER BY o.space, o.code, o.option_id',
    values: [ids],
  };
}

/** `network_name` is the network's own spelling of its name. */
export function selectSubnets(family: Family, servers: readonly number[], ids: readonly number[]): Statement {
  return {
    sql:
      `SELECT s.*, COALESCE(n.name, s.shared_network_name) AS network_name FROM dhcp${family}_subnet s ` +
      `LEFT JOIN dhcp${family}_shared_network n ON n.name = s.shared_network_name ` +
      `WHERE s.subnet_id IN (?) AND EXISTS (SELECT 1 FROM dhcp${family}_subnet_server l ` +
      'WHERE l.subnet_id = s.subnet_id AND l.server_id IN (?)) ORDER BY s.subnet_id',
    values: [ids, servers],
  };
}

export function selectSubnetOptions(family: Family, ids: readonly number[]): Statement {
  return {
    sql:
      `SELECT o.*, o.dhcp${family}_subnet_id AS owner FROM dhcp${family}_options o ` +
      `WHERE o.scope_id = 1 AND o.dhcp${family}_subnet_id IN (?) ORDER BY o.space, o.code, o.option_id`,
    values: [ids],
  };
}

export function selectPools(family: Family, table: 'pool' | 'pd_pool', ids: readonly number[]): Statement {
  const order = table === 'pool' ? 'start_address' : 'prefix';
  return {
    sql: `SELECT p.*, p.subnet_id AS owner FROM dhcp${family}_${table} p WHERE p.subnet_id IN (?) ORDER BY p.${order}, p.id`,
    values: [ids],
  };
}

export function selectPoolOptions(
  family: Family,
  table: 'pool' | 'pd_pool',
  ids: readonly number[],
): Statement {
  return {
    sql:
      `SELECT o.*, p.id AS owner FROM dhcp${family}_${table} p ` +
      `JOIN dhcp${family}_options o ON o.${table}_id = p.id AND o.scope_id = ${table === 'pool' ? 5 : 6} ` +
      'WHERE p.subnet_id IN (?) ORDER BY o.space, o.code, o.option_id',
    values: [ids],
  };
}

export function selectSubnetsOfPools(
  family: Family,
  table: 'pool' | 'pd_pool',
  ids: readonly number[],
): Statement {
  return {
    sql: `SELECT DISTINCT subnet_id AS id FROM dhcp${family}_${table} WHERE id IN (?)`,
    values: [ids],
  };
}

export function selectNetworkIds(family: Family, names: readonly string[]): Statement {
  return { sql: `SELECT id FROM dhcp${family}_shared_network WHERE name IN (?)`, values: [names] };
}

export function selectNetworkNames(family: Family, ids: readonly number[]): Statement {
  return { sql: `SELECT id, name FROM dhcp${family}_shared_network WHERE id IN (?)`, values: [ids] };
}

export function selectSubnetsOfNetworks(family: Family, ids: readonly number[]): Statement {
  return {
    sql:
      `SELECT s.subnet_id AS id FROM dhcp${family}_shared_network n ` +
      `JOIN dhcp${family}_subnet s ON s.shared_network_name = n.name WHERE n.id IN (?)`,
    values: [ids],
  };
}
