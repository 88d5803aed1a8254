// Clients that all want an address at once, from one or several of the servers that share a pool; and what befell them.
import { setTimeout as sleep } from 'node:timers/promises';
import { discover, fromMac, request, withRequestedAddress, withServerId } from '../support/packets4.ts';
import type { Reply, World } from '../engine/world.ts';

export interface Fate {
  /** Address by client. */
  readonly bound: Map<number, string>;
  /** REQUESTs for an offered address that were answered with a NAK, and those that nobody answered. */
  refused: number;
  unanswered: number;
  /** DISCOVERs that nobody answered: allowed, the client asks again. */
  unheard: number;
}

export interface ClientsOptions {
  readonly clients: number;
  /** Who hears this client now: asked before each DISCOVER. */
  readonly heardBy: (client: number) => readonly World[];
  /** Clients that take an offer and never come back. */
  readonly vanishes?: (client: number) => boolean;
  /** Milliseconds. */
  readonly deadline: number;
}

const OFFER = 2;
const ACK = 5;
/** Milliseconds: a client asks again for an offer soon, and waits long for the answer to its REQUEST. */
const patienceForOffer = 400;
const patienceForAnswer = 5_000;

export async function runClients(options: ClientsOptions): Promise<Fate> {
  const fate: Fate = { bound: new Map(), refused: 0, unanswered: 0, unheard: 0 };
  const end = performance.now() + options.deadline;
  const read = new Map<World, number>();
  const mail = new Map<string, Reply[]>();
  const pump = setInterval(() => {
    for (const [world, from] of read) {
      for (const reply of world.sent.slice(from)) {
        const mac = Buffer.from(reply.message.chaddr).toString('hex');
        mail.set(mac, [...(mail.get(mac) ?? []), reply]);
      }
      read.set(world, world.sent.length);
    }
  }, 2);

  const live = async (n: number): Promise<void> => {
    const hex = `0200${n.toString(16).padStart(8, '0')}`;
    const client = fromMac(hex.match(/../g)!.join(':'));
    const reply = async (patience: number, wanted: (reply: Reply) => boolean): Promise<Reply | undefined> => {
      for (const until = performance.now() + patience; performance.now() < until; await sleep(4)) {
        const found = mail.get(hex)?.find(wanted);
        if (found) return found;
      }
      return undefined;
    };
    while (performance.now() < end) {
      const servers = options.heardBy(n);
      for (const world of servers) if (!read.has(world)) read.set(world, world.sent.length);
      mail.delete(hex);
      for (const world of servers) world.inject(discover(client));
      const offer = await reply(patienceForOffer, ({ type }) => type === OFFER);
      if (!offer) {
        fate.unheard++;
        await sleep(50 + Math.random() * 200);
        continue;
      }
      if (options.vanishes?.(n)) return;
      // Long enough for everybody else to ask for the same address.
      await sleep(Math.random() * 60);
      mail.delete(hex);
      const server = [...Buffer.from(offer.hex(54), 'hex')].join('.');
      for (const world of servers)
        world.inject(request(client, withRequestedAddress(offer.yiaddr), withServerId(server)));
      const answer = await reply(patienceForAnswer, ({ type }) => type !== OFFER);
      if (answer?.type === ACK) {
        fate.bound.set(n, answer.yiaddr);
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
