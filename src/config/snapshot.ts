// The running configuration as used: frozen, resolved (inheritance applied), swapped whole. Nothing here is ever modified.
import type { Address, Family } from '../addr/family.ts';
import type { BooleanExpression, StringExpression } from '../expr/expression.ts';
import type { Host, HostIdentifierName } from '../store/host-store.ts';
import type { OptionSet } from '../wire/option-data.ts';
import type { OptionDefinition, OptionDefinitions } from '../wire/option-definition.ts';
import type { WrittenConfig } from './written.ts';

/** Seconds. `min` ≤ `value` ≤ `max`. */
export interface Lifetime {
  readonly min: number;
  readonly value: number;
  readonly max: number;
}

/** Parameters that inherit: pool → subnet → shared network → global → default. Undefined = unset everywhere. */
export interface ScopeParameters {
  readonly validLifetime: Lifetime;
  /** v6 only. */
  readonly preferredLifetime?: Lifetime;
  readonly renewTimer?: number;
  readonly rebindTimer?: number;
  readonly calculateTeeTimes: boolean;
  readonly t1Percent: number;
  readonly t2Percent: number;
  readonly matchClientId: boolean;
  readonly authoritative: boolean;
  /** 0 = unset. */
  readonly nextServer: number;
  readonly serverHostname: string;
  readonly bootFileName: string;
  readonly reservationsGlobal: boolean;
  readonly reservationsInSubnet: boolean;
  readonly reservationsOutOfPool: boolean;
  readonly cacheThreshold: number;
  readonly cacheMaxAge?: number;
  readonly offerLifetime: number;
  readonly allocator: 'iterative' | 'random' | 'flq' | 'shared-flq';
  readonly storeExtendedInfo: boolean;
  readonly adaptiveLeaseTimeThreshold?: number;
  readonly ddns: DdnsParameters;
  readonly hostnameCharSet: string;
  readonly hostnameCharReplacement: string;
}

export interface DdnsParameters {
  readonly sendUpdates: boolean;
  readonly overrideNoUpdate: boolean;
  readonly overrideClientUpdate: boolean;
  readonly replaceClientName: 'never' | 'always' | 'when-present' | 'when-not-present';
  readonly generatedPrefix: string;
  readonly qualifyingSuffix: string;
  readonly updateOnRenew: boolean;
  readonly conflictResolutionMode: string;
  readonly ttlPercent?: number;
  readonly ttl?: number;
  readonly ttlMin?: number;
  readonly ttlMax?: number;
}

export interface Pool {
  /** Database row id; null when from a file. */
  readonly rowId: number | null;
  readonly poolId: number;
  readonly first: Address;
  readonly last: Address;
  /** Number of addresses. */
  readonly capacity: number | bigint;
  readonly clientClasses: readonly string[];
  readonly evaluateAdditionalClasses: readonly string[];
  readonly options: OptionSet;
  /** The very object of the subnet unless the pool sets some itself: it may set those of client names and DNS. */
  readonly parameters: ScopeParameters;
  readonly userContext: Readonly<Record<string, unknown>> | null;
}

export interface Subnet {
  readonly family: Family;
  readonly id: number;
  /** `192.0.2.0/24` */
  readonly prefix: string;
  readonly first: Address;
  readonly last: Address;
  readonly prefixLength: number;
  /** Name of the shared network, or null. Look it up in {@link Snapshot.networks}. */
  readonly networkName: string | null;
  readonly interface: string | null;
  readonly relayAddresses: readonly Address[];
  readonly pools: readonly Pool[];
  readonly clientClasses: readonly string[];
  readonly evaluateAdditionalClasses: readonly string[];
  readonly options: OptionSet;
  readonly parameters: ScopeParameters;
  readonly userContext: Readonly<Record<string, unknown>> | null;
}

