// Contract routines of lease statistics and limits, once for both families. Counters never fall below 0.
import { procedure, storedFunction, type StoredObject } from './routine.ts';

/** States counted per subnet: default and declined, and for DHCPv6 also registered. */
export const countedStates = { 4: [0, 1], 6: [0, 1, 4] } as const;
/** States counted per pool. */
export const poolCountedStates = [0, 1] as const;

export function leaseRoutines(family: 4 | 6): StoredObject[] {
  const type = family === 6 ? ['lease_type'] : [];
  return [
    ...counters(family, 'stat', ['subnet_id', ...type], countedStates[family]),
    ...counters(family, 'pool_stat', ['subnet_id', 'pool_id', ...type], poolCountedStates),
    ...classCounters(family),
    checkLimits(family),
  ];
}

const typeOf = (column: string): string => (column === 'lease_type' ? 'tinyint' : 'int unsigned');

function counters(
  family: 4 | 6,
  suffix: 'stat' | 'pool_stat',
  columns: readonly string[],
  states: readonly number[],
): StoredObject[] {
  const table = `lease${family}_${suffix}`;
  const name = (event: string): string => `lease${family}_${event}_${table}`;
  const parameters = (side: 'old' | 'new'): string[] => [
    `${side}_state tinyint`,
    ...columns.map((column) => `${side}_${column} ${typeOf(column)}`),
  ];
  const counted = (side: string): string =>
    [
      `${side}_state IN (${states.join(', ')})`,
      ...columns.map((column) => `${side}_${column} IS NOT NULL`),
    ].join(' AND ');
  const add = `INSERT INTO ${table} (${columns.join(', ')}, state, leases)
      VALUES (${columns.map((column) => `new_${column}`).join(', ')}, new_state, 1)
      ON DUPLICATE KEY UPDATE leases = COALESCE(leases, 0) + 1;`;
  const subtract = `UPDATE ${table} AS s SET s.leases = IF(s.leases > 0, s.leases - 1, 0)
      WHERE ${columns.map((column) => `s.${column} = old_${column}`).join(' AND ')} AND s.state = old_state;`;
  const moved = ['state', ...columns].map((column) => `old_${column} <=> new_${column}`).join(' AND ');
  return [
    procedure(
      name('AINS'),
      parameters('new'),
      `BEGIN\n  IF ${counted('new')} THEN\n    ${add}\n  END IF;\nEND`,
    ),
    procedure(
      name('AUPD'),
      [...parameters('old'), ...parameters('new')],
      `BEGIN
  IF NOT (${moved}) THEN
    IF ${counted('old')} THEN
    ${subtract}
    END IF;
    IF ${counted('new')} THEN
    ${add}
    END IF;
  END IF;
END`,
    ),
    procedure(
      name('ADEL'),
      parameters('old'),
      `BEGIN\n  IF ${counted('old')} THEN\n    ${subtract}\n  END IF;\nEND`,
    ),
  ];
}

/** Leases in state 0 of each class that the user context lists under ISC.client-classes. */
function classCounters(family: 4 | 6): StoredObject[] {
  const table = `lease${family}_stat_by_client_class`;
  const name = (event: string): string => `lease${family}_${event}_${table}`;
  const parameters = (side: 'old' | 'new'): string[] => [
    `${side}_state tinyint`,
    `${side}_user_context text`,
    ...(family === 6 ? [`${side}_lease_type tinyint`] : []),
  ];
  const declare = `DECLARE position int DEFAULT 0;
  DECLARE classes longtext;
  DECLARE class_name varchar(128);`;
  const each = (
    side: 'old' | 'new',
    statement: string,
  ): string => `IF ${side}_state = 0 AND ${side}_user_context LIKE '%client-classes%' AND JSON_VALID(${side}_user_context) THEN
    SET classes = JSON_EXTRACT(${side}_user_context, '$.ISC."client-classes"');
    SET position = 0;
    IF JSON_TYPE(classes) = 'ARRAY' THEN
      WHILE position < JSON_LENGTH(classes) DO
        SET class_name = LEFT(JSON_UNQUOTE(JSON_EXTRACT(classes, CONCAT('$[', position, ']'))), 128);
        ${statement}
        SET position = position + 1;
      END WHILE;
    END IF;
  END IF;`;
  const type = family === 6;
  const add = each(
    'new',
    `INSERT INTO ${table} (client_class, ${type ? 'lease_type, ' : ''}leases)
          VALUES (class_name, ${type ? 'new_lease_type, ' : ''}1) ON DUPLICATE KEY UPDATE leases = leases + 1;`,
  );
  const subtract = each(
    'old',
    `UPDATE ${table} AS s SET s.leases = IF(s.leases > 0, s.leases - 1, 0)
          WHERE s.client_class = class_name${type ? ' AND s.lease_type = old_lease_type' : ''};`,
  );
  const same = ['state', 'user_context', ...(type ? ['lease_type'] : [])]
    .map((column) => `old_${column} <=> new_${column}`)
    .join(' AND ');
  return [
    procedure(name('AINS'), parameters('new'), `BEGIN\n  ${declare}\n  ${add}\nEND`),
    procedure(
      name('AUPD'),
      [...parameters('old'), ...parameters('new')],
      `BEGIN\n  ${declare}\n  IF NOT (${same}) THEN\n  ${subtract}\n  ${add}\n  END IF;\nEND`,
    ),
    procedure(name('ADEL'), parameters('old'), `BEGIN\n  ${declare}\n  ${subtract}\nEND`),
  ];
}

