// Clients that all want an address at once, from one or several of the servers that share a pool; and what befell them.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Family } from '../../src/addr/family.ts';
import { asked } from '../engine/scenario6.ts';
import type { World } from '../engine/world.ts';
import type { PacketOf, ReplyOf } from '../engine/world-kinds.ts';
import { discover, fromMac, request, withRequestedAddress, withServerId } from '../support/packets4.ts';
import * as packets6 from '../support/packets6.ts';

/** What clients of one kind say, and how they read what they are told. */
export interface Speaker<F extends Family> {
  /** Which client, in hexadecimal, as leases name it. */
  readonly nameOf: (client: number) => string;
  readonly addressee: (reply: ReplyOf<F>) => string;
  readonly ask: (name: string) => PacketOf<F>;
  readonly take: (name: string, offer: ReplyOf<F>) => PacketOf<F>;
  /** The address or prefix in it; undefined: none. */
  readonly leaseIn: (reply: ReplyOf<F>) => string | undefined;
}

const hexOf = (client: number): string => client.toString(16).padStart(8, '0');
const bytesOf = (name: string): Uint8Array => Uint8Array.from(Buffer.from(name, 'hex'));

export const speaker4: Speaker<4> = {
  nameOf: (client) => `0200${hexOf(client)}`,
  addressee: ({ message }) => Buffer.from(message.chaddr).toString('hex'),
  ask: (name) => discover(fromMac(name.match(/../g)!.join(':'))),
  take: (name, offer) =>
    request(
      fromMac(name.match(/../g)!.join(':')),
      withRequestedAddress(offer.yiaddr),
      withServerId([...Buffer.from(offer.hex(54), 'hex')].join('.')),
    ),
  leaseIn: ({ type, yiaddr }) => (type === 6 ? undefined : yiaddr),
};

/** Clients that want an address, or a prefix. */
export const speaker6 = (wanted: packets6.PacketPart6): Speaker<6> => ({
  nameOf: (client) => `000300010200${hexOf(client)}`,
  addressee: (reply) => reply.hex(1),
  ask: (name) => packets6.solicit(packets6.withClientId(bytesOf(name)), wanted),
  take: (name, offer) =>
    packets6.request(
      packets6.withClientId(bytesOf(name)),
      packets6.withServerId(bytesOf(offer.hex(2))),
      ...offer.ias.map(asked),
    ),
  leaseIn: ({ given: [text] }) => text?.replace(/\/.*/, ''),
});

export interface Fate {
  /** Address, or beginning of a prefix, by client. */
  readonly bound: Map<number, string>;
  /** REQUESTs for what was offered that were refused, and those that nobody answered. */
  refused: number;
  unanswered: number;
  /** DISCOVERs and SOLICITs that nobody had anything for: allowed, the client asks again. */
  unheard: number;
}

export interface ClientsOptions<F extends Family> {
  readonly speaker: Speaker<F>;
  readonly clients: number;
  /** Who hears this client now: asked before each DISCOVER or SOLICIT. */
  readonly heardBy: (client: number) => readonly World<F>[];
  /** Clients that take an offer and never come back. */
  readonly vanishes?: (client: number) => boolean;
  /** Milliseconds. */
  readonly deadline: number;
}

/** OFFER and ADVERTISE. */
const offering = 2;
/** Milliseconds: a client asks again for an offer soon, and waits long for the answer to its REQUEST. */
const patienceForOffer = 400;
const patienceForAnswer = 5_000;

export async function runClients<F extends Family>(options: ClientsOptions<F>): Promise<Fate> {
  const { speaker } = options;
  const fate: Fate = { bound: new Map(), refused: 0, unanswered: 0, unheard: 0 };
  const end = performance.now() + options.deadline;
  const read = new Map<World<F>, number>();
  const mail = new Map<string, ReplyOf<F>[]>();
  const pump = setInterval(() => {
    for (const [world, from] of read) {
      for (const reply of world.sent.slice(from)) {
        const name = speaker.addressee(reply);
        mail.set(name, [...(mail.get(name) ?? []), reply]);
      }
      read.set(world, world.sent.length);
    }
  }, 2);

  const live = async (n: number): Promise<void> => {
    const name = speaker.nameOf(n);
    const reply = async (
      patience: number,
      wanted: (reply: ReplyOf<F>) => boolean,
    ): Promise<ReplyOf<F> | undefined> => {
      for (const until = performance.now() + patience; performance.now() < until; await sleep(4)) {
        const found = mail.get(name)?.find(wanted);
        if (found) return found;
      }
      return undefined;
    };
    while (performance.now() < end) {
      const servers = options.heardBy(n);
      for (const world of servers) if (!read.has(world)) read.set(world, world.sent.length);
      mail.delete(name);
      for (const world of servers) world.inject(speaker.ask(name));
      const offer = await reply(
        patienceForOffer,
        (each) => each.type === offering && speaker.leaseIn(each) !== undefined,
      );
      if (!offer) {
        fate.unheard++;
        await sleep(50 + Math.random() * 200);
        continue;
      }
      if (options.vanishes?.(n)) return;
      // Long enough for everybody else to ask for the same address.
      await sleep(Math.random() * 60);
      mail.delete(name);
      const taking = speaker.take(name, offer);
      for (const world of servers) world.inject(taking);
      const answer = await reply(patienceForAnswer, ({ type }) => type !== offering);
      const lease = answer && speaker.leaseIn(answer);
      if (lease !== undefined) {
        fate.bound.set(n, lease);
        return;
      }
      if (answer) fate.refused++;
      else fate.unanswered++;
    }
  };

  try {
    await Promise.all(Array.from({ length: options.clients }, (_, n) => live(n)));
  } finally {
    clearInterval(pump);
  }
  return fate;
}
