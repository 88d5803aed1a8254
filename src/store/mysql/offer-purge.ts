// Deletes what ended long ago from the tables of offers: nobody reads it any more.
import type { Family } from '../../addr/family.ts';
import type { Lanes } from './lanes.ts';
import { oldBlocksDelete, oldBlocksSelect } from './offer-block-sql.ts';
import { oldOffersDelete, oldOffersSelect, oldServersDelete } from './offer-sql.ts';

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

  const deleteOld = async (
    select: string,
    remove: (keys: readonly Uint8Array[]) => string,
  ): Promise<void> => {
    for (;;) {
      const rows = (await lanes.packet(select)) as readonly [Uint8Array][];
      if (rows.length > 0) await lanes.packet(remove(rows.map(([key]) => key)));
      if (rows.length < chunk) break;
    }
  };

  const purge = async (): Promise<void> => {
    await deleteOld(oldOffersSelect(family, chunk), (keys) => oldOffersDelete(family, keys));
    await deleteOld(oldBlocksSelect(family, chunk), (keys) => oldBlocksDelete(family, keys));
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
