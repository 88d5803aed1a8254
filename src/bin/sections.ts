// What a changed configuration file makes the daemon open anew.
import { isDeepStrictEqual } from 'node:util';
import type { WrittenConfig } from '../config/written.ts';
import { hostCacheSettings } from './host-cache-settings.ts';

const serviceKeys = ['interfaces-config', 'lease-database', 'hosts-database', 'hosts-databases'] as const;
/** The backend also checks the reservations that lie beside its configuration, if they are the ones in use. */
const backendKeys = ['config-control', 'server-tag', 'hosts-database', 'hosts-databases'] as const;
const channelKeys = ['control-socket', 'control-sockets'] as const;

export interface ChangedSections {
  /** Sockets or stores. */
  readonly service: boolean;
  /** The config backend or what it asks for. */
  readonly backend: boolean;
  /** Control channels. */
  readonly channels: boolean;
}

export function sectionsChanged(before: WrittenConfig, after: WrittenConfig): ChangedSections {
  const differs = (keys: readonly string[]): boolean =>
    keys.some((key) => !isDeepStrictEqual(before[key], after[key]));
  const isCacheChanged = !isDeepStrictEqual(hostCacheSettings(before), hostCacheSettings(after));
  return {
    service: differs(serviceKeys) || isCacheChanged,
    backend: differs(backendKeys),
    channels: differs(channelKeys),
  };
}
