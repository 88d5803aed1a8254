// Triggers that record every change of a configuration row, and every child row that a foreign key changes with it.
// They read with SELECT … INTO only: inside a trigger any other read (IF EXISTS, SET x = (SELECT …)) locks the rows it
// meets, and would wait for a writer who waits for the epoch that we hold.
import {
  cascadingChildren,
  configTables,
  keyText,
  rowImage,
  type ChildLink,
  type ConfigTable,
} from './config-tables.ts';
import { recordRoutine, revisionRoutine } from './fleet-routines.ts';
import { networkRenameTriggers } from './network-rename.ts';
import { trigger, type StoredObject } from './routine.ts';

/** `early` ones must be made before the contract's triggers of the same event, `late` ones after them. */
export interface FleetTriggers {
  readonly early: readonly StoredObject[];
  readonly late: readonly StoredObject[];
}

export function fleetTriggers(): FleetTriggers {
  return {
    early: [
      ...configTables.flatMap((table) => [afterInsert(table), afterUpdate(table), afterDelete(table)]),
      // The contract audits these before they are deleted, so the revision must be open by then.
      ...configTables.filter(({ name }) => /_(subnet|shared_network)$/.test(name)).map(revisionBeforeDelete),
    ],
    late: [
      ...configTables.flatMap((table) => [...beforeDelete(table), ...beforeUpdate(table)]),
      ...networkRenameTriggers(4),
      ...networkRenameTriggers(6),
    ],
  };
}

/** Tables whose contract triggers audit by themselves and so need an open revision even when nothing is recorded. */
const auditsItself = /_(global_parameter|option_def|server|client_class|options|subnet|shared_network)$/;

interface Change {
  readonly side: 'OLD' | 'NEW';
  readonly operation: 'insert' | 'update' | 'delete';
  readonly cause?: string;
  readonly before?: string;
  readonly after?: string;
}

function recordCall(table: ConfigTable, change: Change): string {
  const { side, operation, cause = 'NULL', before = 'NULL', after = 'NULL' } = change;
  const call = (scope: ConfigTable['scope']): string =>
    `CALL ${recordRoutine(scope)}('${table.name}', ${keyText(table, side)}, '${operation}', ${cause}, ${before}, ${after});`;
  if (!table.holdsHostOptions) return call(table.scope);
  // Scope 3 is a host's option, which nobody audits; any other scope is audited even if it names a host.
  return `IF ${side}.host_id IS NULL THEN
    ${call(table.scope)}
  ELSE
    ${call('hosts')}
    IF ${side}.scope_id <> 3 THEN CALL ${revisionRoutine(table.family!)}(); END IF;
  END IF;`;
}

/** v30 audits none of these; here their owner counts as updated, unless the owner is written in the same transaction. */
function auditOwner(table: ConfigTable, side: 'OLD' | 'NEW'): string {
  if (table.owner === undefined) return '';
  return `IF COALESCE(@cascade_transaction, 0) = 0 THEN
    CALL createAuditEntryDHCP${table.family!}('${table.owner.table}', ${side}.${table.owner.column}, 'update');
  END IF;`;
}

function afterInsert(table: ConfigTable): StoredObject {
  const other = table.key.map((column) => `t.\`${column}\` = NEW.\`${column}\``).join(' AND ');
  return trigger(
    `fleet_${table.name}_AINS`,
    table.name,
    'AFTER INSERT',
    `BEGIN
  DECLARE was_filled, has_others TINYINT;
  ${recordCall(table, { side: 'NEW', operation: 'insert', after: rowImage(table, 'NEW') })}
  ${auditOwner(table, 'NEW')}
  SELECT MAX(f.filled) INTO was_filled FROM fleet_table AS f WHERE f.table_name = '${table.name}';
  IF was_filled = 0 THEN
    UPDATE fleet_table AS f SET f.filled = 1 WHERE f.table_name = '${table.name}';
  ELSE
    SELECT EXISTS (SELECT 1 FROM \`${table.name}\` AS t WHERE NOT (${other})) INTO has_others;
    IF NOT has_others THEN
      CALL fleet_record_truncate('${table.name}');
    END IF;
  END IF;
END`,
  );
}

