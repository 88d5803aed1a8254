// Installs programs from the packages of Debian and Ubuntu, as root, without starting or enabling a system service.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findServerBinary } from './private-server.mjs';

const packagePath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Why nothing can be installed here, or undefined when it can. */
export function distributionMissing() {
  if (!existsSync('/etc/debian_version')) return 'this is not Debian or Ubuntu';
  if (process.getuid?.() !== 0) return 'only root may install packages';
  return undefined;
}

/**
 * The -core packages hold the programs that `mariadb-server` wraps into a system service; the programs are all that a
 * private server needs. Answers undefined where nothing can be installed.
 */
export async function installServerFromDistribution(children, say) {
  if (distributionMissing() !== undefined) return undefined;
  let packages = corePackages();
  if (packages === undefined) {
    say('reading the package lists of the distribution (apt-get update)');
    await apt(children, ['update']);
    packages = corePackages();
    if (packages === undefined) return undefined;
  }
  say(`installing MariaDB from the distribution: apt-get install ${packages.join(' ')}`);
  return (await installFromDistribution(children, packages)) ? findServerBinary() : undefined;
}

/** True when all are installed afterwards; the words of apt-get are printed only when it fails. */
export async function installFromDistribution(children, packages) {
  const guard = serviceGuard();
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  try {
    if ((await apt(children, install, { guard, output: 'hidden' })) === 0) return true;
    // There may be no package lists yet, or stale ones: the version they name may be gone from the mirror.
    await apt(children, ['update']);
    return (await apt(children, install, { guard })) === 0;
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

function apt(children, args, { guard, output = 'on failure' } = {}) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' };
  // apt gives packages a PATH of its own, whatever ours is.
  const path = guard === undefined ? [] : ['-o', `DPkg::Path=${guard}${delimiter}${packagePath}`];
  return children.run('apt-get', ['-q', ...path, ...args], { env, output });
}

/**
 * A folder for the front of PATH, where the tools with which packages start and enable their services do nothing.
 * Unlike a policy-rc.d, it is seen by this installation alone and leaves nothing behind.
 */
function serviceGuard() {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-apt-'));
  chmodSync(folder, 0o755);
  for (const tool of [
    'invoke-rc.d',
    'update-rc.d',
    'deb-systemd-invoke',
    'deb-systemd-helper',
    'systemctl',
  ]) {
    writeFileSync(join(folder, tool), '#!/bin/sh\nexit 0\n');
    chmodSync(join(folder, tool), 0o755);
  }
  return folder;
}

/** Older releases carry the version in the name: mariadb-server-core-10.6. */
function corePackages() {
  const names = execFileSync('apt-cache', ['pkgnames', 'mariadb-'], { encoding: 'utf8' }).split('\n');
  const server = names
    .filter((name) => /^mariadb-server-core(-[\d.]+)?$/.test(name))
    .sort((a, b) => a.length - b.length)[0];
  if (server === undefined) return undefined;
  const client = server.replace('server', 'client');
  return names.includes(client) ? [server, client] : [server];
}
