// Stations of real clients in a network, and waiting until all of them have come as far.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { killAllIn, type Host, type Network } from './netns.ts';

/** A host with one client program on eth0, on the servers' segment `lan` or behind the relay on `branch`. */
export interface Station {
  readonly name: string;
  readonly where: 'direct' | 'relayed';
  readonly host: Host;
  readonly directory: string;
  /** Hexadecimal digits in capitals. */
  readonly hwaddr: string;
  running?: ChildProcess;
}

/** One on the wire and one behind the relay. */
export function stationsOf(network: Network, name: string, scratch: string): Station[] {
  return (['direct', 'relayed'] as const).map((where) => {
    const host = network.host(`${name}-${where}`, where === 'direct' ? 'lan' : 'branch');
    const mac = host.run(['cat', '/sys/class/net/eth0/address']);
    const hwaddr = mac.trim().replaceAll(':', '').toUpperCase();
    return { name: `${name} ${where}`, where, host, hwaddr, directory: `${scratch}/${name}-${where}` };
  });
}

/** Ends the client, and the helpers that keep its port, without a word to its server. */
export async function killClient(station: Station): Promise<void> {
  const ended = once(station.running!, 'exit');
  killAllIn(station.host.namespace);
  await ended;
}

/** What `look` finds satisfies `holds` for every station within the time, or the ones it does not are named. */
export async function everyStation<S extends Station, Found>(
  what: string,
  { stations, seconds, log }: { stations: readonly S[]; seconds: number; log: () => string },
  look: (station: S) => Promise<Found>,
  holds: (found: Found, station: S) => boolean,
): Promise<void> {
  const since = Date.now();
  const took = new Map<string, string>();
  let late: string[];
  do {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const found = await Promise.all(stations.map(look));
    late = stations.filter((station, i) => !holds(found[i]!, station)).map(({ name }) => name);
    for (const { name } of stations) {
      if (!late.includes(name) && !took.has(name))
        took.set(name, `${((Date.now() - since) / 1000).toFixed(1)} s`);
    }
  } while (late.length > 0 && Date.now() < since + seconds * 1000);
  console.log(`${what}: ${[...took].map((each) => each.join(' ')).join(', ')}`);
  assert.deepEqual(late, [], `${what}: not these within ${seconds} s\n${log().slice(-4000)}`);
}
