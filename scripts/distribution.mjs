// Installs the distribution's MariaDB server program on Debian and Ubuntu, as root, without starting a system service.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findServerBinary } from './private-server.mjs';

/**
 * The -core packages hold the programs that `mariadb-server` wraps into a system service; the programs are all that a
 * private server needs. Answers undefined where this is not Debian, or this is not root.
 */
export async function installServerFromDistribution(children, say) {
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) return undefined;
  let packages = corePackages();
  if (packages === undefined) {
    say('reading the package lists of the distribution (apt-get update)');
    await apt(children, ['update']);
    packages = corePackages();
    if (packages === undefined) return undefined;
  }
  say(`installing MariaDB from the distribution: apt-get install ${packages.join(' ')}`);
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  if ((await apt(children, install)) !== 0) {
    // Package lists grow stale: the version they name may be gone from the mirror.
    await apt(children, ['update']);
    if ((await apt(children, install)) !== 0) return undefined;
  }
  return findServerBinary();
}

function apt(children, args) {
  return children.run('apt-get', ['-q', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
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