function afterUpdate(table: ConfigTable): StoredObject {
  const moved = table.key.map((column) => `OLD.\`${column}\` <=> NEW.\`${column}\``);
  if (table.holdsHostOptions) moved.push('(OLD.host_id IS NULL) <=> (NEW.host_id IS NULL)');
  return trigger(
    `fleet_${table.name}_AUPD`,
    table.name,
    'AFTER UPDATE',
    `BEGIN
  DECLARE old_image, new_image LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  SET old_image = ${rowImage(table, 'OLD')};
  SET new_image = ${rowImage(table, 'NEW')};
  IF old_image = new_image THEN
    ${auditsItself.test(table.name) ? `CALL ${revisionRoutine(table.family!)}();` : 'BEGIN END;'}
  ELSEIF ${moved.join(' AND ')} THEN
    ${recordCall(table, { side: 'NEW', operation: 'update', before: 'old_image', after: 'new_image' })}
    ${auditOwner(table, 'NEW')}
  ELSE
    ${recordCall(table, {
      side: 'OLD',
      operation: 'delete',
      cause: `CONCAT('became ${table.name} ', ${keyText(table, 'NEW')})`,
      before: 'old_image',
    })}
    ${auditOwner(table, 'OLD')}
    ${recordCall(table, {
      side: 'NEW',
      operation: 'insert',
      cause: `CONCAT('was ${table.name} ', ${keyText(table, 'OLD')})`,
      after: 'new_image',
    })}
    ${auditOwner(table, 'NEW')}
  END IF;
END`,
  );
}

/**
 * Which tables this delete may have emptied. Looking behind the deleted key first finds a neighbour at once; looking
 * from the start would step over every row that the same transaction deleted before.
 */
