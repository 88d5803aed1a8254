// The rows that every database of schema 30.0 holds from its first day.

export interface SeedRows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Inserted where missing; existing rows are never touched. */
export const seedRows: readonly SeedRows[] = [
  { table: 'schema_version', columns: ['version', 'minor'], rows: [[30, 0]] },
  {
    table: 'dhcp_option_scope',
    columns: ['scope_id', 'scope_name'],
    rows: [
      [0, 'global'],
      [1, 'subnet'],
      [2, 'client-class'],
      [3, 'host'],
      [4, 'shared-network'],
      [5, 'pool'],
      [6, 'pd-pool'],
    ],
  },
  {
    table: 'host_identifier_type',
    columns: ['type', 'name'],
    rows: [
      [0, 'hw-address'],
      [1, 'duid'],
      [2, 'circuit-id'],
      [3, 'client-id'],
      [4, 'flex-id'],
    ],
  },
  {
    table: 'lease_state',
    columns: ['state', 'name'],
    rows: [
      [0, 'default'],
      [1, 'declined'],
      [2, 'expired-reclaimed'],
      [3, 'released'],
      [4, 'registered'],
    ],
  },
  {
    table: 'lease6_types',
    columns: ['lease_type', 'name'],
    rows: [
      [0, 'IA_NA'],
      [1, 'IA_TA'],
      [2, 'IA_PD'],
    ],
  },
  {
    table: 'lease_hwaddr_source',
    columns: ['hwaddr_source', 'name'],
    rows: [
      [0, 'HWADDR_SOURCE_UNKNOWN'],
      [1, 'HWADDR_SOURCE_RAW'],
      [2, 'HWADDR_SOURCE_IPV6_LINK_LOCAL'],
      [4, 'HWADDR_SOURCE_DUID'],
      [8, 'HWADDR_SOURCE_CLIENT_ADDR_RELAY_OPTION'],
      [16, 'HWADDR_SOURCE_REMOTE_ID'],
      [32, 'HWADDR_SOURCE_SUBSCRIBER_ID'],
      [64, 'HWADDR_SOURCE_DOCSIS_CMTS'],
      [128, 'HWADDR_SOURCE_DOCSIS_MODEM'],
    ],
  },
  {
    table: 'modification',
    columns: ['id', 'modification_type'],
    rows: [
      [0, 'create'],
      [1, 'update'],
      [2, 'delete'],
    ],
  },
  {
    table: 'option_def_data_type',
    columns: ['id', 'name'],
    rows: [
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
    ],
  },
  {
    table: 'parameter_data_type',
    columns: ['id', 'name'],
    rows: [
      [0, 'integer'],
      [1, 'real'],
      [2, 'boolean'],
      [4, 'string'],
    ],
  },
  {
    table: 'dhcp4_server',
    columns: ['id', 'tag', 'description'],
    rows: [[1, 'all', 'special type: all servers']],
  },
  {
    table: 'dhcp6_server',
    columns: ['id', 'tag', 'description'],
    rows: [[1, 'all', 'special type: all servers']],
  },
];
