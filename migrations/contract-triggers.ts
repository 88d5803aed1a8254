// Contract triggers, once for both families: audit, deletes that take what belongs to a row along, lease counters.
import { trigger, type StoredObject } from './routine.ts';

/**
 * `statisticsSwitch`: whether the lease triggers obey `@fleet_statistics_off`, which our lease batches set because
 * they keep the counters with one aggregated statement. A detached database has no such switch.
 */
export function contractTriggers(family: 4 | 6, statisticsSwitch: boolean): StoredObject[] {
  return [
    ...audited(family, 'global_parameter', 'id'),
    ...audited(family, 'option_def', 'id'),
    ...audited(family, 'server', 'id'),
    ...classTriggers(family),
    ...optionTriggers(family),
    ...subnetTriggers(family),
    ...networkTriggers(family),
    poolTrigger(family, 'pool', 'pool_id'),
    ...(family === 6 ? [poolTrigger(family, 'pd_pool', 'pd_pool_id')] : []),
    ...leaseTriggers(family, statisticsSwitch),
  ];
}

const entry = (family: 4 | 6, table: string, id: string, change: string): string =>
  `CALL createAuditEntryDHCP${family}('dhcp${family}_${table}', ${id}, '${change}')`;

function audited(
  family: 4 | 6,
  table: string,
  key: string,
  events: readonly string[] = ['AINS', 'AUPD', 'ADEL'],
): StoredObject[] {
  const name = `dhcp${family}_${table}`;
  const all = [
    trigger(`${name}_AINS`, name, 'AFTER INSERT', entry(family, table, `NEW.${key}`, 'create')),
    trigger(`${name}_AUPD`, name, 'AFTER UPDATE', entry(family, table, `NEW.${key}`, 'update')),
    trigger(`${name}_ADEL`, name, 'AFTER DELETE', entry(family, table, `OLD.${key}`, 'delete')),
  ];
  return all.filter((made) => events.some((event) => made.name === `${name}_${event}`));
}

function classTriggers(family: 4 | 6): StoredObject[] {
  const name = `dhcp${family}_client_class`;
  return [
    trigger(
      `${name}_AINS`,
      name,
      'AFTER INSERT',
      `BEGIN
  CALL setClientClass${family}Order(NEW.id, NEW.follow_class_name, NULL);
  ${entry(family, 'client_class', 'NEW.id', 'create')};
END`,
    ),
    trigger(
      `${name}_AUPD`,
      name,
      'AFTER UPDATE',
      `BEGIN
  SET @client_class_id = NEW.id;
  SET @depend_on_known_directly = OLD.depend_on_known_directly;
  SELECT MAX(o.depend_on_known_indirectly) INTO @depend_on_known_indirectly
    FROM ${name}_order AS o WHERE o.class_id = NEW.id;
  CALL setClientClass${family}Order(NEW.id, NEW.follow_class_name, OLD.follow_class_name);
  ${entry(family, 'client_class', 'NEW.id', 'update')};
END`,
    ),
    ...audited(family, 'client_class', 'id', ['ADEL']),
    trigger(
      `${name}_check_dependency_BINS`,
      `${name}_dependency`,
      'BEFORE INSERT',
      `CALL checkDHCPv${family}ClientClassDependency(NEW.class_id, NEW.dependency_id)`,
    ),
    trigger(
      `${name}_dependency_AINS`,
      `${name}_dependency`,
      'AFTER INSERT',
      `CALL updateDHCPv${family}ClientClassKnownDependency(NEW.class_id, NEW.dependency_id)`,
    ),
  ];
}

function optionTriggers(family: 4 | 6): StoredObject[] {
  const name = `dhcp${family}_options`;
  const call = (change: string, side: 'OLD' | 'NEW', time: string): string =>
    `CALL createOptionAuditDHCP${family}('${change}', ${[
      'scope_id',
      'option_id',
      `dhcp${family}_subnet_id`,
      'host_id',
      'shared_network_name',
      'pool_id',
      ...(family === 6 ? ['pd_pool_id'] : []),
    ]
      .map((column) => `${side}.${column}`)
      .join(', ')}, ${time})`;
  return [
    trigger(`${name}_AINS`, name, 'AFTER INSERT', call('create', 'NEW', 'NEW.modification_ts')),
    trigger(`${name}_AUPD`, name, 'AFTER UPDATE', call('update', 'NEW', 'NEW.modification_ts')),
    trigger(`${name}_ADEL`, name, 'AFTER DELETE', call('delete', 'OLD', 'NOW()')),
  ];
}

