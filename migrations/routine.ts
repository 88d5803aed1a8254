// One stored routine, trigger or view: its name, and the statements that drop and make it (one statement per call, no DELIMITER).

export interface StoredObject {
  readonly kind: 'procedure' | 'function' | 'trigger' | 'view';
  readonly name: string;
  /** Triggers only: the table. */
  readonly table?: string;
  readonly drop: string;
  readonly create: string;
}

/** `parameters` as DDL without IN, e.g. `scope_id tinyint unsigned`. */
export function procedure(name: string, parameters: readonly string[], body: string): StoredObject {
  return {
    kind: 'procedure',
    name,
    drop: `DROP PROCEDURE IF EXISTS \`${name}\``,
    create: `CREATE PROCEDURE \`${name}\`(${parameters.map((parameter) => `IN ${parameter}`).join(', ')})\n${body}`,
  };
}

/** `returns` holds the type and the characteristics, e.g. `text READS SQL DATA`. */
export function storedFunction(
  name: string,
  parameters: readonly string[],
  returns: string,
  body: string,
): StoredObject {
  return {
    kind: 'function',
    name,
    drop: `DROP FUNCTION IF EXISTS \`${name}\``,
    create: `CREATE FUNCTION \`${name}\`(${parameters.join(', ')}) RETURNS ${returns}\n${body}`,
  };
}

/** `when` is e.g. `AFTER INSERT`; `order` e.g. `PRECEDES lease4_AINS` where several triggers share an event. */
export function trigger(name: string, table: string, when: string, body: string, order = ''): StoredObject {
  return {
    kind: 'trigger',
    name,
    table,
    drop: `DROP TRIGGER IF EXISTS \`${name}\``,
    create: `CREATE TRIGGER \`${name}\` ${when} ON \`${table}\` FOR EACH ROW ${order}\n${body}`,
  };
}

export function view(name: string, query: string): StoredObject {
  return {
    kind: 'view',
    name,
    drop: `DROP VIEW IF EXISTS \`${name}\``,
    create: `CREATE SQL SECURITY INVOKER VIEW \`${name}\` AS\n${query}`,
  };
}
