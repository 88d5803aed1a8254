// Host reservations: lookups that the engine batches. Contract: Kea's hosts table and the `reservations` lists of a file.
import type { Address } from '../addr/family.ts';
import type { OptionData } from '../wire/option-data.ts';

/** Kea's identifier types; the number is `hosts.dhcp_identifier_type`. */
export const hostIdentifierType = {
  'hw-address': 0,
  duid: 1,
  'circuit-id': 2,
  'client-id': 3,
  'flex-id': 4,
} as const;
export type HostIdentifierName = keyof typeof hostIdentifierType;

export interface HostIdentifier {
  readonly type: HostIdentifierName;
  readonly value: Uint8Array;
}

export interface Host {
  /** Database row; null for a reservation from a file. */
  readonly hostId: number | null;
  readonly identifier: HostIdentifier;
  /** 0 = global. */
  readonly subnetId: number;
  /** v4: reserved address, 0 = none. */
  readonly address4: number;
  readonly addresses6: readonly {
    readonly address: bigint;
    readonly prefixLength: number;
    readonly type: 0 | 2;
    readonly excluded: { readonly prefix: bigint; readonly length: number } | null;
  }[];
  readonly hostname: string;
  readonly clientClasses: readonly string[];
  /** 0 = unset. */
  readonly nextServer: number;
  readonly serverHostname: string;
  readonly bootFileName: string;
  readonly options: readonly OptionData[];
  readonly userContext: Readonly<Record<string, unknown>> | null;
}

export interface HostQuery {
  readonly identifiers: readonly HostIdentifier[];
  /** Subnets to search (0 = global); `null` = every one. */
  readonly subnetIds: readonly number[] | null;
  /** Reservations *of these addresses* (v6: or prefixes that begin there), in the subnets, whoever owns them. */
  readonly addresses: readonly Address[];
}

export interface HostFindings {
  readonly byIdentifier: readonly Host[];
  /** A host comes once for each address that it was found by. */
  readonly byAddress: readonly Host[];
}

/** Single lookups in, batches to the database; several stores are searched in order (file first). Rejects with FlotillaError. */
export interface HostStore {
  find(query: HostQuery): Promise<HostFindings>;
  /** True: there is no reservation at all at this moment, and nobody needs to ask. */
  readonly isEmpty?: boolean;
  close(): Promise<void>;
}
