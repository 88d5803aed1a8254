// dhclient, udhcpc and dhcpcd as tests drive them: start, release, stop. They configure only the namespace they run in.
import type { ChildProcess } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programPath } from '../../scripts/test-programs.mjs';
import type { Host } from './netns.ts';

export interface RealClient {
  readonly program: string;
  /** Starts the client on eth0; it keeps its lease until released or killed. */
  start(host: Host, directory: string): ChildProcess;
  /** Gives the lease back. */
  release(host: Host, directory: string, running: ChildProcess): void;
}

/** Sets the address that the client got, so that it can renew by unicast; touches nothing else. */
const script = `#!/bin/sh
# dhclient says $reason and $new_ip_address, udhcpc says $1 and $ip, dhcpcd configures by itself.
case "$reason$1" in
  BOUND|RENEW|REBIND|REBOOT) ip address replace "$new_ip_address/24" dev eth0
    [ -z "$new_routers" ] || ip route replace default via \${new_routers%% *} ;;
  EXPIRE|FAIL|RELEASE|STOP) [ -z "$old_ip_address" ] || ip address del "$old_ip_address/24" dev eth0 2>/dev/null ;;
  bound|renew) ip address replace "$ip/24" dev eth0
    [ -z "$router" ] || ip route replace default via \${router%% *} ;;
  deconfig) ip address flush dev eth0 ;;
esac
exit 0
`;

/** Puts a client's script into its directory, which is made. Returns its path. */
export function scriptIn(directory: string, text = script): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'configure');
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/** Their children keep pipes open long after they ended. */
export const quiet = { stdio: 'ignore' } as const;

export const realClients: readonly RealClient[] = [
  {
    program: 'dhclient',
    start(host, directory) {
      const configure = scriptIn(directory);
      writeFileSync(
        join(directory, 'dhclient.conf'),
        'timeout 20;\nretry 2;\nselect-timeout 0;\ninitial-interval 1;\n',
      );
      return host.spawn([...dhclient(directory, '-4'), '-d', '-sf', configure, 'eth0'], quiet);
    },
    release(host, directory) {
      host.run([...dhclient(directory, '-4'), '-r', '-sf', join(directory, 'configure'), 'eth0']);
    },
  },
  {
    program: 'udhcpc',
    start: (host, directory) =>
      host.spawn(
        ['udhcpc', '-f', '-i', 'eth0', '-s', scriptIn(directory), '-t', '20', '-T', '1', '-A', '1'],
        quiet,
      ),
    release: (_host, _directory, running) => void running.kill('SIGUSR2'),
  },
  {
    program: 'dhcpcd',
    start: (host) => host.spawn(dhcpcd('-4', '-f', '/dev/null', '--noarp'), quiet),
    release: (_host, _directory, running) => void running.kill('SIGALRM'),
  },
];

/** Its pid files and databases have fixed places: give it its own, in the mount namespace that `ip netns exec` makes. */
export function dhcpcd(...args: readonly string[]): string[] {
  const own = 'mount -t tmpfs tmpfs /run && mkdir -p /var/lib/dhcpcd && mount -t tmpfs tmpfs /var/lib/dhcpcd';
  const common = '-B --nohook resolv.conf --nohook hostname --nodelay -c /bin/true';
  return ['sh', '-c', `${own} && exec dhcpcd ${common} "$@" eth0`, 'dhcpcd', ...args];
}

/** The program with its files in a directory of its own. */
export function dhclient(directory: string, ...args: readonly string[]): string[] {
  // Debian confines the program at its own path to folders that are not ours (AppArmor); a copy it does not know.
  const copy = join(directory, 'dhclient');
  if (!existsSync(copy)) copyFileSync(programPath('dhclient')!, copy);
  return [
    copy,
    ...args,
    '-v',
    '-cf',
    join(directory, 'dhclient.conf'),
    '-lf',
    join(directory, 'leases'),
    '-pf',
    join(directory, 'pid'),
  ];
}
