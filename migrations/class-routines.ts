// Contract routines of client classes, once for both families: evaluation order, dependencies, dependence on KNOWN.
// Reads are SELECT … INTO: inside a trigger any other read would lock the rows it meets.
import { procedure, type StoredObject } from './routine.ts';

export function classRoutines(family: 4 | 6): StoredObject[] {
  return [
    setOrder(family),
    checkDependency(family),
    updateKnownDependency(family),
    checkKnownDependencyChange(family),
  ];
}

const fail = (text: string): string => `SET message = ${text};
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = message;`;

/** A class comes last, or right after the class it names; naming the same class as before keeps its place. */
function setOrder(family: 4 | 6): StoredObject {
  const table = (name: string): string => `dhcp${family}_client_class${name}`;
  return procedure(
    `setClientClass${family}Order`,
    ['id bigint unsigned', 'follow_class_name varchar(128)', 'old_follow_class_name varchar(128)'],
    `BEGIN
  DECLARE present bigint unsigned;
  DECLARE target bigint unsigned;
  DECLARE wrong tinyint;
  DECLARE message varchar(128);
  SELECT MAX(o.order_index) INTO present FROM ${table('_order')} AS o WHERE o.class_id = id;
  IF present IS NULL OR NOT (follow_class_name <=> old_follow_class_name) THEN
    IF follow_class_name IS NULL THEN
      SELECT COALESCE(MAX(o.order_index), 0) + 1 INTO target FROM ${table('_order')} AS o;
    ELSE
      SELECT MAX(o.order_index) + 1 INTO target
        FROM ${table('_order')} AS o JOIN ${table('')} AS c ON c.id = o.class_id
        WHERE c.name = follow_class_name AND c.id <> id;
      IF target IS NULL THEN
        ${fail("LEFT(CONCAT('there is no other client class ''', follow_class_name, ''' to follow'), 128)")}
      END IF;
      UPDATE ${table('_order')} AS o SET o.order_index = o.order_index + 1
        WHERE o.order_index >= target AND o.class_id <> id ORDER BY o.order_index DESC;
    END IF;
    SELECT EXISTS (
      SELECT 1 FROM ${table('_dependency')} AS d JOIN ${table('_order')} AS o ON o.class_id = d.dependency_id
      WHERE d.class_id = id AND o.order_index >= target
    ) OR EXISTS (
      SELECT 1 FROM ${table('_dependency')} AS d JOIN ${table('_order')} AS o ON o.class_id = d.class_id
      WHERE d.dependency_id = id AND o.order_index <= target
    ) INTO wrong;
    IF wrong THEN
      ${fail("'the new place of the client class would put it before a class that it depends on, or after one that depends on it'")}
    END IF;
    INSERT INTO ${table('_order')} (class_id, order_index) VALUES (id, target)
      ON DUPLICATE KEY UPDATE order_index = target;
  END IF;
END`,
  );
}

