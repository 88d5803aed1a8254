// The set-up that `npm start` and `npm test` share: packages, build, database server. Each step is skipped when done.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installServerFromDistribution } from './distribution.mjs';
import { findServerBinary } from './private-server.mjs';

export const root = resolve(import.meta.dirname, '..');
export const program = join(root, 'dist/src/bin/flotilla.js');

export function say(text) {
  console.log(`• ${text}`);
}

/** An expected failure: its text is all that the person needs. */
export class SetupError extends Error {}

/** `npm ci`, only when the installed packages are not those of package-lock.json. */
export async function installPackages(children) {
  const reason = packagesMissing();
  if (reason === undefined) return;
  say(`installing packages (npm ci): ${reason}`);
  const code = await children.run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { cwd: root });
  if (code !== 0) throw new SetupError(`npm ci ended with code ${code}`);
}

/** Compiles to dist/; tsc only looks at what changed. */
export async function build(children) {
  const memory = join(root, 'dist/build.tsbuildinfo');
  // tsc believes its notes, not the disk: without the output, the notes have to go.
  if (!existsSync(program)) rmSync(memory, { force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const code = await children.run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root });
  if (code !== 0) throw new SetupError('the build failed: see the messages above');
}

/** The declarations that `flotilla/hooks` publishes: of that entry and what it mentions. */
export async function declareHooks(children) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const code = await children.run(process.execPath, [tsc, '-p', 'tsconfig.hooks.json'], { cwd: root });
  if (code !== 0) throw new SetupError('the types of flotilla/hooks cannot be made: see the messages above');
}

/** The installed server, or the distribution's after installing it. */
export async function databaseServer(children) {
  const found = findServerBinary() ?? (await installServerFromDistribution(children, say));
  if (found !== undefined) return found;
  throw new SetupError(
    [
      'Flotilla needs a MariaDB (10.6 or newer) or MySQL (8.0 or newer) server, and none is installed here.',
      'Three ways to go on:',
      '  1. use a server you have:    DATABASE_URL=mysql://user:password@host:3306/flotilla npm start',
      '  2. install one:              apt-get install mariadb-server-core mariadb-client-core (Debian, Ubuntu),',
      '                               dnf install mariadb-server (Fedora, RHEL), brew install mariadb (macOS)',
      '  3. on Debian or Ubuntu, run this command once as root: it installs the server by itself',
    ].join('\n'),
  );
}

/** Runs a script's body; expected failures print one message, a signal ends with its conventional code. */
export async function main(children, body) {
  let code = 1;
  try {
    code = await body();
  } catch (error) {
    if (children.interruptedBy === undefined)
      console.error(error instanceof SetupError ? error.message : error);
  } finally {
    children.close();
  }
  process.exitCode = code;
}

function packagesMissing() {
  const installed = packagesIn(join(root, 'node_modules/.package-lock.json'));
  if (installed === undefined) return 'none are installed yet';
  const wanted = packagesIn(join(root, 'package-lock.json')) ?? {};
  for (const [path, { version, optional, link }] of Object.entries(wanted)) {
    if (path === '' || link === true || installed[path]?.version === version) continue;
    if (optional === true && installed[path] === undefined) continue;
    return `${path.replace(/^.*node_modules\//, '')} ${version} is not installed`;
  }
  return undefined;
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
