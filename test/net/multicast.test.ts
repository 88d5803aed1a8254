// DHCPv6's sockets in namespaces: multicast and unicast, clients on the link and relays, two interfaces told apart.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { loadLibc } from '../../src/net/libc.ts';
import {
  addressesSettled,
  createNetwork,
  namespacesMissing,
  programsMissing,
  type Host,
} from '../support/netns.ts';

const missing = namespacesMissing() || programsMissing('python3');
const libc = loadLibc();
const script = new URL('../support/echo-transport6.ts', import.meta.url).pathname;

/** Sends `text` from a source and port of ours, prints who answered: address, port, text. */
const ask = `
import socket, sys
text, source, port, destination, iface = sys.argv[1:]
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.settimeout(5)
index = socket.if_nametoindex(iface)
s.bind((source, int(port), 0, index if source.startswith('fe80') else 0))
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
s.sendto(text.encode(), (destination, 547, 0, index if destination.startswith(('fe80', 'ff02')) else 0))
answer, (address, port, _, _) = s.recvfrom(2048)
print(address.split('%')[0], port, answer.decode())
`;

interface Running {
  /** The rest of the line that begins so: for a text that came in, interface, destination and server address. */
  heard(start: string): Promise<string>;
  stop(): Promise<void>;
}

function serve(host: Host, ...args: readonly string[]): Running {
  const child: ChildProcess = host.spawn([process.execPath, '--import', 'tsx', script, ...args]);
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const heard = async (start: string): Promise<string> => {
    for (let i = 0; i < 200; i++) {
      const found = text
        .split('\n')
        .slice(0, -1)
        .find((each) => each.startsWith(start));
      if (found !== undefined) return found.slice(start.length + 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`'${start}' did not come: ${text}`);
  };
  return {
    heard,
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

const linkLocal = (host: Host, iface: string): string =>
  /inet6 (fe80:\S+)\//.exec(host.run(['ip', '-6', 'address', 'show', 'dev', iface]))![1]!;

/** Duplicate address detection (RFC 4862 §5.4) takes a hundred seconds from now on. */
function stayTentative(host: Host, iface: string): void {
  host.run(['ip', 'link', 'set', iface, 'down']);
  host.run(['sh', '-c', `echo 100 > /proc/sys/net/ipv6/conf/${iface}/dad_transmits`]);
  host.run(['ip', 'link', 'set', iface, 'up']);
}

function settle(host: Host, iface: string): void {
  const address = linkLocal(host, iface);
  host.run(['ip', 'address', 'del', `${address}/64`, 'dev', iface]);
  host.run(['ip', 'address', 'add', `${address}/64`, 'dev', iface, 'nodad']);
}

for (const way of ['with', 'without'] as const)
  test(
    `clients and relays are answered from the address that suits them, ${way} libc`,
    { skip: missing || (way === 'with' && 'missing' in libc && libc.missing), timeout: 60_000 },
    async () => {
      const network = createNetwork();
      try {
        const server = network.host('server', 'lan', '2001:db8:a::1/64');
        network.attach(server, 'other');
        if (way === 'with') stayTentative(server, 'eth1');
        server.run(['ip', 'address', 'add', '2001:db8:b::1/64', 'dev', 'eth1', 'nodad']);
        const echo = serve(server, way, 'eth0/2001:db8:a::1', 'eth1');
        const near = network.host('near', 'lan', '2001:db8:a::2/64');
        const other = network.host('other', 'other', '2001:db8:b::2/64');
        if (way === 'with') {
          assert.match(
            await echo.heard('FLOTILLA_SOCKETS_RETRY'),
            /cannot listen on eth1, fe80::\S+ port 547: /,
          );
          settle(server, 'eth1');
        }
        await echo.heard('ready');
        for (const host of [near, other, server]) await addressesSettled(host);
        const [own, second] = [linkLocal(server, 'eth0'), linkLocal(server, 'eth1')];
        const asked = (host: Host, ...args: string[]): string =>
          host.run(['python3', '-c', ask, ...args, 'eth0'], { timeout: 10_000 }).trim();
        const group = 'ff02::1:2';

        assert.equal(asked(near, 'solicit', linkLocal(near, 'eth0'), '546', group), `${own} 547 solicit`);
        assert.equal(await echo.heard('solicit'), `eth0 ${group} ${own}`);
        assert.equal(
          asked(other, 'elsewhere', linkLocal(other, 'eth0'), '546', group),
          `${second} 547 elsewhere`,
        );
        assert.equal(await echo.heard('elsewhere'), `eth1 ${group} ${second}`);
        assert.equal(asked(near, 'direct', linkLocal(near, 'eth0'), '546', own), `${own} 547 direct`);
        assert.equal(await echo.heard('direct'), `eth0 ${own} ${own}`);

        const ours = '2001:db8:a::1';
        assert.equal(asked(near, 'relayed', '2001:db8:a::2', '547', ours), `${ours} 547 relayed`);
        assert.equal(await echo.heard('relayed'), `eth0 ${ours} ${ours}`);
        assert.equal(asked(near, 'port', '2001:db8:a::2', '1547', ours), `${ours} 547 port`); // RFC 8357
        // A relay that knows no server: the answer has a source that routers let through.
        assert.equal(asked(near, 'any', '2001:db8:a::2', '547', 'ff05::1:3'), `${ours} 547 any`);
        assert.equal(await echo.heard('any'), `eth0 ff05::1:3 ${own}`);
        if (way === 'with') {
          assert.equal(asked(other, 'far', '2001:db8:b::2', '547', 'ff05::1:3'), '2001:db8:b::1 547 far');
          assert.equal(await echo.heard('far'), `eth1 ff05::1:3 ${second}`);
        }
        // A global address is the machine's, whichever interface a relay's route takes.
        other.run(['ip', '-6', 'route', 'add', '2001:db8:a::/64', 'via', '2001:db8:b::1']);
        assert.equal(asked(other, 'routed', '2001:db8:b::2', '547', ours), `${ours} 547 routed`);
        assert.equal(await echo.heard('routed'), `eth0 ${ours} ${ours}`);
        await echo.stop();
      } finally {
        network.close();
      }
    },
  );
