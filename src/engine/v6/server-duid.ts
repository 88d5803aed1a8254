// The DUID of a DHCPv6 server (RFC 8415 §11): what was kept as far as the configuration does not say otherwise, else made.
import type { ServerIdParameters } from '../../config/snapshot.ts';
import { FlotillaError } from '../../errors.ts';
import { WireError } from '../../wire/cursor.ts';
import { decodeDuid, duidEpoch, encodeDuid, type Duid } from '../../wire/v6/duid.ts';

export interface DuidSources {
  /** Hardware address of an interface of this machine, and its type (1 is Ethernet). Null: it has none. */
  readonly hardware: () => { readonly htype: number; readonly address: Uint8Array } | null;
  /** Seconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

/**
 * The DUID to serve with. RFC 8415 §11: it should not change, so a kept one of the configured type lends whatever the
 * configuration leaves open, as in Kea. Throws SERVER_DUID when a hardware address is needed and there is none.
 */
export function serverDuid(
  wanted: ServerIdParameters,
  kept: Uint8Array | null,
  sources: DuidSources,
): Uint8Array {
  return encodeDuid(duidOf(wanted, kept && decoded(kept), sources));
}

function duidOf(wanted: ServerIdParameters, kept: Duid | null, sources: DuidSources): Duid {
  const isGiven = wanted.identifier.length > 0;
  if (wanted.type === 'EN') {
    const same = kept?.kind === 'EN' ? kept : null;
    return {
      kind: 'EN',
      enterprise: wanted.enterpriseId || same?.enterprise || enterpriseOfIsc,
      identifier: isGiven ? wanted.identifier : (same?.identifier ?? sources.randomBytes(enterpriseBytes)),
    };
  }
  const same = kept?.kind === 'LLT' || kept?.kind === 'LL' ? kept : null;
  const link = same?.kind === wanted.type ? same : null;
  // A hardware type means nothing without the address that it belongs to.
  const { htype, address } = isGiven
    ? { htype: wanted.htype || link?.htype || ethernet, address: wanted.identifier }
    : (link ?? hardwareOf(sources));
  if (wanted.type === 'LL') return { kind: 'LL', htype, address };
  const keptTime = link?.kind === 'LLT' ? link.time : 0;
  // RFC 8415 §11.2: seconds since 2000, modulo 2^32.
  const time = wanted.time || keptTime || (Math.floor(sources.now()) - duidEpoch) >>> 0;
  return { kind: 'LLT', htype, time, address };
}

const ethernet = 1;
/** IANA's private enterprise number that Kea takes when none is set. */
const enterpriseOfIsc = 2495;
/** As many as Kea makes. */
const enterpriseBytes = 6;

function hardwareOf({ hardware }: DuidSources): NonNullable<ReturnType<DuidSources['hardware']>> {
  const found = hardware();
  if (found) return found;
  throw new FlotillaError(
    'SERVER_DUID',
    'no interface has a hardware address to make the server DUID of: give an identifier, or the type EN',
    { key: 'Dhcp6.server-id' },
  );
}

/** Null when the bytes are no DUID of a form known here. */
function decoded(bytes: Uint8Array): Duid | null {
  try {
    return decodeDuid(bytes);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
