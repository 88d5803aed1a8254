// libdhcp_lease_query.so: DHCPv6 leasequery over UDP (RFC 5007) and, where it is enabled, bulk leasequery (RFC 5460).
import type { HookArguments } from '../../engine/hooks.ts';
import { messageOf } from '../../errors.ts';
import type { CalloutResult, HookHandle, HookLibrary, HookServer } from '../library.ts';
import { BulkListener } from './bulk-listener.ts';
import { DatagramQueries, type Verdict } from './datagram.ts';
import { readParameters } from './parameters.ts';
import { LeaseQueryService } from './service.ts';

export function createLeaseQuery(): HookLibrary {
  let listener: BulkListener | null = null;
  return {
    load(handle) {
      const parameters = readParameters(handle);
      const service = new LeaseQueryService(handle, parameters);
      const queries = new DatagramQueries(service);
      handle.register('buffer6_receive', (args) => {
        const verdict = queries.receive(args.query6);
        return verdict instanceof Promise ? verdict.then((late) => judge(late, args)) : judge(verdict, args);
      });
      if (parameters.bulk) {
        if (parameters.bulk.threads > 0)
          handle.log.warn(
            'DHCP6_CONFIG_SYNTAX_WARNING',
            'not in force: max-bulk-query-threads; there are no threads to count',
          );
        const bulk = (listener = new BulkListener({ service, parameters: parameters.bulk }));
        // Not while it loads: a configuration that is only checked opens no port.
        handle.register('dhcp6_srv_configured', (args) => listen(bulk, handle, args));
      }
      handle.log.info('LEASE_QUERY_LOAD_OK', 'leasequeries are answered');
    },
    async unload() {
      await listener?.close();
    },
  };
}

function judge(verdict: Verdict, args: HookArguments['buffer6_receive']): CalloutResult {
  if (verdict === 'pass') return undefined;
  if (verdict === 'drop') return 'drop';
  args.answer = verdict;
}

/** While the server serves already, the port may be that of the instance that is replaced. */
async function listen(
  listener: BulkListener,
  { server }: HookHandle,
  args: HookArguments['dhcp6_srv_configured'],
): Promise<CalloutResult> {
  try {
    await listener.start(isServing(server));
  } catch (error) {
    args.error = messageOf(error);
    return 'drop';
  }
}

function isServing(server: HookServer): boolean {
  try {
    server.leases();
    return true;
  } catch {
    return false;
  }
}
