// Who a DHCPv6 client may be to reservations.
import type { HostIdentifierName } from '../../store/host-store.ts';
import { askFlexibleIdentifier, identifiersOf } from '../identifiers.ts';
import { hardwareAddressOf } from './hardware-address.ts';
import { queryOf } from './hook-packets.ts';
import type { Transaction6 } from './transaction.ts';

export function collectIdentifiers(t: Transaction6): void | Promise<void> {
  const asking = t.hooks
    ? askFlexibleIdentifier(t, 'host6_identifier', () => ({
        query6: queryOf(t),
        id_type: 'flex-id',
        id_value: new Uint8Array(0),
      }))
    : null;
  if (asking) return asking.then(() => void (t.identifiers = identifiersOf(t, identifierValue)));
  t.identifiers = identifiersOf(t, identifierValue);
}

function identifierValue(t: Transaction6, type: HostIdentifierName): Uint8Array | null | undefined {
  if (type === 'duid') return t.duid;
  return type === 'hw-address' ? hardwareAddressOf(t)?.address : null;
}
