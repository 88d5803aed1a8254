// `npm start`: packages, build, database, then the fleet on this machine; Ctrl-C stops what was started here.
import './node-version.mjs';
import { join } from 'node:path';
import { createChildren } from './children.mjs';
import { openPrivateServer } from './private-server.mjs';
import { build, databaseServer, installPackages, main, program, root, say, SetupError } from './setup.mjs';

const databaseName = 'flotilla';

const children = createChildren();
await main(children, async () => {
  await installPackages(children);
  await build(children);
  const database = await openDatabase();
  try {
    const env = { ...process.env, DATABASE_URL: database.url };
    const initialised = await children.run(process.execPath, [program, 'db', 'init'], { env });
    if (children.interruptedBy !== undefined) return 130;
    if (initialised !== 0) throw new SetupError('the database could not be prepared: see the message above');
    const demo = [program, 'demo', ...process.argv.slice(2)];
    return await children.run(process.execPath, demo, { env, wholeGroup: false });
  } finally {
    if (await database.release()) say('stopped the private database');
  }
});

/** DATABASE_URL, else a private server that keeps its data under var/. */
async function openDatabase() {
  const given = process.env.DATABASE_URL;
  if (given !== undefined && given !== '') {
    say('using the database of DATABASE_URL');
    return { url: given, release: async () => false };
  }
  const binary = await databaseServer(children);
  const server = await openPrivateServer({ directory: join(root, 'var/db'), binary, say });
  say(
    `${server.started ? 'started' : 'found'} a private database (${binary.path}, socket ${server.socketPath})`,
  );
  return { url: server.url(databaseName), release: () => server.release() };
}
