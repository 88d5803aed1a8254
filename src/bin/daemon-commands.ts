// What the management commands do to a daemon.
import { checkConfig, type CheckedConfig } from '../config/load.ts';
import type { JsonMap } from '../config/written.ts';
import type { DaemonOperations } from '../control/daemon-operations.ts';
import { FlotillaError } from '../errors.ts';
import type { Daemon } from './daemon.ts';
import { extendedVersion, programVersion } from './version.ts';

/** `shutdown` begins an orderly stop and returns at once. */
export function daemonOperations(daemon: Daemon, shutdown: (exitCode: number) => void): DaemonOperations {
  const { family } = daemon.options;
  const checked = (config: JsonMap): CheckedConfig => checkConfig({ [`Dhcp${family}`]: config }, family);
  return {
    family,
    statistics: daemon.statistics,
    networkState: daemon.networkState,
    version: () => ({ short: programVersion, extended: extendedVersion(), build: extendedVersion() }),
    status() {
      const errors = daemon.service?.transport.errors ?? [];
      return {
        pid: process.pid,
        uptime: Math.floor((Date.now() - daemon.startedAt) / 1000),
        reload: Math.floor((Date.now() - daemon.reloadedAt) / 1000),
        ...(daemon.service && { queue: daemon.service.server.queue() }),
        sockets: daemon.service && errors.length === 0 ? { status: 'ready' } : { status: 'failed', errors },
      };
    },
    snapshot: () => daemon.holder.current(),
    leases: () => daemon.leases(),
    testConfig: async (config) => daemon.testConfig(checked(config)),
    setConfig: (config) => daemon.applyConfig(checked(config)),
    reloadConfig: () => daemon.reload(),
    async pullConfigBackend() {
      if (!daemon.backend) return 'no-backend';
      const { outcome, error } = await daemon.backend.pull();
      if (outcome === 'failed')
        throw new FlotillaError(
          'DATABASE_QUERY',
          `the fetch from the config backend failed: ${error ?? 'unknown'}`,
        );
      return 'pulled';
    },
    shutdown,
  };
}
