// Runs in a namespace: prints what arrives on eth0 port 67 and offers 10.77.0.50 to the hardware address given as argument.
import { networkInterfaces } from 'node:os';
import { formatIpv4, parseIpv4 } from '../../src/addr/ipv4.ts';
import { parseHex } from '../../src/addr/hex.ts';
import { silentLogger } from '../../src/log.ts';
import { selectListenAddresses } from '../../src/net/interfaces.ts';
import { loadLibc } from '../../src/net/libc.ts';
import { openUdpTransport } from '../../src/net/udp-transport.ts';

const libc = loadLibc();
const { transport, errors } = await openUdpTransport(
  {
    family: 4,
    listen: selectListenAddresses(4, ['eth0'], networkInterfaces()).addresses,
    serverPort: 67,
    socketType: 'raw',
  },
  {
    libc: 'missing' in libc ? null : libc,
    log: silentLogger,
    now: () => performance.now(),
    onSendFailure() {},
  },
);
for (const error of errors) console.log(error.message);
transport.listen((datagram) => {
  console.log(
    datagram.iface,
    formatIpv4(datagram.destination),
    formatIpv4(datagram.serverAddress),
    Buffer.from(datagram.bytes).toString(),
  );
  transport.send({
    bytes: Buffer.from('offer for you'),
    iface: datagram.iface,
    source: datagram.serverAddress,
    destination: parseIpv4('10.77.0.50'),
    destinationPort: 68,
    linkLayer: parseHex(process.argv[2]!),
  });
});
console.log('ready');
