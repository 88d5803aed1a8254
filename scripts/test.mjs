// `npm test`: packages, build, lint, then every test on a database server of its own. Arguments select test files.
import './node-version.mjs';
import { join } from 'node:path';
import { createChildren } from './children.mjs';
import { findServerBinary } from './private-server.mjs';
import { build, databaseServer, installPackages, main, root, say } from './setup.mjs';
import { needsOwnServer, testFiles } from './test-files.mjs';
import { installTestPrograms } from './test-programs.mjs';
import { endAbandonedTestServers, openTestServer } from './test-server.mjs';

const concurrency = 2;
const testTimeoutMilliseconds = 300_000;

const children = createChildren();
const selected = process.argv.slice(2);
await main(children, async () => {
  await installPackages(children);
  await build(children);
  const linted = selected.length > 0 || (await lint());
  await installTestPrograms(children, say);
  const server = await openServer();
  try {
    const code = await runTests(server.url, selected.length > 0 ? selected : allTests());
    if (!linted) console.error('the tests above ran, but lint failed: see the top of this output');
    return linted ? code : 1;
  } finally {
    await endAbandonedTestServers();
    await server.release({ remove: true });
  }
});

async function lint() {
  say('lint: eslint, prettier');
  const tool = (path, args) =>
    children.run(process.execPath, [join(root, 'node_modules', path), ...args], { cwd: root });
  const eslint = await tool('eslint/bin/eslint.js', ['.']);
  const prettier = await tool('prettier/bin/prettier.cjs', ['--check', '.', '--log-level', 'warn']);
  return eslint === 0 && prettier === 0;
}

/** Tests make databases of their own, so any server where they may do so will serve. */
async function openServer() {
  const given = process.env.FLOTILLA_TEST_DATABASE_URL || process.env.DATABASE_URL;
  if (given) {
    say('tests use databases flotilla_test_… on the given server');
    return { url: given, release: async () => {} };
  }
  return openTestServer(await databaseServer(children), say);
}

/** With a server given by its address and none installed, the tests that start one cannot run. */
function allTests() {
  const files = testFiles();
  if (findServerBinary() !== undefined) return files;
  const own = files.filter(needsOwnServer);
  say(`skipped, no mariadbd or mysqld is installed that they could start: ${own.join(', ')}`);
  return files.filter((file) => !own.includes(file));
}

function runTests(databaseUrl, files) {
  const env = { ...process.env, FLOTILLA_TEST_DATABASE_URL: databaseUrl };
  // No test may meet the database of a real fleet by accident.
  delete env.DATABASE_URL;
  const reporter = new URL('./test-reporter.mjs', import.meta.url).href;
  const options = [`--test-reporter=${reporter}`, `--test-timeout=${testTimeoutMilliseconds}`];
  options.push(`--test-concurrency=${concurrency}`);
  say(`${files.length} test files`);
  return children.run(process.execPath, ['--import', 'tsx', '--test', ...options, ...files], {
    cwd: root,
    env,
  });
}
