// A wire between an edge and its database that a test can cut and join again.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { DatabaseAddress } from '../../src/db/address.ts';

export interface DatabaseProxy {
  /** The same database, through the wire. */
  readonly address: DatabaseAddress;
  /** How often the edge spoke after the database had: connecting takes some, each packet of statements one. */
  readonly roundTrips: number;
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Takes connections again, at the same port. */
  join(): Promise<void>;
  close(): Promise<void>;
}

export async function createDatabaseProxy(target: DatabaseAddress): Promise<DatabaseProxy> {
  const sockets = new Set<Socket>();
  let roundTrips = 0;
  const server = createServer((client) => {
    const database =
      target.socketPath === undefined
        ? connect({ host: target.host, port: target.port })
        : connect({ path: target.socketPath });
    let databaseSpoke = false;
    database.on('data', () => (databaseSpoke = true));
    client.on('data', () => {
      if (databaseSpoke) roundTrips++;
      databaseSpoke = false;
    });
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const { socketPath: _, ...rest } = target;
  return {
    address: { ...rest, host: '127.0.0.1', port },
    get roundTrips() {
      return roundTrips;
    },
    cut,
    join: () => listen(port),
    close: cut,
  };
}