export interface SharedNetwork {
  readonly name: string;
  readonly interface: string | null;
  readonly relayAddresses: readonly Address[];
  /** Members by ascending subnet id. */
  readonly subnets: readonly Subnet[];
  readonly clientClasses: readonly string[];
  readonly evaluateAdditionalClasses: readonly string[];
  readonly options: OptionSet;
  readonly parameters: ScopeParameters;
  readonly userContext: Readonly<Record<string, unknown>> | null;
}

export interface ClientClass {
  readonly name: string;
  readonly test: BooleanExpression | null;
  readonly templateTest: StringExpression | null;
  readonly onlyInAdditionalList: boolean;
  /** Needs KNOWN or UNKNOWN, directly or through other classes: evaluated in the second pass. */
  readonly dependsOnKnown: boolean;
  readonly options: OptionSet;
  /** Class-local definitions (v4 codes 43 and 224-254). */
  readonly optionDefinitions: readonly OptionDefinition[];
  readonly nextServer: number;
  readonly serverHostname: string;
  readonly bootFileName: string;
  readonly validLifetime: Partial<Lifetime> | null;
  readonly preferredLifetime: Partial<Lifetime> | null;
  readonly offerLifetime: number | null;
  readonly userContext: Readonly<Record<string, unknown>> | null;
}

/** Answers "which subnet" without looking at every subnet. */
export interface SubnetIndex {
  /** The subnet whose prefix contains the address (longest prefix, then lowest id); `accept` filters by class. */
  byAddress(address: Address, accept: (subnet: Subnet) => boolean): Subnet | undefined;
  /** Lowest id among subnets whose own, or else whose network's, relay addresses contain it. */
  byRelay(relay: Address, accept: (subnet: Subnet) => boolean): Subnet | undefined;
  byInterface(name: string, accept: (subnet: Subnet) => boolean): Subnet | undefined;
}

/** Durations in seconds unless said otherwise; Kea key names in camelCase. */
export interface GlobalParameters {
  readonly declineProbationPeriod: number;
  readonly echoClientId: boolean;
  readonly hostReservationIdentifiers: readonly HostIdentifierName[];
  readonly ipReservationsUnique: boolean;
  readonly reservationsLookupFirst: boolean;
  readonly earlyGlobalReservationsLookup: boolean;
  readonly stashAgentOptions: boolean;
  readonly parkedPacketLimit: number;
  readonly statisticDefaultSampleCount: number;
  readonly statisticDefaultSampleAge: number;
  readonly expiredLeases: {
    readonly reclaimTimerWaitTime: number;
    readonly flushReclaimedTimerWaitTime: number;
    readonly holdReclaimedTime: number;
    readonly maxReclaimLeases: number;
    /** Milliseconds. */
    readonly maxReclaimTime: number;
    readonly unwarnedReclaimCycles: number;
  };
  readonly compatibility: {
    readonly lenientOptionParsing: boolean;
    readonly ignoreDhcpServerIdentifier: boolean;
    readonly ignoreRaiLinkSelection: boolean;
    readonly excludeFirstLast24: boolean;
  };
}

export interface Snapshot {
  readonly family: Family;
  /** Newest epoch of the config backend that is applied; null without a backend. */
  readonly epoch: number | null;
  /** SHA-256 of the merged configuration text, upper-case hex. */
  readonly hash: string;
  /** The merged configuration as Kea JSON (what config-get returns under Dhcp4/Dhcp6). */
  readonly written: WrittenConfig;
  readonly serverTag: string;
  readonly globals: GlobalParameters;
  /** Global scope values, for packets without a subnet. */
  readonly parameters: ScopeParameters;
  readonly definitions: OptionDefinitions;
  readonly options: OptionSet;
  /** In evaluation order. */
  readonly classes: readonly ClientClass[];
  readonly classByName: ReadonlyMap<string, ClientClass>;
  readonly networks: ReadonlyMap<string, SharedNetwork>;
  readonly subnets: ReadonlyMap<number, Subnet>;
  readonly index: SubnetIndex;
  /** Reservations that the configuration itself carries (global and per subnet). Same array while unchanged. */
  readonly hosts: readonly Host[];
}
