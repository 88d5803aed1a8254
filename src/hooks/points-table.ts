// Every hook point: when it is called, its arguments in order, and what each status does there. docs/hooks.md shows it.
import type { Family } from '../addr/family.ts';
import type { HookPoint } from '../engine/hooks.ts';

export interface PointArgument {
  readonly name: string;
  readonly type: string;
  /** `in/out` and `out`: a callout may assign it, or (a query, response or lease) change what is inside. */
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
const queryOf = (family: Family): string => `Query${family}`;
const query = (family: Family): PointArgument => given(`query${family}`, queryOf(family));
const response = (family: Family, type = `Response${family}`): PointArgument =>
  given(`response${family}`, type);
const changedResponse = (family: Family): PointArgument => both(`response${family}`, `Response${family}`);
const lease = (family: Family): PointArgument => given(`lease${family}`, `Lease${family}`);
const changedLease = (family: Family): PointArgument => both(`lease${family}`, `Lease${family}`);
const subnet = (family: Family, type = 'Subnet'): PointArgument => given(`subnet${family}`, type);

const configured = (family: Family): PointRow => ({
  when: 'A configuration is good and about to come into force, at the start too.',
  arguments: [
    given('network_state', 'NetworkState'),
    given('json_config', `the map under Dhcp${family}`),
    given('server_config', 'Snapshot'),
    out('error', 'string'),
  ],
  statuses: { drop: 'the configuration is refused with the text of `error`; at the start the process ends' },
});
const updated: PointRow = {
  when: 'A poll of the config backend changed the running configuration (not the first fetch).',
  arguments: [given('audit_entries', 'AuditEntry[]')],
  statuses: {},
};
const bufferReceive = (family: Family, more: readonly PointArgument[] = []): PointRow => ({
  when: 'A datagram came; nothing is parsed yet.',
  arguments: [both(`query${family}`, queryOf(family)), ...more],
  statuses: {
    skip: `the server does not parse: the callout filled \`query${family}.message\``,
    drop: 'dropped',
  },
});
const packetReceive = (family: Family): PointRow => ({
  when: 'Parsed, of a message type that is answered; nothing else was done.',
  arguments: [both(`query${family}`, queryOf(family))],
  statuses: { skip: 'dropped', drop: 'dropped' },
});
const subnetSelect = (family: Family): PointRow => ({
  when: 'The subnet of the packet was chosen.',
  arguments: [
    both(`query${family}`, queryOf(family)),
    both(`subnet${family}`, 'Subnet | null'),
    given(`subnet${family}collection`, 'ReadonlyMap<id, Subnet>'),
  ],
  statuses: {
    skip: 'no subnet; processing goes on without an address',
    drop: 'dropped',
    park: 'held, then processing goes on',
  },
});
const hostIdentifier = (family: Family): PointRow => ({
  when: '`host-reservation-identifiers` has flex-id, and the identifiers of the client are collected.',
  arguments: [query(family), both('id_type', 'identifier type'), out('id_value', 'Uint8Array')],
  statuses: { skip: 'the identifier is ignored', drop: 'the identifier is ignored' },
});
const ddnsUpdate = (family: Family): PointRow => ({
  when: 'The names of the lease were computed; only where the client gets one.',
  arguments: [
    query(family),
    response(family),
    subnet(family),
    both('hostname', 'string'),
    both('fwd-update', 'boolean'),
    both('rev-update', 'boolean'),
    given('ddns-params', 'DdnsParameters'),
  ],
  statuses: {},
});
const expire = (family: Family): PointRow => ({
  when: 'An expired lease is being reclaimed: by the timer, or because its address is given to a client.',
  arguments: [lease(family), given('remove_lease', 'boolean')],
  statuses: { skip: 'the library reclaimed it itself: the server writes nothing, statistics are counted' },
});
const recover = (family: Family): PointRow => ({
  when: 'The probation of a declined lease ended and it is being reclaimed.',
  arguments: [lease(family)],
  statuses: { skip: 'the lease stays declined' },
});
const packetSend = (family: Family): PointRow => ({
  when: 'The answer is complete and not encoded yet.',
  arguments: [query(family), changedResponse(family), subnet(family, 'Subnet | null')],
  statuses: {
    skip: `the server does not encode: the callout assigned \`response${family}.bytes\``,
    drop: 'the answer is not sent',
  },
});
const bufferSend = (family: Family): PointRow => ({
  when: 'The bytes of the answer are ready.',
  arguments: [changedResponse(family)],
  statuses: { skip: 'the answer is not sent', drop: 'the answer is not sent' },
});
const extended = (message: string): PointRow => ({
  when: `A ${message} is about to extend this lease; once per lease.`,
  arguments: [query(6), changedLease(6), given('ia_na', 'Ia6 | null'), given('ia_pd', 'Ia6 | null')],
  statuses: { skip: 'the stored lease stays as it is; the answer carries what is left of it' },
});

/** In the order in which a packet meets them. The rows name exactly the arguments that the engine gives. */
export const pointsTable: { readonly [P in HookPoint]: PointRow } = {
  dhcp4_srv_configured: configured(4),
  cb4_updated: updated,
  buffer4_receive: bufferReceive(4),
  pkt4_receive: packetReceive(4),
  subnet4_select: subnetSelect(4),
  host4_identifier: hostIdentifier(4),
  lease4_select: {
    when: 'A new lease was made up for a DISCOVER or REQUEST and is about to be written.',
    arguments: [
      query(4),
      subnet(4),
      given('fake_allocation', 'boolean: true for DISCOVER'),
      given('offer_lft', 'seconds'),
      changedLease(4),
    ],
    statuses: { skip: 'the lease is not assigned, and no other is tried' },
  },
  lease4_renew: {
    when: 'The client has this lease already and it is about to be extended (a DISCOVER computes that too).',
    arguments: [
      query(4),
      subnet(4),
      given('clientid', 'Uint8Array | null'),
      given('hwaddr', 'Uint8Array'),
      changedLease(4),
    ],
    statuses: { skip: 'the stored lease stays as it is; the answer carries what is left of it' },
  },
  ddns4_update: ddnsUpdate(4),
  lease4_expire: expire(4),
  lease4_recover: recover(4),
  lease4_release: {
    when: 'A RELEASE names a lease of its client; it is about to be given back.',
    arguments: [query(4), lease(4)],
    statuses: { skip: 'the lease is kept', drop: 'the lease is kept' },
  },
  lease4_decline: {
    when: 'A DECLINE is right; the lease is about to be set aside.',
    arguments: [query(4), lease(4)],
    statuses: { skip: 'the lease is not declined', drop: 'the lease is not declined' },
  },
  lease4_offer: {
    when: 'An OFFER is complete and not sent yet.',
    arguments: [
      query(4),
      response(4),
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
    arguments: [query(4), lease(4)],
    statuses: {},
  },
  leases4_committed: {
    when: 'What a REQUEST, RELEASE or DECLINE came to is in the store.',
    arguments: [
      query(4),
      response(4, 'Response4; null for RELEASE and DECLINE'),
      given('leases4', 'Lease4[]: written leases'),
      given('deleted_leases4', 'Lease4[]: released, or left for another address'),
    ],
    statuses: { drop: 'the answer is not sent; the lease stays written', park: 'the answer is held' },
  },
  pkt4_send: packetSend(4),
  buffer4_send: bufferSend(4),

  dhcp6_srv_configured: configured(6),
  cb6_updated: updated,
  buffer6_receive: bufferReceive(6, [
    out('answer', 'Answer6 | null: bytes that are sent back at once; nothing else is done with the datagram'),
  ]),
  pkt6_receive: packetReceive(6),
  subnet6_select: subnetSelect(6),
  host6_identifier: hostIdentifier(6),
  lease6_select: {
    when: 'A new lease was made up for an IA of a SOLICIT, REQUEST, RENEW or REBIND and is about to be written.',
    arguments: [
      query(6),
      subnet(6),
      given('fake_allocation', 'boolean: true for a SOLICIT without rapid commit'),
      changedLease(6),
    ],
    statuses: { skip: 'the lease is not assigned, and no other is tried for this IA' },
  },
  lease6_renew: extended('RENEW (or a REQUEST or SOLICIT of a client that has it already)'),
  lease6_rebind: extended('REBIND'),
  ddns6_update: ddnsUpdate(6),
  lease6_expire: expire(6),
  lease6_recover: recover(6),
  lease6_release: {
    when: 'A RELEASE names a lease of its client; it is about to be given back. Once per lease.',
    arguments: [query(6), lease(6)],
    statuses: {
      skip: 'the lease is kept; the answer says Success',
      drop: 'the lease is kept; the answer says Success',
    },
  },
  lease6_decline: {
    when: 'A DECLINE is right; the lease is about to be set aside. Once per lease.',
    arguments: [query(6), lease(6)],
    statuses: { skip: 'the lease is not declined; the answer says Success', drop: 'dropped' },
  },
  addr6_register: {
    when: 'An ADDR-REG-INFORM is right; the address is about to be registered.',
    arguments: [
      query(6),
      response(6),
      given('address6', 'bigint'),
      given('old_lease6', 'Lease6 | null'),
      given('new_lease6', 'Lease6'),
    ],
    statuses: { skip: 'nothing is written; the client is answered', drop: 'dropped' },
  },
  leases6_committed: {
    when: 'What a REQUEST, RENEW, REBIND, RELEASE, DECLINE or SOLICIT with rapid commit came to is in the store.',
    arguments: [
      query(6),
      response(6),
      given('leases6', 'Lease6[]: written leases'),
      given('deleted_leases6', 'Lease6[]: released, or left for others'),
    ],
    statuses: { drop: 'the answer is not sent; the leases stay written', park: 'the answer is held' },
  },
  pkt6_send: packetSend(6),
  buffer6_send: bufferSend(6),
};

export const isHookPoint = (name: string): name is HookPoint => Object.hasOwn(pointsTable, name);
