// libdhcp_lease_query.so: DHCPv6 leasequery over UDP (RFC 5007) and, where it is enabled, bulk leasequery (RFC 5460).
import type { HookArguments } from '../../engine/hooks.ts';
import type { CalloutResult, HookLibrary } from '../library.ts';
import { DatagramQueries, type Verdict } from './datagram.ts';
import { readParameters } from './parameters.ts';
import { LeaseQueryService } from './service.ts';

export function createLeaseQuery(): HookLibrary {
  return {
    load(handle) {
      const parameters = readParameters(handle);
      const queries = new DatagramQueries(new LeaseQueryService(handle, parameters));
      handle.register('buffer6_receive', (args) => {
        const verdict = queries.receive(args.query6);
        return verdict instanceof Promise ? verdict.then((late) => judge(late, args)) : judge(verdict, args);
      });
      handle.log.info('LEASE_QUERY_LOAD_OK', 'leasequeries are answered');
    },
  };
}

function judge(verdict: Verdict, args: HookArguments['buffer6_receive']): CalloutResult {
  if (verdict === 'pass') return undefined;
  if (verdict === 'drop') return 'drop';
  args.answer = verdict;
}
