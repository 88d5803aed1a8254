// Servers that share their leases, on one link.
import assert from 'node:assert/strict';
import { rebind, request, solicit, withIaNa, withIaPd, withServerId } from '../../../support/packets6.ts';
import { silent, type Scenario } from '../../scenario.ts';
import { ADVERTISE, answered6, asked, client6, plain6, REPLY, scenario6, toServer } from '../../scenario6.ts';
import { World } from '../../world.ts';

const config = plain6({ 'cache-threshold': 0 });
const otherDuid = '00:03:00:01:02:00:00:00:00:ee';
const both = [withIaNa(1), withIaPd(2)];

/** A second server on the same leases. */
async function withOther(w: World<6>, play: (other: World<6>) => Promise<void>): Promise<void> {
  const options = {
    family: 6,
    config,
    serverDuid: otherDuid,
    serverAddress: 'fe80::ee',
    sharedLeases: true,
  } as const;
  const other = new World<6>(options, w.store, w.clock);
  await other.server.start();
  await play(other);
  await other.server.stop();
}

export const severalServers: readonly Scenario<6>[] = [
  scenario6(
    '§18.2.9: both servers advertise; the one that is not chosen writes nothing',
    config,
    async (w) => {
      await withOther(w, async (other) => {
        const packet = solicit(client6(1), ...both);
        const mine = answered6(await w.send(packet), ADVERTISE);
        const others = answered6(await other.send(packet), ADVERTISE);
        assert.notEqual(mine.hex(2), others.hex(2));
        const chosen = request(client6(1), withServerId(otherDuid), ...others.ias.map(asked));
        silent(await w.send(chosen));
        answered6(await other.send(chosen), REPLY, ...others.given);
        assert.equal((await w.lease(others.given[0]!))?.state, 0);
        assert.equal(w.stat('pkt6-not-for-us'), 1);
      });
    },
    { sharedLeases: true },
  ),
  scenario6(
    '§18.3.5: when its server is gone a client rebinds its leases at the other one',
    config,
    async (w) => {
      const offered = answered6(await w.send(solicit(client6(1), ...both)), ADVERTISE);
      const first = answered6(
        await w.send(request(client6(1), toServer(), ...offered.ias.map(asked))),
        REPLY,
      );
      await withOther(w, async (other) => {
        const reply = answered6(
          await other.send(rebind(client6(1), ...first.ias.map(asked))),
          REPLY,
          ...first.given,
        );
        assert.equal(reply.hex(2), otherDuid.replaceAll(':', ''));
        assert.deepEqual(reply.withdrawn, []);
      });
    },
    { sharedLeases: true },
  ),
  scenario6(
    'what one server leased the other gives to nobody',
    config,
    async (w) => {
      await withOther(w, async (other) => {
        const given = new Set<string>();
        for (let n = 1; n <= 10; n++) {
          const [server, id] =
            n % 2 === 0 ? ([w, toServer()] as const) : ([other, withServerId(otherDuid)] as const);
          const reply = answered6(await server.send(request(client6(n), id, ...both)), REPLY);
          for (const text of reply.given) given.add(text);
        }
        assert.equal(given.size, 20);
      });
    },
    { sharedLeases: true },
  ),
];
