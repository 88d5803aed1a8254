// Network namespaces for tests: hosts joined by a bridge inside one namespace, removed at the end. Root and iproute2 needed.
import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { benchPrograms, isInstalled, searchPath, testPrograms } from '../../scripts/test-programs.mjs';

/** Why namespaces cannot be used here, or false: give it to node:test's `skip`. */
export function namespacesMissing(): string | false {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  try {
    const probe = `flt-probe-${randomBytes(3).toString('hex')}`;
    ip('netns', 'add', probe);
    try {
      // Kernels of some containers have namespaces but no devices to join them with.
      ip('-n', probe, 'link', 'add', 'lan', 'type', 'bridge');
      ip('-n', probe, 'link', 'add', 'port', 'type', 'veth', 'peer', 'name', 'eth0');
    } finally {
      ip('netns', 'del', probe);
    }
    return false;
  } catch (error) {
    return `ip netns does not work here: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
  }
}

/** False when every program is installed, else which one is missing. */
export function programsMissing(...names: readonly string[]): string | false {
  for (const name of names) {
    const source = { ...testPrograms, ...benchPrograms }[name];
    if (!isInstalled(name))
      return `${name} is not installed${source === undefined ? '' : ` (package ${source} of Debian)`}`;
  }
  return false;
}

/** One network host: a namespace whose `eth0` hangs on the segment. */
export interface Host {
  readonly namespace: string;
  run(command: readonly string[], options?: { readonly timeout?: number }): string;
  spawn(command: readonly string[], options?: SpawnOptions): ChildProcess;
}

export interface Network {
  /** Adds a host with an interface on the named segment; addresses like `10.0.0.1/24` or `2001:db8::1/64`, none for a DHCP client. */
  host(name: string, segment: string, ...addresses: readonly string[]): Host;
  /** Gives an existing host another interface (`eth1`, …) on another segment: a router or relay. */
  attach(host: Host, segment: string, ...addresses: readonly string[]): string;
  close(): void;
}

/** Resolves when every IPv6 address of the host may be bound to, ten seconds at most (RFC 4862 §5.4: they are tentative first). */
export async function addressesSettled(host: Host): Promise<void> {
  for (let i = 0; i < 100; i++) {
    // A link that has just come up has none at all for a moment.
    const addresses = host.run(['ip', '-6', 'address', 'show']);
    if (addresses.includes('scope link') && !addresses.includes('tentative')) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Segments are bridges in a namespace of their own, so nothing of the machine's network is touched. */
export function createNetwork(): Network {
  const id = randomBytes(3).toString('hex');
  const hub = `flt-${id}-hub`;
  const namespaces: string[] = [hub];
  const segments = new Set<string>();
  const interfaces = new Map<string, number>();
  ip('netns', 'add', hub);
  // Where the machine filters what bridges forward, every frame would go through its empty rules.
  const unfiltered =
    'for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e "$f" ] || echo 0 > "$f"; done';
  ip('netns', 'exec', hub, 'sh', '-c', unfiltered);

  const attach = (host: Host, segment: string, ...addresses: readonly string[]): string => {
    if (!segments.has(segment)) {
      ip('-n', hub, 'link', 'add', segment, 'type', 'bridge', 'forward_delay', '0');
      ip('-n', hub, 'link', 'set', segment, 'up');
      segments.add(segment);
    }
    const number = interfaces.get(host.namespace) ?? 0;
    interfaces.set(host.namespace, number + 1);
    const name = `eth${number}`;
    const port = `p${randomBytes(4).toString('hex')}`;
    ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', name, 'netns', host.namespace);
    ip('-n', hub, 'link', 'set', port, 'master', segment, 'up');
    ip('-n', host.namespace, 'link', 'set', name, 'up');
    for (const address of addresses) {
      const how = address.includes(':') ? ['nodad'] : ['brd', '+'];
      ip('-n', host.namespace, 'address', 'add', address, ...how, 'dev', name);
    }
    return name;
  };

  return {
    attach,
    host(name, segment, ...addresses) {
      const namespace = `flt-${id}-${name}`;
      namespaces.push(namespace);
      ip('netns', 'add', namespace);
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      const env = { ...process.env, PATH: searchPath };
      const host: Host = {
        namespace,
        run: (command, options = {}) =>
          execFileSync('ip', ['netns', 'exec', namespace, ...command], {
            encoding: 'utf8',
            stdio: 'pipe',
            env,
            timeout: options.timeout ?? 30_000,
          }),
        spawn: (command, options = {}) =>
          spawn('ip', ['netns', 'exec', namespace, ...command], {
            stdio: ['ignore', 'pipe', 'pipe'],
            env,
            ...options,
          }),
      };
      attach(host, segment, ...addresses);
      return host;
    },
    close() {
      for (const namespace of namespaces.reverse()) {
        killAllIn(namespace);
        ip('netns', 'del', namespace);
      }
    },
  };
}

/** Some clients leave helpers behind; whatever still runs in a namespace of ours was started there. */
export function killAllIn(namespace: string): void {
  const env = { ...process.env, PATH: searchPath };
  const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8', env });
  for (const pid of pids.split('\n').filter((line) => line !== '')) kill(Number(pid));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended by itself meanwhile
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe', env: { ...process.env, PATH: searchPath } });
}
