// What a changed configuration file makes the daemon open anew.
import { isDeepStrictEqual } from 'node:util';
import type { WrittenConfig } from '../config/written.ts';
import { hostCacheSettings } from './host-cache-settings.ts';
import { configEntry } from './open-stores.ts';

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

/** The configuration that each part was opened for; null: it is not open. */
export interface OpenedFor {
  readonly service: WrittenConfig | null;
  readonly backend: WrittenConfig | null;
  readonly channels: WrittenConfig | null;
}

/** What is not open counts as changed. */
export function sectionsChanged(before: OpenedFor, after: WrittenConfig): ChangedSections {
  const differs = (opened: WrittenConfig | null, keys: readonly string[]): boolean =>
    opened === null || keys.some((key) => !isDeepStrictEqual(opened[key], after[key]));
  const cacheOf = (config: WrittenConfig) => {
    const settings = hostCacheSettings(config);
    return settings && [settings, configEntry(config)];
  };
  const isCacheChanged = !isDeepStrictEqual(before.service && cacheOf(before.service), cacheOf(after));
  return {
    service: differs(before.service, serviceKeys) || isCacheChanged,
    backend: differs(before.backend, backendKeys),
    channels: differs(before.channels, channelKeys),
  };
}
