// A private MariaDB or MySQL server: own data directory, UNIX socket only, shared by whoever needs it, stopped by the
// last one. Plain Node without packages, because it runs before the packages are installed.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** A UNIX socket address holds 107 bytes; some stay free for the server's own suffixes. */
const longestSocketPath = 96;
const startSeconds = 90;
const stopSeconds = 60;
/** By number: in containers, accounts need not have a name. */
const uid = process.getuid?.();

/**
 * Uses the server that runs on `directory` already, or starts one. `durable: false` trades safety for speed.
 * Throws an Error with the end of the server's log when it does not come up.
 */
export async function openPrivateServer({ directory, binary, durable = true, extra = [], say = () => {} }) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const socketPath = socketPathFor(directory);
  const users = join(directory, 'users');
  mkdirSync(users, { recursive: true });
  const me = join(users, String(process.pid));
  writeFileSync(me, '');
  let started = false;
  try {
    await withLock(join(directory, 'lock'), async () => {
      if (await greets(socketPath)) return;
      if (serverPid(directory) !== undefined && (await waitFor(() => greets(socketPath), startSeconds)))
        return;
      initialise(directory, binary, say);
      await launch({ directory, binary, socketPath, durable, extra });
      started = true;
    });
  } catch (error) {
    rmSync(me, { force: true });
    throw error;
  }
  return {
    directory,
    socketPath,
    started,
    get pid() {
      return serverPid(directory);
    },
    url: (database = 'information_schema') => socketUrl(socketPath, database),
    /** Says that this process needs the server no more; the last one to say so stops it. True when it was stopped. */
    async release() {
      return withLock(join(directory, 'lock'), async () => {
        rmSync(me, { force: true });
        if (liveUsers(users).length > 0) return false;
        await stopServer(directory);
        if (dirname(socketPath) !== directory) rmSync(dirname(socketPath), { recursive: true, force: true });
        return true;
      });
    },
    /** Stops it, whoever else uses it. */
    stop: () => stopServer(directory),
    /** SIGKILL: the crash that durability is tested with. Resolves when the process is gone. */
    async kill() {
      const pid = serverPid(directory);
      if (pid === undefined) return;
      process.kill(pid, 'SIGKILL');
      await waitFor(() => !isAlive(pid), 10);
    },
    /** Starts it again on the same data after `stop` or `kill`. */
    async restart() {
      await launch({ directory, binary, socketPath, durable, extra });
    },
  };
}

/** Kills the server of a directory whose users have all died without a word. True when nobody needs it. */
export async function endAbandoned(directory) {
  const users = join(directory, 'users');
  if (!existsSync(users) || liveUsers(users).length > 0) return false;
  const pid = serverPid(directory);
  if (pid !== undefined) {
    process.kill(pid, 'SIGKILL');
    await waitFor(() => !isAlive(pid), 10);
  }
  return true;
}

/** The installed server, MariaDB before MySQL, or undefined. */
export function findServerBinary() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  folders.push('/usr/libexec', '/usr/local/bin', '/opt/homebrew/bin', '/usr/local/mysql/bin');
  for (const name of ['mariadbd', 'mysqld']) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (folder === '' || !existsSync(path)) continue;
      try {
        const version = execFileSync(path, ['--no-defaults', '--version'], { encoding: 'utf8' }).trim();
        return { path, version, flavour: /mariadb/i.test(version) ? 'mariadb' : 'mysql' };
      } catch {
        // Found but not runnable: the next one may be.
      }
    }
  }
  return undefined;
}

export function socketUrl(socketPath, database) {
  return `mysql://root@localhost/${encodeURIComponent(database)}?socket=${encodeURIComponent(socketPath)}`;
}

/** True when a server sends its greeting on the socket: protocol version 10 after the four bytes of the packet header. */
export function greets(socketPath) {
  return new Promise((resolve) => {
    if (!existsSync(socketPath)) return resolve(false);
    const socket = connect(socketPath);
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('end', () => settle(false));
    socket.once('data', (greeting) => settle(greeting[4] === 10));
  });
}

