// DHCPv6 clients as tests drive them: dhclient for addresses, prefixes and both, dhcpcd for both at once (rapid commit). Debian's busybox has no udhcpc6.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dhclient, dhcpcd, quiet, scriptIn, type RealClient } from './real-clients.ts';
import type { Host } from './netns.ts';

export interface RealClient6 extends RealClient {
  /** Program and what it asks for. */
  readonly name: string;
  readonly asksFor: readonly ('address' | 'prefix')[];
  readonly asksForRapidCommit: boolean;
}

/**
 * dhclient says $reason, $new_ip6_address and $new_ip6_prefix. Beside setting them it writes down what it was told, and
 * answers 3, "this address is in use", for the one that the file `in-use` names.
 */
const script = `#!/bin/sh
cd "$(dirname "$0")"
echo "$reason address=$new_ip6_address prefix=$new_ip6_prefix dns=$new_dhcp6_name_servers" >>told
case "$reason" in
  BOUND6|RENEW6|REBIND6)
    if [ -n "$new_ip6_address" ]; then
      if [ -e decline ]; then rm decline; exit 3; fi
      ip address replace "$new_ip6_address/128" dev eth0 nodad
    fi
    [ -z "$new_ip6_prefix" ] || ip route replace unreachable "$new_ip6_prefix" ;;
  EXPIRE6|RELEASE6|STOP6|DEPREF6)
    [ -z "$old_ip6_address" ] || ip address del "$old_ip6_address/128" dev eth0 2>/dev/null
    [ -z "$old_ip6_prefix" ] || ip route del unreachable "$old_ip6_prefix" 2>/dev/null ;;
esac
exit 0
`;

const dhclient6 = (asksFor: RealClient6['asksFor'], ...flags: readonly string[]): RealClient6 => ({
  program: 'dhclient',
  name: `dhclient-${asksFor.join('-')}`,
  asksFor,
  asksForRapidCommit: false,
  start: (host, directory) =>
    host.spawn([...command(directory, ...flags), '-d', '-sf', scriptIn(directory, script), 'eth0'], quiet),
  release: (host, directory) =>
    void host.run([...command(directory, ...flags), '-r', '-sf', join(directory, 'configure'), 'eth0']),
});

export const realClients6: readonly RealClient6[] = [
  dhclient6(['address'], '-N'),
  dhclient6(['prefix'], '-P'),
  dhclient6(['address', 'prefix'], '-N', '-P'),
  {
    program: 'dhcpcd',
    name: 'dhcpcd',
    asksFor: ['address', 'prefix'],
    asksForRapidCommit: true,
    start(host, directory) {
      mkdirSync(directory, { recursive: true });
      const file = join(directory, 'dhcpcd.conf');
      writeFileSync(
        file,
        'duid ll\nnoipv6rs\ninterface eth0\nipv6only\noption rapid_commit\nia_na 1\nia_pd 2 lo/0\n',
      );
      return host.spawn(dhcpcd('-6', '-f', file), quiet);
    },
    release: (_host, _directory, running) => void running.kill('SIGALRM'),
  },
];

/** An INFORMATION-REQUEST of dhclient; the name servers that its script was told. */
export function nameServersToldTo(host: Host, directory: string): string {
  const configure = scriptIn(directory, script);
  host.run([...command(directory, '-S'), '-1', '-sf', configure, 'eth0']);
  host.run([...command(directory, '-S'), '-x', '-sf', configure, 'eth0']);
  return /dns=(\S+)/.exec(told(directory))?.[1] ?? '';
}

/** The next address that a dhclient of this directory gets is in use already, as far as it knows. */
export function declineNext(directory: string): void {
  mkdirSync(directory, { recursive: true });
  appendFileSync(join(directory, 'decline'), '');
}

/** What dhclient told its script, a line each time. */
export function told(directory: string): string {
  const file = join(directory, 'told');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function command(directory: string, ...flags: readonly string[]): string[] {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'dhclient.conf'), 'also request dhcp6.name-servers;\n');
  return dhclient(directory, '-6', '-D', 'LL', ...flags);
}
