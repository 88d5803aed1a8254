// Client classes in SQL: their order, their dependencies, and what the database refuses.
import assert from 'node:assert/strict';
import { onEachEngine } from './engines.ts';

onEachEngine(
  'classes keep an order in which no class comes before one that it depends on',
  async (database) => {
    const run = (sql: string): Promise<unknown> => database.pool.query(sql);
    const order = async (): Promise<string> =>
      (
        await database.rows(
          'SELECT c.name AS n FROM dhcp4_client_class c JOIN dhcp4_client_class_order o ON o.class_id = c.id ORDER BY o.order_index',
        )
      )
        .map((row) => row['n'])
        .join(' ');
    await run("INSERT INTO dhcp4_client_class (name) VALUES ('a'), ('b'), ('c')");
    await run("INSERT INTO dhcp4_client_class (name, follow_class_name) VALUES ('d', 'a')");
    assert.equal(await order(), 'a d b c');
    await run("UPDATE dhcp4_client_class SET depend_on_known_directly = 1 WHERE name = 'a'");
    await run('INSERT INTO dhcp4_client_class_dependency (class_id, dependency_id) VALUES (2, 1)');
    assert.equal(
      await database.one(
        'SELECT depend_on_known_indirectly FROM dhcp4_client_class_order WHERE class_id = 2',
      ),
      1,
    );
    const dependency = 'INSERT INTO dhcp4_client_class_dependency (class_id, dependency_id) VALUES';
    await assert.rejects(run(`${dependency} (1, 2)`), /evaluated before/);
    await assert.rejects(run(`${dependency} (1, 1)`), /cannot depend on itself/);
    await assert.rejects(run(`${dependency} (1, 77)`), /no client class with id 77/);
    await assert.rejects(
      run("UPDATE dhcp4_client_class SET follow_class_name = 'c' WHERE name = 'a'"),
      /before a class that it depends on/,
    );
    await assert.rejects(
      run("INSERT INTO dhcp4_client_class (name, follow_class_name) VALUES ('z', 'nope')"),
      /no other client class 'nope'/,
    );
    assert.equal(await order(), 'a d b c');
    const connection = await database.pool.getConnection();
    await connection.query("UPDATE dhcp4_client_class SET depend_on_known_directly = 0 WHERE name = 'a'");
    await assert.rejects(
      connection.query('CALL checkDHCPv4ClientClassKnownDependencyChange()'),
      /other client classes depend on this one/,
    );
    connection.destroy();
  },
);