/** Beside the data when that is short enough, else in a private directory of the system's temporary folder. */
function socketPathFor(directory) {
  const beside = join(directory, 'server.sock');
  if (Buffer.byteLength(beside) <= longestSocketPath) return beside;
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 10);
  const folder = join(tmpdir(), `flotilla-${uid}-${digest}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid: owner, mode } = lstatSync(folder);
  if (owner !== uid || (mode & 0o077) !== 0)
    throw new Error(`${folder} belongs to somebody else: remove it, or set TMPDIR to a private directory`);
  return join(folder, 's.sock');
}

/** Makes the data directory beside its final name, so that an interrupted run leaves no half of one. */
function initialise(directory, binary, say) {
  const data = join(directory, 'data');
  if (existsSync(data)) return;
  say(`making a database directory in ${directory}`);
  const fresh = join(directory, 'data.new');
  rmSync(fresh, { recursive: true, force: true });
  const asRoot = uid === 0 ? ['--user=root'] : [];
  const folder = [`--datadir=${fresh}`, `--tmpdir=${temporaryFolder(directory)}`, ...asRoot];
  const [command, args] =
    binary.flavour === 'mariadb'
      ? [
          installerBeside(binary.path),
          ['--no-defaults', '--auth-root-authentication-method=normal', '--skip-test-db', ...folder],
        ]
      : [binary.path, ['--no-defaults', '--initialize-insecure', ...folder]];
  try {
    execFileSync(command, args, { stdio: 'pipe', encoding: 'utf8' });
  } catch (error) {
    const output = `${error.stdout ?? ''}\n${error.stderr ?? ''}`.trim();
    throw new Error(`${command} could not make a database directory: ${output || error.message}`, {
      cause: error,
    });
  }
  renameSync(fresh, data);
}

/** MariaDB deletes temporary tables it finds there when it starts: in a shared folder, those of other servers. */
function temporaryFolder(directory) {
  const folder = join(directory, 'tmp');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function installerBeside(serverPath) {
  const folders = [join(serverPath, '..'), join(serverPath, '../../bin'), '/usr/bin'];
  folders.push(...(process.env.PATH ?? '').split(delimiter));
  for (const name of ['mariadb-install-db', 'mysql_install_db'])
    for (const folder of folders) if (existsSync(join(folder, name))) return join(folder, name);
  throw new Error(`mariadb-install-db, which belongs to ${serverPath}, is not installed`);
}

/** In a session of its own: a ^C on the terminal must not take the database away before the daemons have finished. */
async function launch({ directory, binary, socketPath, durable, extra }) {
  const log = join(directory, 'server.log');
  for (const stale of [socketPath, `${socketPath}.lock`, join(directory, 'server.pid')])
    rmSync(stale, { force: true });
  const output = openSync(log, 'a', 0o600);
  const child = spawn(binary.path, serverArguments({ directory, binary, socketPath, durable, extra }), {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: directory,
  });
  closeSync(output);
  let failure;
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code, signal) => (failure = `it ended with ${signal ?? `code ${code}`}`));
  child.unref();
  await waitFor(async () => failure !== undefined || (await greets(socketPath)), startSeconds);
  if (failure === undefined && (await greets(socketPath))) return;
  const tail = readFileSync(log, 'utf8').split('\n').slice(-12).join('\n');
  throw new Error(
    `${binary.path} does not answer: ${failure ?? `silent for ${startSeconds} s`}. End of ${log}:\n${tail}`,
  );
}

function serverArguments({ directory, binary, socketPath, durable, extra }) {
  const safe = ['--innodb-flush-log-at-trx-commit=1', '--innodb-doublewrite=1'];
  const fast = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0'];
  return [
    '--no-defaults',
    ...(uid === 0 ? ['--user=root'] : []),
    `--datadir=${join(directory, 'data')}`,
    `--tmpdir=${temporaryFolder(directory)}`,
    `--socket=${socketPath}`,
    `--pid-file=${join(directory, 'server.pid')}`,
    '--skip-networking',
    '--skip-name-resolve',
    '--character-set-server=utf8mb4',
    '--innodb-buffer-pool-size=256M',
    '--max-connections=300',
    // Nothing replicates from a private server; without a binary log each commit is one flush, not two.
    '--skip-log-bin',
    ...(durable ? safe : fast),
    // The folder for files that packages of MySQL set need not exist; a private server reads and writes none.
    ...(binary.flavour === 'mysql' ? ['--mysqlx=OFF', '--secure-file-priv=NULL'] : []),
    ...extra,
  ];
}

async function stopServer(directory) {
  const pid = serverPid(directory);
  if (pid === undefined) return;
  process.kill(pid, 'SIGTERM');
  if (!(await waitFor(() => !isAlive(pid), stopSeconds)))
    throw new Error(`the database server (process ${pid}) did not stop within ${stopSeconds} s`);
}

/** The process that serves this directory. A number left by a crash may belong to another program by now. */
function serverPid(directory) {
  const pid = numberIn(join(directory, 'server.pid'));
  if (pid === undefined || !isAlive(pid)) return undefined;
  const commandLine = textOf(`/proc/${pid}/cmdline`);
  return commandLine === undefined || commandLine.includes(join(directory, 'data')) ? pid : undefined;
}

/** One process at a time; a lock whose holder has died is taken over. */
async function withLock(path, work) {
  const acquire = () => {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const holder = numberIn(path);
      if (holder !== undefined && !isAlive(holder)) rmSync(path, { force: true });
      return false;
    }
  };
  if (!(await waitFor(acquire, startSeconds + stopSeconds)))
    throw new Error(`${path} is held by process ${numberIn(path)}`);
  try {
    return await work();
  } finally {
    unlinkSync(path);
  }
}

function liveUsers(folder) {
  return readdirSync(folder).filter((name) => {
    const alive = isAlive(Number(name));
    if (!alive) rmSync(join(folder, name), { force: true });
    return alive;
  });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  // A killed child that nobody has waited for yet still has a number.
  const state = textOf(`/proc/${pid}/stat`);
  return state === undefined || !/^\d+ \(.*\) Z/s.test(state);
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function numberIn(path) {
  const text = textOf(path)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

async function waitFor(condition, seconds) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
