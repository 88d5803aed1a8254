// A wire of a given length between servers and database: node delay-proxy.js LISTEN-ADDRESS LISTEN-PORT TARGET-PORT MILLISECONDS.
// For machines whose kernel has no netem. Half of the time each way; order is kept, nothing is bounded.
import { connect, createServer, type Socket } from 'node:net';

const [address = '127.0.0.1', listenPort = '0', targetPort = '3306', roundTrip = '20'] =
  process.argv.slice(2);
const half = Number(roundTrip) / 2;

createServer((client) => {
  const database = connect(Number(targetPort), address);
  carry(client, database);
  carry(database, client);
}).listen(Number(listenPort), address, () => console.log('DHCP4_STARTED is what the bench waits for'));

function carry(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.on('data', (chunk) => setTimeout(() => to.write(chunk), half));
  from.on('error', () => to.destroy());
  from.on('close', () => setTimeout(() => to.destroy(), half));
}
