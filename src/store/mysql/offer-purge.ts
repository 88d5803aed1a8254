// Deletes what ended long ago from the tables of offers: nobody reads it any more.
import type { Family } from '../../addr/family.ts';
import type { Lanes } from './lanes.ts';
import { oldRowsDelete, oldRowsSelect, oldServersDelete, type EndingTable } from './offer-sql.ts';

const every = 60_000;
const chunk = 1_000;

/** `tick` starts a purge when one is due, and waits for none: whoever calls it has announcements to make. */
export function createOfferPurge(
  family: Family,
  deps: { readonly lanes: Lanes; readonly random: () => number; readonly clock: () => number },
): { tick(): void } {
  const { lanes, clock } = deps;
  let at = clock() + every * (0.5 + deps.random());
  let running = false;

  const deleteOld = async (table: EndingTable): Promise<void> => {
    for (;;) {
      const rows = (await lanes.packet(oldRowsSelect(table, family, chunk))) as readonly [Uint8Array][];
      const keys = rows.map(([key]) => key);
      if (keys.length > 0) await lanes.packet(oldRowsDelete(table, family, keys));
      if (rows.length < chunk) break;
    }
  };

  const purge = async (): Promise<void> => {
    await deleteOld({ table: 'fleet_offer', key: 'address' });
    await deleteOld({ table: 'fleet_offer_block', key: 'first_address' });
    await lanes.packet(oldServersDelete());
  };

  return {
    tick() {
      if (running || clock() < at) return;
      running = true;
      at = clock() + every;
      purge()
        // The next one finds what this one left.
        .catch(() => undefined)
        .finally(() => (running = false));
    },
  };
}
