// Every hook point: when it is called, its arguments in order, and what each status does there. docs/hooks.md shows it.
import type { HookPoint } from '../engine/hooks.ts';
import type { HookArguments4 } from '../engine/v4/hook-arguments.ts';

export interface PointArgument {
  readonly name: string;
  readonly type: string;
  /** `in/out` and `out`: a callout may assign it, or (`query4`, `response4`, `lease4`) change what is inside. */
  readonly direction: 'in' | 'in/out' | 'out';
}

export interface PointRow {
  readonly when: string;
  readonly arguments: readonly PointArgument[];
  /** What a status does. One that is not here is taken as `continue`. */
  readonly statuses: { readonly skip?: string; readonly drop?: string; readonly park?: string };
}

const given = (name: string, type: string): PointArgument => ({ name, type, direction: 'in' });
const both = (name: string, type: string): PointArgument => ({ name, type, direction: 'in/out' });
const out = (name: string, type: string): PointArgument => ({ name, type, direction: 'out' });
const query = given('query4', 'Query4');

/** In the order in which a packet meets them. The rows name exactly the arguments that the engine gives. */
export const pointsTable: { readonly [P in keyof HookArguments4]: PointRow } = {
  dhcp4_srv_configured: {
    when: 'A configuration is good and about to come into force, at the start too.',
    arguments: [
      given('network_state', 'NetworkState'),
      given('json_config', 'the map under Dhcp4'),
      given('server_config', 'Snapshot'),
      out('error', 'string'),
    ],
    statuses: {
      drop: 'the configuration is refused with the text of `error`; at the start the process ends',
    },
  },
  cb4_updated: {
    when: 'A poll of the config backend changed the running configuration (not the first fetch).',
    arguments: [given('audit_entries', 'AuditEntry[]')],
    statuses: {},
  },
  buffer4_receive: {
    when: 'A datagram came; nothing is parsed yet.',
    arguments: [both('query4', 'Query4')],
    statuses: { skip: 'the server does not parse: the callout filled `query4.message`', drop: 'dropped' },
  },
  pkt4_receive: {
    when: 'Parsed, of a message type that is answered; nothing else was done.',
    arguments: [both('query4', 'Query4')],
    statuses: { skip: 'dropped', drop: 'dropped' },
  },
  subnet4_select: {
    when: 'The subnet of the packet was chosen.',
    arguments: [
      both('query4', 'Query4'),
      both('subnet4', 'Subnet | null'),
      given('subnet4collection', 'ReadonlyMap<id, Subnet>'),
    ],
    statuses: {
      skip: 'no subnet; processing goes on without an address',
      drop: 'dropped',
      park: 'held, then processing goes on',
    },
  },
  host4_identifier: {
    when: '`host-reservation-identifiers` has flex-id, and the identifiers of the client are collected.',
    arguments: [query, both('id_type', 'identifier type'), out('id_value', 'Uint8Array')],
    statuses: { skip: 'the identifier is ignored', drop: 'the identifier is ignored' },
  },
  lease4_select: {
    when: 'A new lease was made up for a DISCOVER or REQUEST and is about to be written.',
    arguments: [
      query,
      given('subnet4', 'Subnet'),
      given('fake_allocation', 'boolean: true for DISCOVER'),
      given('offer_lft', 'seconds'),
      both('lease4', 'Lease4'),
    ],
    statuses: { skip: 'the lease is not assigned, and no other is tried' },
  },
  lease4_renew: {
    when: 'The client has this lease already and it is about to be extended (a DISCOVER computes that too).',
    arguments: [
      query,
      given('subnet4', 'Subnet'),
      given('clientid', 'Uint8Array | null'),
      given('hwaddr', 'Uint8Array'),
      both('lease4', 'Lease4'),
    ],
    statuses: { skip: 'the stored lease stays as it is; the answer carries what is left of it' },
  },
  ddns4_update: {
    when: 'The names of the lease were computed; only where the client gets one.',
    arguments: [
      query,
      given('response4', 'Response4'),
      given('subnet4', 'Subnet'),
      both('hostname', 'string'),
      both('fwd-update', 'boolean'),
      both('rev-update', 'boolean'),
      given('ddns-params', 'DdnsParameters'),
    ],
    statuses: {},
  },
  lease4_expire: {
    when: 'An expired lease is being reclaimed: by the timer, or because its address is given to a client.',
    arguments: [both('lease4', 'Lease4'), given('remove_lease', 'boolean')],
    statuses: { skip: 'the library reclaimed it itself: the server writes nothing, statistics are counted' },
  },
  lease4_recover: {
    when: 'The probation of a declined lease ended and it is being reclaimed.',
    arguments: [given('lease4', 'Lease4')],
    statuses: { skip: 'the lease stays declined' },
  },
  lease4_release: {
    when: 'A RELEASE names a lease of its client; it is about to be given back.',
    arguments: [query, given('lease4', 'Lease4')],
    statuses: { skip: 'the lease is kept', drop: 'the lease is kept' },
  },
  lease4_decline: {
    when: 'A DECLINE is right; the lease is about to be set aside.',
    arguments: [query, given('lease4', 'Lease4')],
    statuses: { skip: 'the lease is not declined', drop: 'the lease is not declined' },
  },
  lease4_offer: {
    when: 'An OFFER is complete and not sent yet.',
    arguments: [
      query,
      given('response4', 'Response4'),
      given('leases4', 'Lease4[]'),
      given('offer_lifetime', 'seconds; not 0: the lease is stored already'),
      given('old_lease', 'Lease4 | null'),
      given('host', 'Host | null'),
      out('offer_address_in_use', 'boolean: the address is declined and no OFFER sent'),
    ],
    statuses: { drop: 'the OFFER is not sent', park: 'the OFFER is held' },
  },
  lease4_server_decline: {
    when: 'The server set an address aside that a lease4_offer callout found in use.',
    arguments: [query, given('lease4', 'Lease4')],
    statuses: {},
  },
  leases4_committed: {
    when: 'What a REQUEST, RELEASE or DECLINE came to is in the store.',
    arguments: [
      query,
      given('response4', 'Response4; null for RELEASE and DECLINE'),
      given('leases4', 'Lease4[]: written leases'),
      given('deleted_leases4', 'Lease4[]: released, or left for another address'),
    ],
    statuses: { drop: 'the answer is not sent; the lease stays written', park: 'the answer is held' },
  },
  pkt4_send: {
    when: 'The answer is complete and not encoded yet.',
    arguments: [query, both('response4', 'Response4'), given('subnet4', 'Subnet | null')],
    statuses: {
      skip: 'the server does not encode: the callout assigned `response4.bytes`',
      drop: 'the answer is not sent',
    },
  },
  buffer4_send: {
    when: 'The bytes of the answer are ready.',
    arguments: [both('response4', 'Response4')],
    statuses: { skip: 'the answer is not sent', drop: 'the answer is not sent' },
  },
};

export const isHookPoint = (name: string): name is HookPoint => Object.hasOwn(pointsTable, name);
