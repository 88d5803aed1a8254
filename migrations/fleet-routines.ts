// Routines of the change log: bump the epoch and record a change, open an audit revision, notice a TRUNCATE.
import { configTables, scopes, type Scope } from './config-tables.ts';
import { procedure, type StoredObject } from './routine.ts';

export function fleetRoutines(): StoredObject[] {
  return [...scopes.map(record), openRevision(4), openRevision(6), recordTruncate(), detectTruncate()];
}

/** The name of the routine that records a change of that scope. */
export const recordRoutine = (scope: Scope): string => `fleet_record_${scope}`;
export const revisionRoutine = (family: 4 | 6): string => `fleet_open_revision${family}`;

const newToken = 'LEFT(SHA2(CONCAT(UUID(), RAND()), 256), 16)';

/** Waits for the scope's other writers; from here to the end of the transaction nobody else moves this epoch. */
const lockEpoch = (
  scope: string,
): string => `SELECT MAX(e.epoch), MAX(e.token) INTO present_epoch, present_token
    FROM fleet_epoch AS e WHERE e.scope = ${scope} FOR UPDATE;
  IF present_epoch IS NULL THEN
    SELECT COALESCE(MAX(c.epoch), 0) INTO present_epoch FROM fleet_change AS c WHERE c.scope = ${scope};
    SET present_token = ${newToken};
    INSERT INTO fleet_epoch (scope, epoch, token, changed_at)
      VALUES (${scope}, present_epoch, present_token, UTC_TIMESTAMP(6));
  END IF;`;

const declareEpoch = `DECLARE revision_is_there INT DEFAULT 0;
  DECLARE present_epoch BIGINT UNSIGNED;
  DECLARE present_token CHAR(16) CHARACTER SET ascii;`;

/**
 * Makes `@audit_revision_id` a revision of this session that is still the newest of the log. One asked for with
 * createAuditRevisionDHCPx is taken once its row is really there (it may have been rolled back). Any other is reused
 * only while nobody has changed anything since this session's last change, told by the random token of the epoch.
 * One opened here is also not reused in a later second: a Kea server that already read it would not look again.
 */
const useRevision = (family: 4 | 6): string => `IF COALESCE(@disable_audit, 0) = 0 THEN
    IF @audit_revision_opened = ${family} THEN
      SELECT COUNT(*) INTO revision_is_there FROM dhcp${family}_audit_revision AS r WHERE r.id = @audit_revision_id;
    END IF;
    IF revision_is_there = 1 THEN
      SET @fleet_revision${family} = @audit_revision_id;
      SET @fleet_second${family} = NULL;
      SET @audit_revision_opened = NULL;
    ELSEIF @fleet_revision${family} IS NULL OR NOT (present_token <=> @fleet_token${family})
       OR @fleet_second${family} <> UNIX_TIMESTAMP() THEN
      INSERT INTO dhcp${family}_audit_revision (modification_ts, log_message, server_id)
        VALUES (NOW(), CONCAT('SQL by ', USER()), 1);
      SET @fleet_revision${family} = LAST_INSERT_ID();
      SET @fleet_second${family} = UNIX_TIMESTAMP();
      IF @cascade_cause IS NULL THEN
        SET @cascade_transaction = 0;
      END IF;
    END IF;
    SET @audit_revision_id = @fleet_revision${family};
  END IF;`;

/** One row change: the epoch moves by one and gets a fresh token, the log gets its row. */
function record(scope: Scope): StoredObject {
  const family = scope === 'config4' ? 4 : scope === 'config6' ? 6 : undefined;
  return procedure(
    recordRoutine(scope),
    [
      'changed_table VARCHAR(64) CHARACTER SET utf8mb4',
      'changed_key VARCHAR(255) CHARACTER SET utf8mb4',
      'change_made VARCHAR(8) CHARACTER SET utf8mb4',
      'change_cause VARCHAR(255) CHARACTER SET utf8mb4',
      'old_image LONGTEXT CHARACTER SET utf8mb4',
      'new_image LONGTEXT CHARACTER SET utf8mb4',
    ],
    `BEGIN
  ${declareEpoch}
  ${lockEpoch(`'${scope}'`)}
  ${family === undefined ? '' : useRevision(family)}
  SET present_epoch = present_epoch + 1;
  SET present_token = ${newToken};
  UPDATE fleet_epoch AS e SET e.epoch = present_epoch, e.token = present_token, e.changed_at = UTC_TIMESTAMP(6)
    WHERE e.scope = '${scope}';
  INSERT INTO fleet_change (scope, epoch, token, changed_at, db_user, actor, table_name, row_key, operation, cause,
                            before_image, after_image)
    VALUES ('${scope}', present_epoch, present_token, UTC_TIMESTAMP(6), USER(), LEFT(@fleet_actor, 255),
            changed_table, changed_key, change_made, LEFT(COALESCE(change_cause, @cascade_cause), 255),
            old_image, new_image);
  ${family === undefined ? '' : `SET @fleet_token${family} = present_token;`}
END`,
  );
}