/** A dependency must exist, be evaluated earlier, and be served wherever the class is. */
function checkDependency(family: 4 | 6): StoredObject {
  const table = (name: string): string => `dhcp${family}_client_class${name}`;
  return procedure(
    `checkDHCPv${family}ClientClassDependency`,
    ['class_id bigint unsigned', 'dependency_id bigint unsigned'],
    `BEGIN
  DECLARE message varchar(128);
  DECLARE classes, dependencies, wrong int;
  DECLARE class_place, dependency_place bigint unsigned;
  SELECT COUNT(*), MAX(o.order_index) INTO classes, class_place FROM ${table('')} AS c
    LEFT JOIN ${table('_order')} AS o ON o.class_id = c.id WHERE c.id = class_id;
  SELECT COUNT(*), MAX(o.order_index) INTO dependencies, dependency_place FROM ${table('')} AS c
    LEFT JOIN ${table('_order')} AS o ON o.class_id = c.id WHERE c.id = dependency_id;
  IF class_id IS NULL OR dependency_id IS NULL THEN
    ${fail("'a client class dependency needs the ids of both classes'")}
  END IF;
  IF class_id = dependency_id THEN
    ${fail("'a client class cannot depend on itself'")}
  END IF;
  IF classes = 0 THEN
    ${fail("CONCAT('there is no client class with id ', class_id)")}
  END IF;
  IF dependencies = 0 THEN
    ${fail("CONCAT('there is no client class with id ', dependency_id, ' to depend on')")}
  END IF;
  IF class_place <= dependency_place THEN
    ${fail("CONCAT('client class ', class_id, ' is evaluated before client class ', dependency_id, ' that it depends on')")}
  END IF;
  SELECT COUNT(*) INTO wrong FROM ${table('_server')} AS s WHERE s.class_id = class_id AND NOT EXISTS (
    SELECT 1 FROM ${table('_server')} AS t
    WHERE t.class_id = dependency_id AND (t.server_id = s.server_id OR t.server_id = 1));
  IF wrong > 0 THEN
    ${fail("CONCAT('client class ', class_id, ' has a server that client class ', dependency_id, ' it depends on lacks')")}
  END IF;
END`,
  );
}

/** A class that depends on a class that depends on KNOWN depends on it too. */
function updateKnownDependency(family: 4 | 6): StoredObject {
  return procedure(
    `updateDHCPv${family}ClientClassKnownDependency`,
    ['client_class_id bigint unsigned', 'dependency_id bigint unsigned'],
    `BEGIN
  DECLARE depends int;
  SELECT COUNT(*) INTO depends FROM dhcp${family}_client_class AS c
    LEFT JOIN dhcp${family}_client_class_order AS o ON o.class_id = c.id
    WHERE c.id = dependency_id AND (c.depend_on_known_directly <> 0 OR o.depend_on_known_indirectly <> 0);
  IF depends > 0 THEN
    UPDATE dhcp${family}_client_class_order AS o SET o.depend_on_known_indirectly = 1
      WHERE o.class_id = client_class_id AND o.depend_on_known_indirectly = 0;
  END IF;
END`,
  );
}

/** After the update of a class (its trigger left what was before in session variables). */
function checkKnownDependencyChange(family: 4 | 6): StoredObject {
  return procedure(
    `checkDHCPv${family}ClientClassKnownDependencyChange`,
    [],
    `BEGIN
  DECLARE directly tinyint;
  DECLARE indirectly tinyint;
  DECLARE message varchar(128);
  IF @client_class_id IS NOT NULL THEN
    SELECT MAX(c.depend_on_known_directly) INTO directly FROM dhcp${family}_client_class AS c WHERE c.id = @client_class_id;
    SELECT EXISTS (
      SELECT 1 FROM dhcp${family}_client_class_dependency AS d
      JOIN dhcp${family}_client_class AS c ON c.id = d.dependency_id
      LEFT JOIN dhcp${family}_client_class_order AS o ON o.class_id = c.id
      WHERE d.class_id = @client_class_id
        AND (c.depend_on_known_directly <> 0 OR o.depend_on_known_indirectly <> 0)) INTO indirectly;
    UPDATE dhcp${family}_client_class_order AS o SET o.depend_on_known_indirectly = indirectly
      WHERE o.class_id = @client_class_id AND o.depend_on_known_indirectly <> indirectly;
    IF (directly <> 0 OR indirectly <> 0)
       <> (COALESCE(@depend_on_known_directly, 0) <> 0 OR COALESCE(@depend_on_known_indirectly, 0) <> 0)
       AND EXISTS (SELECT 1 FROM dhcp${family}_client_class_dependency AS d WHERE d.dependency_id = @client_class_id)
    THEN
      ${fail("'other client classes depend on this one, so whether it depends on KNOWN cannot change'")}
    END IF;
  END IF;
END`,
  );
}
