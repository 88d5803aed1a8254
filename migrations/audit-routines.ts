// Contract routines of the audit trail, once for both families: revisions, entries, and what an option change audits.
// Reads are SELECT … INTO: inside a trigger any other read would lock the rows it meets.
import { procedure, type StoredObject } from './routine.ts';

export function auditRoutines(family: 4 | 6): StoredObject[] {
  return [revision(family), entry(family), optionAudit(family)];
}

/**
 * Opens a revision for what this session changes next. `@audit_revision_opened` tells the change log that the
 * revision is new and asked for, so that it is not mistaken for one left over from an earlier transaction.
 */
function revision(family: 4 | 6): StoredObject {
  return procedure(
    `createAuditRevisionDHCP${family}`,
    [
      'audit_ts timestamp',
      'server_tag varchar(256)',
      'audit_log_message text',
      'cascade_transaction tinyint(1)',
    ],
    `BEGIN
  DECLARE tagged_server_id bigint unsigned;
  IF COALESCE(@disable_audit, 0) = 0 THEN
    SELECT MAX(s.id) INTO tagged_server_id FROM dhcp${family}_server AS s WHERE s.tag = server_tag;
    INSERT INTO dhcp${family}_audit_revision (modification_ts, server_id, log_message)
      VALUES (audit_ts, tagged_server_id, audit_log_message);
    SET @audit_revision_id = LAST_INSERT_ID();
    SET @audit_revision_opened = ${family};
    SET @cascade_transaction = cascade_transaction;
  END IF;
END`,
  );
}

function entry(family: 4 | 6): StoredObject {
  return procedure(
    `createAuditEntryDHCP${family}`,
    ['object_type_val varchar(256)', 'object_id_val bigint unsigned', 'modification_type_val varchar(32)'],
    `BEGIN
  IF COALESCE(@disable_audit, 0) = 0 THEN
    INSERT INTO dhcp${family}_audit (object_type, object_id, modification_type, revision_id)
      VALUES (
        object_type_val,
        object_id_val,
        CASE modification_type_val WHEN 'create' THEN 0 WHEN 'update' THEN 1 WHEN 'delete' THEN 2 END,
        @audit_revision_id
      );
  END IF;
END`,
  );
}

/**
 * A changed option is a change of its owner: the owner's modification_ts moves, and the owner's trigger audits it.
 * Error 1442: the statement that changes the option also uses the owner's table (INSERT … SELECT from it, a join),
 * so the owner cannot be touched here; then the owner is at least audited, and the statement goes on.
 */
function optionAudit(family: 4 | 6): StoredObject {
  const touch = (table: string, where: string): string =>
    `UPDATE dhcp${family}_${table} AS t SET t.modification_ts = modification_ts WHERE ${where}`;
  const auditOwner = (table: string, key: string, where: string): string =>
    `SELECT MAX(t.${key}) INTO owner_id FROM dhcp${family}_${table} AS t WHERE ${where};
      IF owner_id IS NOT NULL THEN
        CALL createAuditEntryDHCP${family}('dhcp${family}_${table}', owner_id, 'update');
      END IF;`;
  const subnetOwner = `BEGIN
      DECLARE CONTINUE HANDLER FOR 1442
      BEGIN
        ${auditOwner('subnet', 'subnet_id', 't.subnet_id = owner_subnet_id')}
      END;
      ${touch('subnet', 't.subnet_id = owner_subnet_id')};
    END;`;
  const pdPool =
    family === 4
      ? ''
      : `
    WHEN 6 THEN SELECT MAX(p.subnet_id) INTO owner_subnet_id FROM dhcp6_pd_pool AS p WHERE p.id = pd_pool_id;`;
  return procedure(
    `createOptionAuditDHCP${family}`,
    [
      'modification_type varchar(32)',
      'scope_id tinyint unsigned',
      'option_id bigint unsigned',
      'subnet_id int unsigned',
      'host_id int unsigned',
      'network_name varchar(128)',
      'pool_id bigint',
      ...(family === 6 ? ['pd_pool_id bigint'] : []),
      'modification_ts timestamp',
    ],
    `BEGIN
  DECLARE owner_id bigint unsigned;
  DECLARE owner_subnet_id int unsigned;
  IF COALESCE(@cascade_transaction, 0) = 0 THEN
    CASE scope_id
    WHEN 0 THEN CALL createAuditEntryDHCP${family}('dhcp${family}_options', option_id, modification_type);
    WHEN 1 THEN SET owner_subnet_id = subnet_id;
    WHEN 4 THEN BEGIN
      DECLARE CONTINUE HANDLER FOR 1442
      BEGIN
        ${auditOwner('shared_network', 'id', 't.name = network_name')}
      END;
      ${touch('shared_network', 't.name = network_name')};
    END;
    WHEN 5 THEN SELECT MAX(p.subnet_id) INTO owner_subnet_id FROM dhcp${family}_pool AS p WHERE p.id = pool_id;${pdPool}
    ELSE BEGIN END;
    END CASE;
    IF owner_subnet_id IS NOT NULL THEN
    ${subnetOwner}
    END IF;
  END IF;
END`,
  );
}
