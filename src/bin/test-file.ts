// `flotilla dhcp4 -t`, `flotilla dhcp6 -t`: whether a server would take this file; its hook libraries are loaded and unloaded again.
import { dirname, resolve } from 'node:path';
import type { Family } from '../addr/family.ts';
import { buildSnapshot } from '../config/build.ts';
import { loadConfigFile } from '../config/load.ts';
import { createCommandRegistry } from '../control/registry.ts';
import { systemClock } from '../engine/clock.ts';
import { NetworkState } from '../engine/network-state.ts';
import { QueueTypes } from '../engine/queue-types.ts';
import { Statistics } from '../engine/statistics.ts';
import { FlotillaError } from '../errors.ts';
import { HookLibraries } from '../hooks/hook-libraries.ts';
import { silentLogger, type Logger } from '../log.ts';
import { prepareLibraries } from './check-sections.ts';

/** Prints warnings and that the file is good. Throws CONFIG_… with the place in the file. */
export async function testFile(family: Family, file: string): Promise<void> {
  const { parts, written, warnings } = loadConfigFile(file, family);
  const say = (level: string): Logger['warn'] => {
    return (_id, text, fields) => console.error(`${level}: ${text} ${JSON.stringify(fields ?? {})}`);
  };
  const log: Logger = { ...silentLogger, warn: say('warning'), error: say('error') };
  const { snapshot } = buildSnapshot(parts, null, { mode: 'strict', epoch: null, log });
  const hooks = new HookLibraries({
    family,
    clock: systemClock,
    log,
    statistics: new Statistics({ clock: () => Date.now(), family }),
    networkState: new NetworkState(),
    commands: createCommandRegistry({ log }),
    queueTypes: new QueueTypes({ family }),
    server: {
      snapshot: () => snapshot,
      leases: () => {
        throw new FlotillaError(
          'STORE_CLOSED',
          'the lease store is not open: the configuration is only checked',
        );
      },
      duid: () => new Uint8Array(0),
    },
  });
  await hooks.discard(await prepareLibraries({ written, parts, directory: dirname(resolve(file)) }, hooks));
  for (const warning of warnings) console.error(`warning: ${warning}`);
  console.log(`${file}: the configuration is good`);
}
