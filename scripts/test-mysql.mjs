// `npm run test:mysql`: every test that uses a database, on the server that FLOTILLA_TEST_MYSQL_URL names.
// `--owner` runs them as an account that has rights on its test databases only. Other arguments select test files.
import './node-version.mjs';
import { basename } from 'node:path';
import { createChildren } from './children.mjs';
import { build, installPackages, main, root, say, SetupError } from './setup.mjs';
import { needsOwnServer, testFiles, usesGivenServer } from './test-files.mjs';

const concurrency = 2;
const testTimeoutMilliseconds = 300_000;
/** Needs nothing of MySQL but a second look at the same server, or accounts that only an administrator can make. */
const leftOut = { always: ['mysql9.test.ts'], asOwner: ['edge-account.test.ts', 'check.test.ts'] };

const children = createChildren();
const asOwner = process.argv.includes('--owner');
const selected = process.argv.slice(2).filter((argument) => argument !== '--owner');
await main(children, async () => {
  const given = process.env.FLOTILLA_TEST_MYSQL_URL;
  if (!given)
    throw new SetupError(
      'FLOTILLA_TEST_MYSQL_URL names no server: set it to mysql://user:password@host:port/name, an account that may\n' +
        'make databases flotilla_te… there (and accounts, or some tests are skipped). /name is any database it may use.',
    );
  await installPackages(children);
  await build(children);
  const account = asOwner ? await createOwner(given) : undefined;
  try {
    return await run(account?.url ?? given, selected.length > 0 ? selected : databaseTests());
  } finally {
    await account?.remove();
  }
});

function databaseTests() {
  const not = new Set([...leftOut.always, ...(asOwner ? leftOut.asOwner : [])]);
  const files = testFiles();
  const own = files.filter(needsOwnServer).map((file) => basename(file));
  say(`left out, they start a server of their own: ${own.join(', ')}`);
  if (asOwner) say(`left out, they need an administrator: ${leftOut.asOwner.join(', ')}`);
  return files.filter((file) => usesGivenServer(file) && !not.has(basename(file)));
}

function run(url, files) {
  // Both names the same: the tests that look at two engines look at this one once.
  const env = { ...process.env, FLOTILLA_TEST_DATABASE_URL: url, FLOTILLA_TEST_MYSQL_URL: url };
  delete env.DATABASE_URL;
  const reporter = process.stdout.isTTY ? 'spec' : 'tap';
  const options = [`--test-reporter=${reporter}`, `--test-timeout=${testTimeoutMilliseconds}`];
  options.push(`--test-concurrency=${concurrency}`);
  say(`${files.length} test files`);
  return children.run(process.execPath, ['--import', 'tsx', '--test', ...options, ...files], {
    cwd: root,
    env,
  });
}

/** GRANT ALL on the pattern of the tests' databases, nothing global; the server trusts makers of functions meanwhile. */
async function createOwner(given) {
  // Not at the top: in a fresh clone the packages come first.
  const { default: mysql } = await import('mysql2/promise');
  const url = new URL(given);
  const administrator = await mysql.createConnection({
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(url.searchParams.has('socket')
      ? { socketPath: url.searchParams.get('socket') }
      : { host: url.hostname, port: Number(url.port || 3306) }),
  });
  const ask = async (sql) => Object.values((await administrator.query(sql))[0][0])[0];
  const host = await ask("SELECT SUBSTRING_INDEX(USER(), '@', -1)");
  const account = `'flotilla_test_owner'@'${host}'`;
  const trust = await ask('SELECT @@GLOBAL.log_bin_trust_function_creators');
  await administrator.query(`DROP USER IF EXISTS ${account}`);
  await administrator.query(`CREATE USER ${account} IDENTIFIED BY 'owner'`);
  await administrator.query(`GRANT ALL PRIVILEGES ON \`flotilla\\_te%\`.* TO ${account}`);
  await administrator.query('CREATE DATABASE IF NOT EXISTS flotilla_test_owner');
  await administrator.query('SET GLOBAL log_bin_trust_function_creators = 1');
  say(`as ${account}: rights on flotilla\\_te%.* only`);
  url.username = 'flotilla_test_owner';
  url.password = 'owner';
  url.pathname = '/flotilla_test_owner';
  return {
    url: url.href,
    async remove() {
      await administrator.query(`SET GLOBAL log_bin_trust_function_creators = ${trust}`);
      await administrator.query('DROP DATABASE IF EXISTS flotilla_test_owner');
      await administrator.query(`DROP USER IF EXISTS ${account}`);
      await administrator.end();
    },
  };
}