/** '' when the lease may be given, else which limit of ISC.limits is reached: classes first, then the subnet. */
function checkLimits(family: 4 | 6): StoredObject {
  const kinds =
    family === 4
      ? [{ key: 'address-limit', word: 'address', type: '' }]
      : [
          { key: 'address-limit', word: 'address', type: ' AND s.lease_type = 0' },
          { key: 'prefix-limit', word: 'prefix', type: ' AND s.lease_type = 2' },
        ];
  const classCheck = kinds
    .map(
      ({ key, word, type }) => `
      SET allowed = JSON_EXTRACT(entry, '$."${key}"');
      SELECT MAX(s.leases) INTO used FROM lease${family}_stat_by_client_class AS s WHERE s.client_class = object_name${type};
      IF allowed IS NOT NULL AND COALESCE(used, 0) >= allowed THEN
        RETURN CONCAT('${word} limit ', allowed, ' for client class "', object_name, '", current lease count ', COALESCE(used, 0));
      END IF;`,
    )
    .join('');
  const subnetCheck = kinds
    .map(
      ({ key, word, type }) => `
    SET allowed = JSON_EXTRACT(entry, '$."${key}"');
    SELECT MAX(s.leases) INTO used FROM lease${family}_stat AS s WHERE s.subnet_id = subnet AND s.state = 0${type};
    IF allowed IS NOT NULL AND COALESCE(used, 0) >= allowed THEN
      RETURN CONCAT('${word} limit ', allowed, ' for subnet ID ', subnet, ', current lease count ', COALESCE(used, 0));
    END IF;`,
    )
    .join('');
  return storedFunction(
    `checkLease${family}Limits`,
    ['user_context text'],
    'text READS SQL DATA',
    `BEGIN
  DECLARE limits longtext;
  DECLARE entry longtext;
  DECLARE position int DEFAULT 0;
  DECLARE object_name varchar(128);
  DECLARE subnet int unsigned;
  DECLARE allowed bigint unsigned;
  DECLARE used bigint;
  IF user_context IS NULL OR NOT JSON_VALID(user_context) THEN
    RETURN '';
  END IF;
  SET limits = JSON_EXTRACT(user_context, '$.ISC.limits');
  IF limits IS NULL OR JSON_TYPE(limits) <> 'OBJECT' THEN
    RETURN '';
  END IF;
  WHILE position < COALESCE(JSON_LENGTH(limits, '$."client-classes"'), 0) DO
    SET entry = JSON_EXTRACT(limits, CONCAT('$."client-classes"[', position, ']'));
    SET object_name = JSON_UNQUOTE(JSON_EXTRACT(entry, '$.name'));${classCheck}
    SET position = position + 1;
  END WHILE;
  SET entry = JSON_EXTRACT(limits, '$.subnet');
  IF entry IS NOT NULL THEN
    SET subnet = JSON_EXTRACT(entry, '$.id');${subnetCheck}
  END IF;
  RETURN '';
END`,
  );
}