function afterDelete(table: ConfigTable): StoredObject {
  const behind = new Map([[table.name, `t.\`${table.key[0]!}\` > OLD.\`${table.key[0]!}\``]]);
  for (const { child, foreignKey } of cascadingChildren(table.name, 'onDelete'))
    behind.set(child.name, `t.\`${foreignKey.column}\` > OLD.\`${foreignKey.parentColumn}\``);
  const emptied = [table.name, ...deletedWith(table.name)].map((name) => {
    const near = behind.get(name);
    return `SET has_rows = 0;
  ${near === undefined ? '' : `SELECT EXISTS (SELECT 1 FROM \`${name}\` AS t WHERE ${near}) INTO has_rows;`}
  IF NOT has_rows THEN
    SELECT EXISTS (SELECT 1 FROM \`${name}\`) INTO has_rows;
    IF NOT has_rows THEN
      UPDATE fleet_table AS f SET f.filled = 0 WHERE f.table_name = '${name}';
    END IF;
  END IF;`;
  });
  return trigger(
    `fleet_${table.name}_ADEL`,
    table.name,
    'AFTER DELETE',
    `BEGIN
  DECLARE has_rows TINYINT;
  ${recordCall(table, { side: 'OLD', operation: 'delete', before: rowImage(table, 'OLD') })}
  ${auditOwner(table, 'OLD')}
  ${emptied.join('\n  ')}
END`,
  );
}

function revisionBeforeDelete(table: ConfigTable): StoredObject {
  return trigger(
    `fleet_${table.name}_open_BDEL`,
    table.name,
    'BEFORE DELETE',
    `CALL ${revisionRoutine(table.family!)}()`,
  );
}

/** Tables that lose rows without a trigger when a row of `parent` is deleted. */
function deletedWith(parent: string): string[] {
  return [
    ...new Set(
      cascadingChildren(parent, 'onDelete').flatMap(({ child }) => [child.name, ...deletedWith(child.name)]),
    ),
  ];
}

/**
 * A foreign key deletes children, and theirs, without firing their triggers: record them first, grandchildren first.
 * Made after the contract's trigger, which deletes some children itself; those are gone by now and recorded already.
 */
function beforeDelete(table: ConfigTable): StoredObject[] {
  const blocks = cascadingChildren(table.name, 'onDelete').flatMap((link) => [
    ...cascadingChildren(link.child.name, 'onDelete').map((next) =>
      recordEach(
        next.child,
        'delete',
        `\`${next.child.name}\` AS c JOIN \`${link.child.name}\` AS p
        ON c.\`${next.foreignKey.column}\` = p.\`${next.foreignKey.parentColumn}\`
      WHERE p.\`${link.foreignKey.column}\` = OLD.\`${link.foreignKey.parentColumn}\``,
        causeOf(table),
      ),
    ),
    recordEach(link.child, 'delete', `\`${link.child.name}\` AS c WHERE ${matches(link)}`, causeOf(table)),
  ]);
  if (blocks.length === 0) return [];
  return [
    trigger(`fleet_${table.name}_BDEL`, table.name, 'BEFORE DELETE', `BEGIN\n  ${blocks.join('\n  ')}\nEND`),
  ];
}

/** A changed key changes the children's references without firing their triggers: record them first. */
function beforeUpdate(table: ConfigTable): StoredObject[] {
  const blocks = cascadingChildren(table.name, 'onUpdate').map((link) => {
    const column = link.foreignKey.parentColumn;
    const replaced = new Map([[link.foreignKey.column, `NEW.\`${column}\``]]);
    // Letters that differ only in case are equal to the collation, yet the change reaches the children.
    const bytes = (side: string): string => `CAST(${side}.\`${column}\` AS BINARY)`;
    return `IF NOT (${bytes('OLD')} <=> ${bytes('NEW')}) THEN
  ${recordEach(link.child, 'update', `\`${link.child.name}\` AS c WHERE ${matches(link)}`, causeOf(table), replaced)}
  END IF;`;
  });
  if (blocks.length === 0) return [];
  return [
    trigger(`fleet_${table.name}_BUPD`, table.name, 'BEFORE UPDATE', `BEGIN\n  ${blocks.join('\n  ')}\nEND`),
  ];
}

const causeOf = (table: ConfigTable): string => `CONCAT('${table.name} ', ${keyText(table, 'OLD')})`;
const matches = ({ foreignKey }: ChildLink): string =>
  `c.\`${foreignKey.column}\` = OLD.\`${foreignKey.parentColumn}\``;

/** Records one change for each child row of the query, whose alias for the child is `c`. */
function recordEach(
  child: ConfigTable,
  operation: 'update' | 'delete',
  from: string,
  cause: string,
  replaced?: ReadonlyMap<string, string>,
): string {
  const after = replaced === undefined ? 'NULL' : rowImage(child, 'c', replaced);
  const newKey = keyText(child, 'c', replaced);
  const call = (scope: ConfigTable['scope'], rest: string): string =>
    `CALL ${recordRoutine(scope)}('${child.name}', ${rest});`;
  const changes = (scope: ConfigTable['scope']): string =>
    replaced !== undefined && child.key.some((column) => replaced.has(column))
      ? `${call(scope, `child_key, 'delete', ${cause}, old_image, NULL`)}
      ${call(scope, `new_key, 'insert', ${cause}, NULL, new_image`)}`
      : call(scope, `child_key, '${operation}', ${cause}, old_image, new_image`);
  const recorded = child.holdsHostOptions
    ? `IF of_host THEN\n      ${changes('hosts')}\n      ELSE\n      ${changes(child.scope)}\n      END IF;`
    : changes(child.scope);
  return `BEGIN
    DECLARE finished, of_host TINYINT DEFAULT 0;
    DECLARE child_key, new_key VARCHAR(255) CHARACTER SET utf8mb4;
    DECLARE old_image, new_image LONGTEXT CHARACTER SET utf8mb4;
    DECLARE children CURSOR FOR SELECT ${keyText(child, 'c')}, ${newKey}, ${rowImage(child, 'c')}, ${after},
        ${child.holdsHostOptions ? 'c.host_id IS NOT NULL' : '0'}
      FROM ${from};
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET finished = 1;
    OPEN children;
    FETCH children INTO child_key, new_key, old_image, new_image, of_host;
    WHILE finished = 0 DO
      ${recorded}
      SET finished = 0;
      FETCH children INTO child_key, new_key, old_image, new_image, of_host;
    END WHILE;
    CLOSE children;
  END;`;
}
