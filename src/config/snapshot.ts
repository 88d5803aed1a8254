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

export type AllocatorName = 'iterative' | 'random' | 'flq' | 'shared-flq';

/** Parameters that inherit: pool → subnet → shared network → global → default. Undefined = unset everywhere. */
export interface ScopeParameters {
  readonly validLifetime: Lifetime;
  /** v6 only. Unset everywhere, it is 0.625 of the valid lifetime that is given. */
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
  /** v6: never `flq`. */
  readonly allocator: AllocatorName;
  /** v6 only. */
  readonly pdAllocator: AllocatorName;
  /** v6 only: subnet, else shared network, else false. */
  readonly rapidCommit: boolean;
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

/** What pools of addresses and pools of prefixes have in common. */
export interface PoolBase {
  /** Database row id; null when from a file. */
  readonly rowId: number | null;
  readonly poolId: number;
  readonly first: Address;
  readonly last: Address;
  /** Number of addresses, or of prefixes to delegate. */
  readonly capacity: number | bigint;
  /** Of pools of prefixes: the length of each. */
  readonly delegatedLength?: number;
  readonly clientClasses: readonly string[];
  readonly evaluateAdditionalClasses: readonly string[];
  readonly options: OptionSet;
  readonly userContext: Readonly<Record<string, unknown>> | null;
}

export interface Pool extends PoolBase {
  /** The very object of the subnet unless the pool sets some itself: it may set those of client names and DNS. */
  readonly parameters: ScopeParameters;
}

/** A prefix that is delegated in equal parts (DHCPv6). */
export interface PdPool extends PoolBase {
  readonly first: bigint;
  readonly last: bigint;
  readonly capacity: bigint;
  /** Of the pool itself. */
  readonly length: number;
  readonly delegatedLength: number;
  /** Inside the first delegated prefix, and at the same place in each of them (RFC 6603 section 4.2). */
  readonly excluded: { readonly prefix: bigint; readonly length: number } | null;
}

/** Whose DHCPv4 packets over DHCPv6 belong to a subnet (RFC 7341): any of the three that is not null decides. */
export interface Link4o6 {
  /** Of the client, or of the relay next to the server. */
  readonly prefix: { readonly first: Address; readonly last: Address } | null;
  readonly interfaceId: Uint8Array | null;
  /** Of the DHCPv6 server. */
  readonly interface: string | null;
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
  /** v6 only: bytes of the relay's option 18. */
  readonly interfaceId: Uint8Array | null;
  readonly relayAddresses: readonly Address[];
  /** v4 only. */
  readonly dhcp4o6: Link4o6 | null;
  readonly pools: readonly Pool[];
  /** Empty in v4. */
  readonly pdPools: readonly PdPool[];
  readonly clientClasses: readonly string[];
  readonly evaluateAdditionalClasses: readonly string[];
  readonly options: OptionSet;
  readonly parameters: ScopeParameters;
  readonly userContext: Readonly<Record<string, unknown>> | null;
}

export interface SharedNetwork {
  readonly name: string;
  readonly interface: string | null;
  readonly interfaceId: Uint8Array | null;
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
  /** v6: by the bytes of the relay's option 18; the subnet's own interface-id, or else that of its network. */
  byInterfaceId(id: Uint8Array, accept: (subnet: Subnet) => boolean): Subnet | undefined;
  /** v4: lowest id among subnets that any of the three belongs to. */
  byDhcp4o6(
    source: bigint,
    interfaceId: Uint8Array | undefined,
    name: string,
    accept: (subnet: Subnet) => boolean,
  ): Subnet | undefined;
}

/** Where a DHCPv6 server takes hardware addresses from; aliases of Kea's (rfc6939, …) are turned into these. */
export type MacSource =
  | 'any'
  | 'raw'
  | 'duid'
  | 'ipv6-link-local'
  | 'client-link-addr-option'
  | 'remote-id'
  | 'subscriber-id'
  | 'docsis-cmts'
  | 'docsis-modem';

/** How the DUID of a DHCPv6 server is made when no kept one fits (RFC 8415 section 11). */
export interface ServerIdParameters {
  readonly type: 'LLT' | 'EN' | 'LL';
  /** Empty: the kept one; else LLT and LL take that of an interface, and EN makes one. */
  readonly identifier: Uint8Array;
  /** LLT, LL; 0: the kept one, else that of the interface. */
  readonly htype: number;
  /** LLT, seconds since 2000-01-01 UTC; 0: the kept one, else now. */
  readonly time: number;
  /** EN; 0: the kept one, else that of ISC. */
  readonly enterpriseId: number;
  /** Whether it is kept in a file. */
  readonly persist: boolean;
}

/** What only a DHCPv6 server has; in v4 the defaults. */
export interface GlobalParameters6 {
  /** In order of preference; never empty. */
  readonly macSources: readonly MacSource[];
  /** Codes of options that relays may supply (RFC 6422). */
  readonly relaySuppliedOptions: readonly number[];
  readonly serverId: ServerIdParameters;
  /** Where the DUID is kept; null: where the server keeps its state. */
  readonly dataDirectory: string | null;
  readonly allowAddressRegistration: boolean;
}

/** Durations in seconds unless said otherwise; Kea key names in camelCase. */
export interface GlobalParameters extends GlobalParameters6 {
  /** Port of DHCPv4 over DHCPv6, between the two daemons of a machine; 0 = off. */
  readonly dhcp4o6Port: number;
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
