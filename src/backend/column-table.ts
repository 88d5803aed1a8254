// Which column of which configuration table is which key of Kea's JSON: one table for both families.
import type { Family } from '../addr/family.ts';

/** How the text of a column becomes a JSON value: see column-values.ts. */
export type ColumnKind =
  | 'integer'
  | 'real'
  | 'boolean'
  | 'text'
  | 'json'
  | 'ipv4'
  | 'relay'
  | 'replace-client-name'
  | 'interface-id';

/** The tables whose rows are mapped column by column. */
export type MappedTable = 'subnet' | 'shared_network' | 'client_class' | 'pool' | 'pd_pool' | 'options';

export interface Column {
  readonly column: string;
  readonly key: string;
  readonly kind: ColumnKind;
  readonly tables: readonly MappedTable[];
  /** Undefined: both families have it. */
  readonly family?: Family;
}

const scopes = ['subnet', 'shared_network'] as const;
const classesToo = ['subnet', 'shared_network', 'client_class'] as const;
const everyScope = ['subnet', 'shared_network', 'pool', 'pd_pool'] as const;
const everything = ['subnet', 'shared_network', 'client_class', 'pool', 'pd_pool', 'options'] as const;

/** NULL means "not specified" (inherit) in every one of them. */
export const columns: readonly Column[] = [
  { column: 'subnet_id', key: 'id', kind: 'integer', tables: ['subnet'] },
  { column: 'subnet_prefix', key: 'subnet', kind: 'text', tables: ['subnet'] },
  { column: 'name', key: 'name', kind: 'text', tables: ['shared_network', 'client_class'] },
  { column: 'test', key: 'test', kind: 'text', tables: ['client_class'] },
  {
    column: 'only_in_additional_list',
    key: 'only-in-additional-list',
    kind: 'boolean',
    tables: ['client_class'],
  },
  { column: '4o6_interface', key: '4o6-interface', kind: 'text', tables: ['subnet'], family: 4 },
  { column: '4o6_interface_id', key: '4o6-interface-id', kind: 'text', tables: ['subnet'], family: 4 },
  { column: '4o6_subnet', key: '4o6-subnet', kind: 'text', tables: ['subnet'], family: 4 },
  { column: 'interface', key: 'interface', kind: 'text', tables: scopes },
  { column: 'interface_id', key: 'interface-id', kind: 'interface-id', tables: scopes, family: 6 },
  { column: 'relay', key: 'relay', kind: 'relay', tables: scopes },
  { column: 'rapid_commit', key: 'rapid-commit', kind: 'boolean', tables: scopes, family: 6 },
  { column: 'client_classes', key: 'client-classes', kind: 'json', tables: [...everyScope, 'options'] },
  {
    column: 'evaluate_additional_classes',
    key: 'evaluate-additional-classes',
    kind: 'json',
    tables: everyScope,
  },
  { column: 'renew_timer', key: 'renew-timer', kind: 'integer', tables: scopes },
  { column: 'rebind_timer', key: 'rebind-timer', kind: 'integer', tables: scopes },
  { column: 'valid_lifetime', key: 'valid-lifetime', kind: 'integer', tables: classesToo },
  { column: 'min_valid_lifetime', key: 'min-valid-lifetime', kind: 'integer', tables: classesToo },
  { column: 'max_valid_lifetime', key: 'max-valid-lifetime', kind: 'integer', tables: classesToo },
  { column: 'preferred_lifetime', key: 'preferred-lifetime', kind: 'integer', tables: classesToo, family: 6 },
  {
    column: 'min_preferred_lifetime',
    key: 'min-preferred-lifetime',
    kind: 'integer',
    tables: classesToo,
    family: 6,
  },
  {
    column: 'max_preferred_lifetime',
    key: 'max-preferred-lifetime',
    kind: 'integer',
    tables: classesToo,
    family: 6,
  },
  { column: 'offer_lifetime', key: 'offer-lifetime', kind: 'integer', tables: classesToo, family: 4 },
  { column: 'match_client_id', key: 'match-client-id', kind: 'boolean', tables: scopes, family: 4 },
  { column: 'authoritative', key: 'authoritative', kind: 'boolean', tables: scopes, family: 4 },
  { column: 'next_server', key: 'next-server', kind: 'ipv4', tables: classesToo, family: 4 },
  { column: 'server_hostname', key: 'server-hostname', kind: 'text', tables: classesToo, family: 4 },
  { column: 'boot_file_name', key: 'boot-file-name', kind: 'text', tables: classesToo, family: 4 },
  { column: 'calculate_tee_times', key: 'calculate-tee-times', kind: 'boolean', tables: scopes },
  { column: 't1_percent', key: 't1-percent', kind: 'real', tables: scopes },
  { column: 't2_percent', key: 't2-percent', kind: 'real', tables: scopes },
  { column: 'cache_threshold', key: 'cache-threshold', kind: 'real', tables: scopes },
  { column: 'cache_max_age', key: 'cache-max-age', kind: 'integer', tables: scopes },
  { column: 'reservations_global', key: 'reservations-global', kind: 'boolean', tables: scopes },
  { column: 'reservations_in_subnet', key: 'reservations-in-subnet', kind: 'boolean', tables: scopes },
  { column: 'reservations_out_of_pool', key: 'reservations-out-of-pool', kind: 'boolean', tables: scopes },
  { column: 'allocator', key: 'allocator', kind: 'text', tables: scopes },
  { column: 'pd_allocator', key: 'pd-allocator', kind: 'text', tables: scopes, family: 6 },
  { column: 'ddns_send_updates', key: 'ddns-send-updates', kind: 'boolean', tables: scopes },
  { column: 'ddns_override_no_update', key: 'ddns-override-no-update', kind: 'boolean', tables: scopes },
  {
    column: 'ddns_override_client_update',
    key: 'ddns-override-client-update',
    kind: 'boolean',
    tables: scopes,
  },
  {
    column: 'ddns_replace_client_name',
    key: 'ddns-replace-client-name',
    kind: 'replace-client-name',
    tables: scopes,
  },
  { column: 'ddns_generated_prefix', key: 'ddns-generated-prefix', kind: 'text', tables: scopes },
  { column: 'ddns_qualifying_suffix', key: 'ddns-qualifying-suffix', kind: 'text', tables: scopes },
  { column: 'ddns_ttl_percent', key: 'ddns-ttl-percent', kind: 'real', tables: scopes },
  { column: 'ddns_ttl', key: 'ddns-ttl', kind: 'integer', tables: scopes },
  { column: 'ddns_ttl_min', key: 'ddns-ttl-min', kind: 'integer', tables: scopes },
  { column: 'ddns_ttl_max', key: 'ddns-ttl-max', kind: 'integer', tables: scopes },
  { column: 'user_context', key: 'user-context', kind: 'json', tables: everything },
];

/** The columns of one table of one family. */
export function columnsOf(table: MappedTable, family: Family): readonly Column[] {
  return columns.filter(
    (column) => column.tables.includes(table) && (column.family === undefined || column.family === family),
  );
}

/** Row `id` of option_def_data_type → the type's name in configuration. There is no 9. */
export const optionTypeNames: ReadonlyMap<number, string> = new Map([
  [0, 'empty'],
  [1, 'binary'],
  [2, 'boolean'],
  [3, 'int8'],
  [4, 'int16'],
  [5, 'int32'],
  [6, 'uint8'],
  [7, 'uint16'],
  [8, 'uint32'],
  [10, 'ipv4-address'],
  [11, 'ipv6-address'],
  [12, 'ipv6-prefix'],
  [13, 'psid'],
  [14, 'string'],
  [15, 'tuple'],
  [16, 'fqdn'],
  [17, 'internal'],
  [254, 'record'],
]);

/** Values of ddns_replace_client_name. */
export const replaceClientNames: readonly string[] = ['never', 'always', 'when-present', 'when-not-present'];
