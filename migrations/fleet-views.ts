// Views for people: the history, objects that no server serves, edges at a glance, and counters that are wrong.
import { countedStates, poolCountedStates } from './lease-routines.ts';
import { view, type StoredObject } from './routine.ts';

export function fleetViews(): StoredObject[] {
  return [history(), unassigned(), edges(), statisticsDrift()];
}

/** The change log as one reads it: newest first is ORDER BY changed_at DESC, epoch DESC. */
function history(): StoredObject {
  return view(
    'fleet_history',
    `SELECT c.changed_at, c.scope, c.epoch, COALESCE(c.actor, c.db_user) AS who, c.db_user, c.operation,
    c.table_name, c.row_key, c.cause, c.before_image, c.after_image
  FROM fleet_change AS c`,
  );
}

interface Linked {
  readonly type: string;
  readonly table: string;
  readonly key: string;
  readonly name: string;
  readonly link: string;
  readonly linkKey: string;
  readonly where?: string;
}

/**
 * Objects without a row in their *_server table: no edge serves them. Options of a subnet, pool, network, class or host,
 * and definitions of a class, go where their owner goes and need no link.
 */
function unassigned(): StoredObject {
  const objects: readonly Linked[] = [
    {
      type: 'subnet',
      table: 'subnet',
      key: 'subnet_id',
      name: 'subnet_prefix',
      link: 'subnet_server',
      linkKey: 'subnet_id',
    },
    {
      type: 'shared-network',
      table: 'shared_network',
      key: 'id',
      name: 'name',
      link: 'shared_network_server',
      linkKey: 'shared_network_id',
    },
    {
      type: 'client-class',
      table: 'client_class',
      key: 'id',
      name: 'name',
      link: 'client_class_server',
      linkKey: 'class_id',
    },
    {
      type: 'option-def',
      table: 'option_def',
      key: 'id',
      name: 'name',
      link: 'option_def_server',
      linkKey: 'option_def_id',
      where: 'o.class_id IS NULL',
    },
    {
      type: 'global-parameter',
      table: 'global_parameter',
      key: 'id',
      name: 'name',
      link: 'global_parameter_server',
      linkKey: 'parameter_id',
    },
    {
      type: 'option',
      table: 'options',
      key: 'option_id',
      name: 'code',
      link: 'options_server',
      linkKey: 'option_id',
      where: 'o.scope_id = 0',
    },
  ];
  const selects = ([4, 6] as const).flatMap((family) =>
    objects.map(
      ({ type, table, key, name, link, linkKey, where }) =>
        `SELECT ${family} AS family, '${type}' AS object_type, o.${key} AS object_id, CAST(o.${name} AS CHAR) AS object_name
  FROM dhcp${family}_${table} AS o LEFT JOIN dhcp${family}_${link} AS l ON l.${linkKey} = o.${key}
  WHERE l.${linkKey} IS NULL${where === undefined ? '' : ` AND ${where}`}`,
    ),
  );
  return view('fleet_unassigned', selects.join('\nUNION ALL\n'));
}

/** How far each edge is behind, and how many objects it refuses. */
function edges(): StoredObject {
  return view(
    'fleet_status',
    `SELECT s.instance, s.family, s.tag, s.state, s.version, s.address, s.applied_epoch, e.epoch AS newest_epoch,
    (s.applied_epoch <=> e.epoch AND s.applied_token <=> e.token) AS up_to_date,
    TIMESTAMPDIFF(SECOND, s.last_contact, UTC_TIMESTAMP(6)) AS seconds_since_contact,
    (SELECT COUNT(*) FROM fleet_rejection AS r WHERE r.instance = s.instance AND r.family = s.family) AS rejections,
    s.last_error
  FROM fleet_server AS s LEFT JOIN fleet_epoch AS e ON e.scope = CONCAT('config', s.family)`,
  );
}

/** Which counter tables there are: their columns, and the leases that each counts. Classes come from the user context. */
export interface Counter {
  readonly table: string;
  readonly columns: readonly string[];
  /** SELECT of the columns and `leases`. */
  readonly counted: string;
}

export const counters: readonly Counter[] = ([4, 6] as const).flatMap((family): Counter[] => {
  const type = family === 6 ? ['lease_type'] : [];
  const plain = (suffix: string, columns: readonly string[], states: readonly number[]): Counter => {
    const present = columns
      .filter((column) => column !== 'state')
      .map((column) => ` AND l.${column} IS NOT NULL`);
    const list = columns.map((column) => `l.${column}`).join(', ');
    return {
      table: `lease${family}_${suffix}`,
      columns,
      counted: `SELECT ${list}, COUNT(*) AS leases FROM lease${family} AS l
    WHERE l.state IN (${states.join(', ')})${present.join('')} GROUP BY ${list}`,
    };
  };
  const types = type.map((column) => `, l.${column}`).join('');
  return [
    plain('stat', ['subnet_id', ...type, 'state'], countedStates[family]),
    plain('pool_stat', ['subnet_id', 'pool_id', ...type, 'state'], poolCountedStates),
    {
      table: `lease${family}_stat_by_client_class`,
      columns: ['client_class', ...type],
      counted: `SELECT j.client_class COLLATE utf8mb4_bin AS client_class${types}, COUNT(*) AS leases FROM lease${family} AS l,
    JSON_TABLE(
      CASE WHEN l.user_context LIKE '%client-classes%' AND JSON_VALID(l.user_context)
        THEN CASE WHEN JSON_TYPE(JSON_EXTRACT(l.user_context, '$.ISC."client-classes"')) = 'ARRAY'
          THEN JSON_EXTRACT(l.user_context, '$.ISC."client-classes"') ELSE '[]' END
        ELSE '[]' END,
      '$[*]' COLUMNS (client_class VARCHAR(128) CHARACTER SET utf8mb4 PATH '$')) AS j
    WHERE l.state = 0 AND j.client_class IS NOT NULL${type.map((column) => ` AND l.${column} IS NOT NULL`).join('')}
    GROUP BY j.client_class COLLATE utf8mb4_bin${types}`,
    },
  ];
});

/** One row per counter that differs from the leases that are there. Empty is right. Reads all leases. */
function statisticsDrift(): StoredObject {
  const selects = counters.flatMap(({ table, columns, counted }) => {
    const same = columns.map((column) => `s.${column} = n.${column}`).join(' AND ');
    const key = (alias: string): string =>
      `CONCAT_WS(',', ${columns.map((column) => `${alias}.${column}`).join(', ')})`;
    return [
      `SELECT '${table}' AS table_name, ${key('n')} AS row_key, COALESCE(s.leases, 0) AS counter, n.leases AS leases
  FROM (${counted}) AS n LEFT JOIN ${table} AS s ON ${same} WHERE COALESCE(s.leases, 0) <> n.leases`,
      `SELECT '${table}', ${key('s')}, s.leases, 0
  FROM ${table} AS s LEFT JOIN (${counted}) AS n ON ${same} WHERE n.leases IS NULL AND COALESCE(s.leases, 0) <> 0`,
    ];
  });
  return view('fleet_statistics_drift', selects.join('\nUNION ALL\n'));
}