/** For contract triggers that audit before, or without, a recorded change. */
function openRevision(family: 4 | 6): StoredObject {
  return procedure(
    revisionRoutine(family),
    [],
    `BEGIN
  ${declareEpoch}
  ${lockEpoch(`'config${family}'`)}
  ${useRevision(family)}
  SET @fleet_token${family} = present_token;
END`,
  );
}

/** Options of both kinds are in one table: its truncation concerns two scopes. */
function recordTruncate(): StoredObject {
  const text = "'the table was found empty: TRUNCATE fires no trigger and names no user'";
  return procedure(
    'fleet_record_truncate',
    ['emptied_table VARCHAR(64) CHARACTER SET utf8mb4'],
    `BEGIN
  IF emptied_table LIKE 'dhcp4%' THEN
    CALL fleet_record_config4(emptied_table, '', 'truncate', ${text}, NULL, NULL);
  ELSEIF emptied_table LIKE 'dhcp6%' THEN
    CALL fleet_record_config6(emptied_table, '', 'truncate', ${text}, NULL, NULL);
  END IF;
  IF emptied_table NOT LIKE 'dhcp%' OR RIGHT(emptied_table, 8) = '_options' THEN
    CALL fleet_record_hosts(emptied_table, '', 'truncate', ${text}, NULL, NULL);
  END IF;
END`,
  );
}

/**
 * TRUNCATE fires no trigger and moves no date that both engines show, but it leaves the table empty while fleet_table
 * says that it has rows. Edges call this at every poll, outside a transaction: one statement when all is well.
 * The scope's epoch is locked first, as in every trigger; the first caller to turn the flag records the change.
 */
function detectTruncate(): StoredObject {
  const cases = configTables
    .map(({ name }) => `WHEN '${name}' THEN EXISTS (SELECT 1 FROM \`${name}\`)`)
    .join('\n      ');
  const differs = `f.filled <> CASE f.table_name\n      ${cases}\n      ELSE f.filled END`;
  return procedure(
    'fleet_detect_truncate',
    [],
    `BEGIN
  DECLARE finished TINYINT DEFAULT 0;
  DECLARE wrong_table VARCHAR(64);
  DECLARE was_filled, still_wrong TINYINT;
  DECLARE scope_lock BIGINT UNSIGNED;
  DECLARE wrong CURSOR FOR SELECT f.table_name, f.filled FROM fleet_table AS f WHERE ${differs} ORDER BY f.table_name;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET finished = 1;
  OPEN wrong;
  FETCH wrong INTO wrong_table, was_filled;
  IF finished = 0 THEN
    START TRANSACTION;
    SELECT MAX(e.epoch) INTO scope_lock FROM fleet_epoch AS e FOR UPDATE;
    WHILE finished = 0 DO
      SELECT COUNT(*) INTO still_wrong FROM fleet_table AS f WHERE f.table_name = wrong_table AND ${differs};
      IF still_wrong = 1 THEN
        UPDATE fleet_table AS f SET f.filled = 1 - was_filled WHERE f.table_name = wrong_table AND f.filled = was_filled;
        IF was_filled = 1 AND ROW_COUNT() = 1 THEN
          CALL fleet_record_truncate(wrong_table);
        END IF;
      END IF;
      SET finished = 0;
      FETCH wrong INTO wrong_table, was_filled;
    END WHILE;
    COMMIT;
  END IF;
  CLOSE wrong;
END`,
  );
}
