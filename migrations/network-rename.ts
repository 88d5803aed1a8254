// Lets plain SQL rename a shared network that has subnets, which the contract's foreign key (NO ACTION) refuses.
import { trigger, type StoredObject } from './routine.ts';

/**
 * Before the new name is written its subnets let go of the old one; after it they take the new one. In between,
 * fleet_rename remembers them. Each subnet is recorded and audited by its own triggers, and its modification_ts moves
 * so that a Kea server sees it too.
 */
export function networkRenameTriggers(family: 4 | 6): StoredObject[] {
  const network = `dhcp${family}_shared_network`;
  const subnet = `dhcp${family}_subnet`;
  const renamed = 'NOT (CAST(OLD.name AS BINARY) <=> CAST(NEW.name AS BINARY))';
  const withCause = (statements: readonly string[]): string => `BEGIN
  DECLARE cause_before VARCHAR(255) DEFAULT @cascade_cause;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION
  BEGIN
    SET @cascade_cause = cause_before;
    RESIGNAL;
  END;
  IF ${renamed} THEN
    SET @cascade_cause = CONCAT('${network} ', NEW.id);
    ${statements.join(';\n    ')};
    SET @cascade_cause = cause_before;
  END IF;
END`;
  return [
    trigger(
      `fleet_${network}_rename_BUPD`,
      network,
      'BEFORE UPDATE',
      withCause([
        `DELETE FROM fleet_rename WHERE family = ${family} AND network_id = OLD.id`,
        `INSERT INTO fleet_rename (family, network_id, subnet_id)
      SELECT ${family}, OLD.id, s.subnet_id FROM ${subnet} AS s WHERE s.shared_network_name = OLD.name`,
        `UPDATE ${subnet} AS s SET s.shared_network_name = NULL WHERE s.shared_network_name = OLD.name`,
      ]),
    ),
    trigger(
      `fleet_${network}_rename_AUPD`,
      network,
      'AFTER UPDATE',
      withCause([
        `UPDATE ${subnet} AS s JOIN fleet_rename AS r ON r.subnet_id = s.subnet_id
      SET s.shared_network_name = NEW.name, s.modification_ts = NOW()
      WHERE r.family = ${family} AND r.network_id = NEW.id`,
        `DELETE FROM fleet_rename WHERE family = ${family} AND network_id = NEW.id`,
      ]),
    ),
  ];
}
