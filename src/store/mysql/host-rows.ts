// Rows of hosts, ipv6_reservations and host options as reservations.
import type { Family } from '../../addr/family.ts';
import { ipv6FromBytes } from '../../addr/ipv6.ts';
import { messageOf } from '../../errors.ts';
import { topSpace } from '../../wire/definitions.ts';
import type { OptionData } from '../../wire/option-data.ts';
import type { OptionDefinitions } from '../../wire/option-definition.ts';
import { encodeOptionText } from '../../wire/option-text.ts';
import { hostIdentifierType, type Host, type HostIdentifierName } from '../host-store.ts';
import { bytesOrNull, contextOrNull, jsonOrNull, textOf } from './row-values.ts';

type Row = readonly unknown[];

const identifierNames = new Map(
  Object.entries(hostIdentifierType).map(([name, number]) => [number as number, name as HostIdentifierName]),
);

/** A host without its options and v6 addresses; null for an identifier type that nobody knows, or no identifier. */
export function hostOfRow(row: Row): Host | null {
  const type = identifierNames.get(Number(row[2]));
  const value = bytesOrNull(row[1]);
  if (!type || value === null || value.length === 0) return null;
  return {
    hostId: Number(row[0]),
    identifier: { type, value },
    subnetId: Number(row[3]),
    address4: Number(row[11]) === 1 ? 0 : Number(row[4] ?? 0),
    addresses6: [],
    hostname: textOf(row[5]),
    clientClasses: classNamesOf(textOf(row[6])) ?? [],
    nextServer: Number(row[7] ?? 0),
    serverHostname: textOf(row[8]),
    bootFileName: textOf(row[9]),
    options: [],
    userContext: contextOrNull(row[10]),
  };
}

/** Names with commas between them; undefined for something else, such as the JSON list that other columns hold. */
export function classNamesOf(text: string): readonly string[] | undefined {
  if (/^\s*[[{"]/.test(text)) return undefined;
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Null: another host has it. */
export function reservedAddressOfRow(row: Row): Host['addresses6'][number] | null {
  if (Number(row[7]) === 1) return null;
  const excluded = bytesOrNull(row[5]);
  const excludedLength = Number(row[6] ?? 0);
  return {
    address: ipv6FromBytes(bytesOrNull(row[2]) ?? new Uint8Array(16)),
    prefixLength: Number(row[3]),
    type: Number(row[4]) === 2 ? 2 : 0,
    excluded:
      excluded && excludedLength > 0 ? { prefix: ipv6FromBytes(excluded), length: excludedLength } : null,
  };
}

/** Either the option, or why it cannot be used. */
export function hostOptionOfRow(
  family: Family,
  row: Row,
  definitions: OptionDefinitions,
): OptionData | { readonly bad: string } {
  const code = Number(row[2]);
  const space = textOf(row[5]) || topSpace(family);
  const definition = definitions.byCode(space, code) ?? null;
  const text = row[4];
  let data = bytesOrNull(row[3]) ?? new Uint8Array(0);
  if (typeof text === 'string' && text !== '') {
    try {
      data = encodeOptionText(definition ?? undefined, text, true, family);
    } catch (error) {
      return { bad: `option ${space}.${code}: ${messageOf(error)}` };
    }
  }
  const classes = jsonOrNull(row[8]);
  return {
    definition,
    space,
    code,
    data,
    alwaysSend: Number(row[6]) === 1,
    neverSend: Number(row[7]) === 1,
    clientClasses: Array.isArray(classes) ? classes.filter((name) => typeof name === 'string') : [],
  };
}
