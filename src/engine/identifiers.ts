// The identifiers under which a client may have reservations, the flexible one that only a library can tell among them.
import { hostIdentifierType, type HostIdentifier, type HostIdentifierName } from '../store/host-store.ts';
import type { HookArguments } from './hooks.ts';
import { hooksAt } from './hook-step.ts';
import type { PacketContext } from './packet-context.ts';

/** In configured order (`host-reservation-identifiers`). `valueOf`: what the packet says; the flexible identifier is not asked for. */
export function identifiersOf<T extends PacketContext>(
  t: T,
  valueOf: (t: T, type: HostIdentifierName) => Uint8Array | null | undefined,
): readonly HostIdentifier[] {
  const identifiers: HostIdentifier[] = [];
  for (const type of t.snapshot.globals.hostReservationIdentifiers) {
    if (type === 'flex-id') {
      if (t.flexId) identifiers.push(t.flexId);
      continue;
    }
    const value = valueOf(t, type);
    if (value && value.length > 0) identifiers.push({ type, value });
  }
  return identifiers;
}

type IdentifierPoint = 'host4_identifier' | 'host6_identifier';

/** Asks the callouts, once per packet and only where the flexible identifier counts at all; null: there is nobody to ask. */
export function askFlexibleIdentifier<P extends IdentifierPoint>(
  t: PacketContext,
  point: P,
  makeArguments: () => HookArguments[P],
): Promise<void> | null {
  const hooks = hooksAt(t, point);
  if (!hooks || t.flexId !== undefined) return null;
  t.flexId = null;
  if (!t.snapshot.globals.hostReservationIdentifiers.includes('flex-id')) return null;
  const args = makeArguments();
  return hooks.call(point, args).then(({ status }) => {
    if (status !== 'continue') return;
    const { id_type: type, id_value: value } = args as { id_type: unknown; id_value: unknown };
    if (value === undefined || value === null) return;
    if (!isIdentifierType(type) || !(value instanceof Uint8Array) || value.length > identifierBytes) {
      t.engine.log.error(
        'HOOKS_CALLOUT_ERROR',
        `a ${point} callout gave an identifier that is none: ignored`,
      );
    } else if (value.length > 0) t.flexId = { type, value };
  });
}

const isIdentifierType = (type: unknown): type is HostIdentifierName =>
  typeof type === 'string' && Object.hasOwn(hostIdentifierType, type);
/** What `hosts.dhcp_identifier` holds. */
const identifierBytes = 255;
