// What the queries of both transports are answered from: parameters, the running configuration, the lease store.
import { messageOf } from '../../errors.ts';
import type { Lease6 } from '../../store/lease.ts';
import type { LeaseStore } from '../../store/lease-store.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import type { HookHandle } from '../library.ts';
import type { Binding, BindingDeps } from './bindings.ts';
import { ClientDataEncoder } from './client-data.ts';
import { PrefixPoolsCache } from './links.ts';
import type { LeaseQueryParameters } from './parameters.ts';
import type { Question } from './query.ts';
import { relayDataOf } from './relay-data.ts';

export class LeaseQueryService {
  readonly handle: HookHandle;
  readonly parameters: LeaseQueryParameters;
  readonly encoder = new ClientDataEncoder();
  readonly #prefixPools = new PrefixPoolsCache();

  constructor(handle: HookHandle, parameters: LeaseQueryParameters) {
    this.handle = handle;
    this.parameters = parameters;
  }

  /** For one query, which keeps the configuration that it began with. Throws STORE_CLOSED before the server serves. */
  bindingDeps(): BindingDeps {
    const { server } = this.handle;
    return {
      leases: server.leases() as LeaseStore<Lease6>,
      snapshot: server.snapshot(),
      prefixPools: this.#prefixPools,
      prefixLengths: this.parameters.prefixLengths,
    };
  }

  /** LQ_RELAY_DATA, only where it was asked for (RFC 5007 §4.1.2.4). */
  relayData({ leases }: Binding, { requested }: Question): Uint8Array | undefined {
    if (!requested.includes(option6.lqRelayData)) return undefined;
    try {
      return relayDataOf(leases);
    } catch (error) {
      const text = `what a lease keeps of its relays cannot be read: ${messageOf(error)}`;
      this.handle.log.warn('DHCP6_LEASE_QUERY_ERROR_GETTING_RELAY_INFO', text);
      return undefined;
    }
  }
}
