// Runs in a namespace: says what arrives on the DHCPv6 port and sends it back. Arguments: `with` or `without` libc, interface words.
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatIpv6 } from '../../src/addr/ipv6.ts';
import { openTransport } from '../../src/bin/open-transport.ts';
import type { Logger } from '../../src/log.ts';
import { silentLogger } from '../../src/log.ts';
import { selectListenAddresses } from '../../src/net/interfaces.ts';
import type { Transport } from '../../src/net/transport.ts';
import { openUdpTransport } from '../../src/net/udp-transport.ts';

const [, , libc, ...words] = process.argv;
const log: Logger = { ...silentLogger, warn: (id, text) => console.log(id, text) };

/** Fresh link-local addresses are tentative for a second or two: until then they cannot be bound to (RFC 4862 §5.4). */
async function open(): Promise<Transport<6>> {
  if (libc === 'with') {
    const wanted = {
      interfaces: words,
      'service-sockets-max-retries': 50,
      'service-sockets-retry-wait-time': 100,
      'service-sockets-require-all': true,
    };
    const written = { 'interfaces-config': wanted };
    const opened = await openTransport({ family: 6, written, serverPort: 547 }, { log, onSendFailure() {} });
    return opened.transport;
  }
  for (;;) {
    const { addresses, errors } = selectListenAddresses(6, words, networkInterfaces());
    const opened = await openUdpTransport(
      { family: 6, listen: addresses, serverPort: 547 },
      { libc: null, log, now: () => performance.now(), onSendFailure() {} },
    );
    if (errors.length + opened.errors.length === 0) return opened.transport;
    await opened.transport.close();
    await sleep(100);
  }
}

const transport = await open();
transport.listen(({ bytes, iface, source, sourcePort, destination, serverAddress }) => {
  console.log(Buffer.from(bytes).toString(), iface, formatIpv6(destination), formatIpv6(serverAddress));
  transport.send({
    bytes,
    iface,
    source: serverAddress,
    destination: source,
    destinationPort: sourcePort,
    linkLayer: null,
  });
});
console.log('ready');
