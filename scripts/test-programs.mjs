// The programs beside Node and the database that tests use; on Debian and Ubuntu, root gets those that are missing.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { distributionMissing, installFromDistribution } from './distribution.mjs';

/** Program → its package on Debian and Ubuntu. */
export const testPrograms = {
  ip: 'iproute2',
  dhclient: 'isc-dhcp-client',
  udhcpc: 'udhcpc',
  dhcpcd: 'dhcpcd-base',
  dhcrelay: 'isc-dhcp-relay',
  python3: 'python3-minimal',
  openssl: 'openssl',
};

/** What benchmarks need besides. */
export const benchPrograms = { perfdhcp: 'kea-admin' };

/** The clients' own folders are not on everybody's PATH. */
export const searchPath = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

/** Never fails: tests of a program that is still missing are skipped, and say so. */
export async function installTestPrograms(children, say, programs = testPrograms) {
  const missing = Object.keys(programs).filter((program) => !isInstalled(program));
  if (missing.length === 0) return;
  const obstacle = distributionMissing() ?? namespacesRefused();
  if (obstacle !== undefined) {
    say(`not installing ${missing.join(', ')} for the tests: ${obstacle}`);
    return;
  }
  const packages = missing.map((program) => programs[program]);
  say(`installing what tests need from the distribution: apt-get install ${packages.join(' ')}`);
  if (!(await installFromDistribution(children, packages)))
    say('apt-get failed, see above: tests that need these programs are skipped');
}

export function isInstalled(program) {
  return programPath(program) !== undefined;
}

/** Undefined when it is not installed. */
export function programPath(program) {
  const paths = searchPath.split(delimiter).map((folder) => join(folder, program));
  return paths.find((path) => existsSync(path));
}

/** Most of the programs run in network namespaces only, which containers may forbid even to root. */
function namespacesRefused() {
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'this machine lets nobody make network namespaces, in which they would run';
  }
}
