// The daemon's sockets from `interfaces-config`, with Kea's rules about what may fail.
import { networkInterfaces } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { Family } from '../addr/family.ts';
import type { WrittenConfig } from '../config/written.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { selectListenAddresses, type ListenAddress } from '../net/interfaces.ts';
import { loadLibc } from '../net/libc.ts';
import type { Transport } from '../net/transport.ts';
import { openUdpTransport } from '../net/udp-transport.ts';

export interface OpenTransportOptions<F extends Family> {
  readonly family: F;
  /** The map under Dhcp4 or Dhcp6. */
  readonly written: WrittenConfig;
  readonly serverPort: number;
}

export interface OpenTransportDeps {
  readonly log: Logger;
  readonly onSendFailure: () => void;
}

export interface DaemonTransport<F extends Family = 4> {
  readonly family: F;
  readonly transport: Transport<F>;
  /** What could not be opened, for status-get. */
  readonly errors: readonly string[];
  /** The addresses of the interfaces as they were found. */
  readonly found: readonly ListenAddress<F>[];
}

interface InterfacesConfig {
  readonly interfaces?: readonly string[];
  readonly 're-detect'?: boolean;
  readonly 'dhcp-socket-type'?: 'raw' | 'udp';
  readonly 'service-sockets-require-all'?: boolean;
  readonly 'service-sockets-max-retries'?: number;
  readonly 'service-sockets-retry-wait-time'?: number;
}

/**
 * Opens what can be opened and tries `service-sockets-max-retries` times more for the rest. Throws SOCKET_OPEN when
 * all are required and one fails; otherwise a daemon without sockets runs on and says so, as Kea does.
 */
export async function openTransport<F extends Family>(
  options: OpenTransportOptions<F>,
  deps: OpenTransportDeps,
): Promise<DaemonTransport<F>> {
  const wanted = (options.written['interfaces-config'] ?? {}) as InterfacesConfig;
  const retries = wanted['service-sockets-max-retries'] ?? 0;
  const pause = wanted['service-sockets-retry-wait-time'] ?? 5_000;
  for (let attempt = 0; ; attempt++) {
    const opened = await openOnce(wanted, options, deps);
    const isEnough = opened.errors.length === 0;
    if (isEnough || attempt >= retries) {
      for (const error of opened.errors) deps.log.error('DHCPSRV_OPEN_SOCKET_FAIL', error);
      if (!isEnough && wanted['service-sockets-require-all'] === true) {
        await opened.transport.close();
        throw new FlotillaError(
          'SOCKET_OPEN',
          `not every socket could be opened: ${opened.errors.join('; ')}`,
        );
      }
      if (opened.transport.interfaces.length === 0) {
        deps.log.warn('DHCPSRV_NO_SOCKETS_OPEN', 'no interface is listened on: no client can be served');
      }
      return opened;
    }
    await opened.transport.close();
    deps.log.warn(
      'FLOTILLA_SOCKETS_RETRY',
      `${opened.errors.length} socket(s) could not be opened, attempt ${attempt + 1} of ${retries + 1}: ${opened.errors.join('; ')}`,
    );
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** `re-detect`: whether a reload finds other addresses than are open, or sockets missing that it may now get. */
export function isDetectedAnew<F extends Family>(
  written: WrittenConfig,
  { family, errors, found }: DaemonTransport<F>,
): boolean {
  const wanted = (written['interfaces-config'] ?? {}) as InterfacesConfig;
  if (wanted['re-detect'] === false) return false;
  const { addresses } = selectListenAddresses(family, wanted.interfaces ?? [], networkInterfaces());
  return errors.length > 0 || !isDeepStrictEqual(addresses, found);
}

async function openOnce<F extends Family>(
  wanted: InterfacesConfig,
  { family, serverPort }: OpenTransportOptions<F>,
  deps: OpenTransportDeps,
): Promise<DaemonTransport<F>> {
  const libc = loadLibc();
  if ('missing' in libc) {
    deps.log.warn('FLOTILLA_PLATFORM_DEGRADED', `sockets are not bound to their interfaces: ${libc.missing}`);
  }
  const { addresses, errors } = selectListenAddresses(family, wanted.interfaces ?? [], networkInterfaces());
  const opened = await openUdpTransport(
    { family, listen: addresses, serverPort, socketType: wanted['dhcp-socket-type'] ?? 'raw' },
    {
      libc: 'missing' in libc ? null : libc,
      log: deps.log,
      now: () => performance.now(),
      onSendFailure: deps.onSendFailure,
    },
  );
  return {
    family,
    transport: opened.transport,
    errors: [...errors, ...opened.errors].map(messageOf),
    found: addresses,
  };
}