/**
 * Deletes what belongs to a row that goes, without touching the row itself: as if the cascade flag were set.
 * `@cascade_cause` names the row to whoever records the deletes. Both are set back whatever happens.
 */
const cascading = (cause: string, first: string, statements: readonly string[]): string => `BEGIN
  DECLARE cascade_before int DEFAULT @cascade_transaction;
  DECLARE cause_before varchar(255) DEFAULT @cascade_cause;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    SET @cascade_transaction = cascade_before;
    SET @cascade_cause = cause_before;
    RESIGNAL;
  END;
  ${first};
  SET @cascade_transaction = 1;
  SET @cascade_cause = ${cause};
  ${statements.join(';\n  ')};
  SET @cascade_transaction = cascade_before;
  SET @cascade_cause = cause_before;
END`;

function subnetTriggers(family: 4 | 6): StoredObject[] {
  const name = `dhcp${family}_subnet`;
  return [
    ...audited(family, 'subnet', 'subnet_id', ['AINS', 'AUPD']),
    trigger(
      `${name}_BDEL`,
      name,
      'BEFORE DELETE',
      cascading(`CONCAT('${name} ', OLD.subnet_id)`, entry(family, 'subnet', 'OLD.subnet_id', 'delete'), [
        `DELETE FROM dhcp${family}_pool WHERE subnet_id = OLD.subnet_id`,
        ...(family === 6 ? ['DELETE FROM dhcp6_pd_pool WHERE subnet_id = OLD.subnet_id'] : []),
        `DELETE FROM dhcp${family}_options WHERE dhcp${family}_subnet_id = OLD.subnet_id`,
      ]),
    ),
  ];
}

function networkTriggers(family: 4 | 6): StoredObject[] {
  const name = `dhcp${family}_shared_network`;
  return [
    ...audited(family, 'shared_network', 'id', ['AINS', 'AUPD']),
    trigger(
      `${name}_BDEL`,
      name,
      'BEFORE DELETE',
      cascading(`CONCAT('${name} ', OLD.id)`, entry(family, 'shared_network', 'OLD.id', 'delete'), [
        `UPDATE dhcp${family}_subnet SET shared_network_name = NULL WHERE shared_network_name = OLD.name`,
        `DELETE FROM dhcp${family}_options WHERE shared_network_name = OLD.name`,
      ]),
    ),
  ];
}

function poolTrigger(family: 4 | 6, table: string, column: string): StoredObject {
  const name = `dhcp${family}_${table}`;
  return trigger(
    `${name}_BDEL`,
    name,
    'BEFORE DELETE',
    `DELETE FROM dhcp${family}_options WHERE ${column} = OLD.id`,
  );
}

function leaseTriggers(family: 4 | 6, statisticsSwitch: boolean): StoredObject[] {
  const table = `lease${family}`;
  const type = family === 6 ? ['lease_type'] : [];
  const counters = [
    { suffix: 'stat', columns: ['state', 'subnet_id', ...type] },
    { suffix: 'pool_stat', columns: ['state', 'subnet_id', 'pool_id', ...type] },
    { suffix: 'stat_by_client_class', columns: ['state', 'user_context', ...type] },
  ];
  const calls = (event: string, sides: readonly string[]): string =>
    counters
      .map(({ suffix, columns }) => {
        const values = sides.flatMap((side) => columns.map((column) => `${side}.${column}`));
        const call = `CALL ${table}_${event}_${table}_${suffix}(${values.join(', ')});`;
        if (sides.length < 2) return call;
        // A renewal changes none of these, and most updates are renewals: spare the call.
        const same = columns.map((column) => `OLD.${column} <=> NEW.${column}`).join(' AND ');
        return `IF NOT (${same}) THEN ${call} END IF;`;
      })
      .join('\n    ');
  const body = (event: string, sides: readonly string[]): string =>
    statisticsSwitch
      ? `BEGIN\n  IF COALESCE(@fleet_statistics_off, 0) <> 1 THEN\n    ${calls(event, sides)}\n  END IF;\nEND`
      : `BEGIN\n    ${calls(event, sides)}\nEND`;
  return [
    trigger(`${table}_AINS`, table, 'AFTER INSERT', body('AINS', ['NEW'])),
    trigger(`${table}_AUPD`, table, 'AFTER UPDATE', body('AUPD', ['OLD', 'NEW'])),
    trigger(`${table}_ADEL`, table, 'AFTER DELETE', body('ADEL', ['OLD'])),
  ];
}
