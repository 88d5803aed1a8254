// lease4-get, lease4-get-all, lease4-get-page, and the same of DHCPv6: reading leases.
import type { Address, Family } from '../../addr/family.ts';
import { sameBytes, tryParseHex } from '../../addr/hex.ts';
import { tryParseIpv4 } from '../../addr/ipv4.ts';
import { tryParseIpv6 } from '../../addr/ipv6.ts';
import { FlotillaError } from '../../errors.ts';
import type { Lease } from '../../store/lease.ts';
import type { ClientKey, LeaseStore } from '../../store/lease-store.ts';
import { duidLength } from '../../wire/v6/duid.ts';
import { argumentsOf } from '../arguments.ts';
import { commandResult, type CommandAnswer, type CommandHandler } from '../command.ts';
import type { DaemonOperations } from '../daemon-operations.ts';
import { leaseJson } from '../lease-json.ts';

export function leaseCommands(
  deps: Pick<DaemonOperations, 'family' | 'leases'>,
): Readonly<Record<string, CommandHandler>> {
  const { family } = deps;
  return {
    async [`lease${family}-get`](args) {
      const wanted = getArguments(args);
      const lease =
        wanted['ip-address'] === undefined
          ? await byIdentifier(deps.leases(), family, wanted)
          : await byAddress(deps.leases(), family, wanted['ip-address'], wanted.type);
      if (!lease) return { result: commandResult.empty, text: 'Lease not found.' };
      return {
        result: commandResult.success,
        text: `IPv${family} lease found.`,
        arguments: leaseJson(lease),
      };
    },
    async [`lease${family}-get-all`](args) {
      const subnets = args === undefined || args === null ? null : allArguments(args).subnets;
      const leases: Lease[] = [];
      // Page by page: the store never has to hold or send everything at once, and packets go between.
      for (let after: Address | null = null; ;) {
        const page = await deps.leases().page(after, pageSize, subnets);
        leases.push(...page.leases);
        if (page.leases.length < pageSize) break;
        after = page.leases.at(-1)!.address;
      }
      return found(family, leases, {});
    },
    async [`lease${family}-get-page`](args) {
      const { from, limit } = pageArguments(args);
      const { leases } = await deps.leases().page(startOf(from, family), limit, null);
      return found(family, leases, { count: leases.length });
    },
  };
}

const pageSize = 5000;
const subnetId = { type: 'integer', minimum: 0, maximum: 0xffffffff } as const;

interface GetArguments {
  'ip-address'?: string;
  type?: string;
  'subnet-id'?: number;
  'identifier-type'?: string;
  identifier?: string;
  iaid?: number;
}

const getArguments = argumentsOf<GetArguments>({
  type: 'object',
  properties: {
    'ip-address': { type: 'string' },
    type: { type: 'string' },
    'subnet-id': { ...subnetId, description: "!'subnet-id' parameter is not integer." },
    'identifier-type': { type: 'string' },
    identifier: { type: 'string' },
    iaid: { type: 'integer', minimum: 0, maximum: 0xffffffff },
  },
});
const allArguments = argumentsOf<{ subnets: number[] }>({
  type: 'object',
  properties: {
    subnets: {
      type: 'array',
      description: "!'subnets' parameter must be a list",
      items: { ...subnetId, description: '!listed subnet identifiers must be numbers' },
    },
  },
  required: ['subnets'],
});
const pageArguments = argumentsOf<{ from: string; limit: number }>({
  type: 'object',
  properties: {
    from: { type: 'string' },
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      description: "!'limit' parameter must be a number from 1 to 1000000",
    },
  },
  required: ['from', 'limit'],
});

async function byAddress(
  store: LeaseStore<Lease>,
  family: Family,
  text: string,
  type: string | undefined,
): Promise<Lease | undefined> {
  const wanted = typeOf(type);
  const { held } = await store.find({
    client: null,
    subnetIds: null,
    addresses: [parseAddress(text, family, 'ip-address')],
  });
  return held.find((lease) => lease.family === 4 || lease.type === wanted);
}

async function byIdentifier(
  store: LeaseStore<Lease>,
  family: Family,
  wanted: GetArguments,
): Promise<Lease | undefined> {
  const { 'subnet-id': subnet, 'identifier-type': kind, identifier } = wanted;
  if (subnet === undefined) throw refused("Mandatory 'subnet-id' parameter missing.", 'subnet-id');
  if (kind === undefined)
    throw refused("No 'ip-address' provided and 'identifier-type' is missing.", 'identifier-type');
  if (identifier === undefined)
    throw refused("No 'ip-address' provided and 'identifier' is missing.", 'identifier');
  const allowed = family === 4 ? ['hw-address', 'client-id'] : ['duid'];
  if (!allowed.includes(kind))
    throw refused(
      `Incorrect identifier type: ${kind}, the only supported values are: ${allowed.join(', ')}`,
      'identifier-type',
    );
  const bytes = tryParseHex(identifier);
  if (!bytes || bytes.length === 0)
    throw refused(`'${identifier}' is not a string of hexadecimal digits`, 'identifier');
  const type = typeOf(wanted.type);
  if (family === 6 && bytes.length < duidLength.least)
    throw refused(
      `identifier is too short (${bytes.length}), at least ${duidLength.least} is required`,
      'identifier',
    );
  if (type === null) return undefined;
  const nothing = new Uint8Array(0);
  const client: ClientKey =
    family === 6
      ? { family, duid: bytes, iaid: wanted.iaid ?? 0, type }
      : kind === 'hw-address'
        ? { family, clientId: null, hwaddr: bytes }
        : { family, clientId: bytes, hwaddr: nothing };
  const { own } = await store.find({ client, subnetIds: [subnet], addresses: [] });
  return own.find(
    (lease) => lease.family === 6 || sameBytes(kind === 'hw-address' ? lease.hwaddr : lease.clientId, bytes),
  );
}

/** IA_NA unless said otherwise. IA_TA may be asked for, and nobody has one: null. */
function typeOf(text = 'IA_NA'): 0 | 2 | null {
  const type = leaseTypes.get(text);
  if (type !== undefined) return type;
  const names = [...leaseTypes.keys()].join(', ');
  throw refused(`Invalid lease type specified: ${text}, only supported values are: ${names}`, 'type');
}

const leaseTypes: ReadonlyMap<string, 0 | 2 | null> = new Map([
  ['IA_NA', 0],
  ['IA_TA', null],
  ['IA_PD', 2],
]);

function startOf(from: string, family: Family): Address | null {
  if (from === 'start') return null;
  const address = family === 4 ? tryParseIpv4(from) : tryParseIpv6(from);
  if (address === undefined)
    throw refused(
      `'from' parameter value is neither 'start' keyword nor a valid IPv${family} address`,
      'from',
    );
  return address;
}

function parseAddress(text: string, family: Family, key: string): Address {
  const address = family === 4 ? tryParseIpv4(text) : tryParseIpv6(text);
  if (address === undefined) throw refused(`Invalid IPv${family} address specified: ${text}`, key);
  return address;
}

function found(family: Family, leases: readonly Lease[], extra: { count?: number }): CommandAnswer {
  return {
    result: leases.length > 0 ? commandResult.success : commandResult.empty,
    text: `${leases.length} IPv${family} lease(s) found.`,
    arguments: { ...extra, leases: leases.map(leaseJson) },
  };
}

const refused = (text: string, key: string): FlotillaError =>
  new FlotillaError('COMMAND_INVALID', text, { key });
