// Real sockets: on loopback, and in namespaces for broadcast and link-layer delivery.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import type { Family } from '../../src/addr/family.ts';
import { parseIpv4 } from '../../src/addr/ipv4.ts';
import { silentLogger } from '../../src/log.ts';
import { selectListenAddresses } from '../../src/net/interfaces.ts';
import { loadLibc, type Libc } from '../../src/net/libc.ts';
import { socketFamilies } from '../../src/net/socket-family.ts';
import type { InboundDatagram } from '../../src/net/transport.ts';
import { openUdpTransport, type OpenedTransport } from '../../src/net/udp-transport.ts';
import { createNetwork, namespacesMissing, programsMissing } from '../support/netns.ts';

const libc = loadLibc();
const bindings: readonly (readonly [string, Libc | null])[] =
  'missing' in libc
    ? [['without libc', null]]
    : [
        ['with libc', libc],
        ['without libc', null],
      ];
const open = <F extends Family>(
  family: F,
  binding: Libc | null,
  serverPort: number,
): Promise<OpenedTransport<F>> =>
  openUdpTransport(
    { family, listen: selectListenAddresses(family, ['lo'], networkInterfaces()).addresses, serverPort },
    { libc: binding, log: silentLogger, now: () => performance.now(), onSendFailure() {} },
  );

for (const family of [4, 6] as const)
  for (const [name, binding] of bindings) {
    test(`a datagram comes in with its addresses and the answer goes back, IPv${family} ${name}`, () =>
      goesThereAndBack(family, binding));
  }

async function goesThereAndBack<F extends Family>(family: F, binding: Libc | null): Promise<void> {
  const { transport, errors } = await open(family, binding, 20067);
  const socket = createSocket(`udp${family}`);
  try {
    assert.deepEqual(errors, []);
    const localhost = family === 4 ? '127.0.0.1' : '::1';
    const ours = socketFamilies[family].tryParse(localhost);
    socket.bind(0, localhost);
    await once(socket, 'listening');
    const received: InboundDatagram<F>[] = [];
    transport.listen((datagram) => {
      received.push(datagram);
      transport.send({
        bytes: datagram.bytes,
        iface: 'lo',
        source: datagram.destination,
        destination: datagram.source,
        destinationPort: datagram.sourcePort,
        linkLayer: null,
      });
    });
    socket.send('ping', 20067, localhost);
    const [answer] = (await once(socket, 'message')) as [Buffer];
    assert.equal(answer.toString(), 'ping');
    assert.equal(received[0]!.iface, 'lo');
    assert.equal(received[0]!.destination, ours);
    assert.equal(received[0]!.serverAddress, ours);
    assert.equal(received[0]!.sourcePort, socket.address().port);
  } finally {
    socket.close();
    await transport.close();
  }
}

test(
  'what came while the event loop was busy is received in its next turn, in order',
  { skip: 'missing' in libc && libc.missing },
  async () => {
    const { transport } = await open(4, libc as Libc, 20069);
    const socket = createSocket('udp4');
    try {
      socket.connect(20069, '127.0.0.1');
      await once(socket, 'connect');
      const received: number[] = [];
      transport.listen(({ bytes }) => void received.push(Buffer.from(bytes).readUInt16BE(0)));
      const sent = Array.from({ length: 300 }, (_, n) => n);
      for (const n of sent) socket.send(Buffer.from([n >> 8, n & 255]));
      while (received.length === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(received, sent);
    } finally {
      socket.close();
      await transport.close();
    }
  },
);

test('an address that is not ours is a located error, not a crash', async () => {
  const { transport, errors } = await openUdpTransport(
    {
      family: 4,
      listen: [
        {
          iface: 'lo',
          address: parseIpv4('192.0.2.77'),
          groups: [],
          loopback: true,
          mac: new Uint8Array(6),
        },
      ],
      serverPort: 20068,
      socketType: 'udp',
    },
    { libc: 'missing' in libc ? null : libc, log: silentLogger, now: () => 0, onSendFailure() {} },
  );
  await transport.close();
  assert.equal(errors.length, 1);
  assert.match(errors[0]!.message, /cannot listen on lo, 192\.0\.2\.77 port 20068: /);
});

const missing = namespacesMissing() || programsMissing('python3');
test(
  'broadcasts are told from unicast, and a client without an address is reached by its hardware address',
  { skip: missing, timeout: 20_000 },
  async () => {
    const network = createNetwork();
    let echo: ChildProcess | undefined;
    try {
      const server = network.host('server', 'lan', '10.77.0.1/24');
      const host = network.host('client', 'lan');
      const mac = host.run(['cat', '/sys/class/net/eth0/address']).trim();
      echo = server.spawn([
        process.execPath,
        '--import',
        'tsx',
        new URL('../support/echo-transport.ts', import.meta.url).pathname,
        mac,
      ]);
      let text = '';
      echo.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await until(() => text.includes('ready'));
      // A raw client as DHCP clients are: no address, sends 0.0.0.0 → 255.255.255.255, listens on the wire.
      const answer = host.run(['python3', '-c', rawClient], { timeout: 10_000 });
      assert.equal(answer.trim(), '10.77.0.1:67 10.77.0.50:68 offer for you');
      await until(() => text.includes('\n', text.indexOf('ready') + 6));
      assert.match(text, /eth0 255\.255\.255\.255 10\.77\.0\.1 hello/);
      echo.kill();
      await once(echo, 'exit');
    } finally {
      network.close();
    }
  },
);

const rawClient = `
import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800)); s.bind(('eth0', 0x0800)); s.settimeout(5)
data = b'hello'
udp = struct.pack('!HHHH', 68, 67, 8 + len(data), 0) + data
head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b'\\xff' * 4)
total = sum(struct.unpack('!10H', head)); total = (total & 0xffff) + (total >> 16)
head = head[:10] + struct.pack('!H', ~total & 0xffff) + head[12:]
s.sendto(head + udp, ('eth0', 0x0800, 0, 0, b'\\xff' * 6))
while True:
    packet, where = s.recvfrom(2048)
    if where[2] == 4: continue
    sport, dport = struct.unpack('!HH', packet[20:24])
    if dport == 68: break
print('%s:%d %s:%d %s' % (socket.inet_ntoa(packet[12:16]), sport, socket.inet_ntoa(packet[16:20]), dport, packet[28:].decode()))
`;

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(condition(), 'timed out');
}

test('Linux has the libc binding', { skip: process.platform !== 'linux' && 'not Linux' }, () => {
  assert.ok(!('missing' in libc), 'missing' in libc ? libc.missing : '');
});
