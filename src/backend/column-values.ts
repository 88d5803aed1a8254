// One column's value as JSON. What cannot be read is passed on as text, so that the validator names it and quarantines it.
import { formatIpv4 } from '../addr/ipv4.ts';
import type { Json } from '../config/written.ts';
import { replaceClientNames, type Column, type ColumnKind } from './column-table.ts';

/** A row as mysql2 gives it with our connection options. */
export type Row = Readonly<Record<string, unknown>>;

/** The mapped columns of a row as JSON keys; NULL leaves the key out. */
export function rowToJson(row: Row, columns: readonly Column[]): Record<string, Json> {
  const json: Record<string, Json> = {};
  for (const { column, key, kind } of columns) {
    const value = row[column];
    if (value !== null && value !== undefined) json[key] = columnValue(kind, value);
  }
  return json;
}

/** Never throws: an unreadable value comes back as its text. */
export function columnValue(kind: ColumnKind, value: unknown): Json {
  switch (kind) {
    case 'integer':
      return integerValue(text(value));
    case 'real':
      return realValue(text(value));
    case 'boolean':
      return booleanValue(text(value));
    case 'text':
      return text(value);
    case 'json':
      return jsonValue(value);
    case 'ipv4':
      return typeof value === 'number' ? formatIpv4(value) : text(value);
    case 'relay':
      return { 'ip-addresses': jsonValue(value) };
    case 'replace-client-name':
      return replaceClientNames[Number(value)] ?? text(value);
    case 'interface-id':
      return Buffer.isBuffer(value) ? bytesAsText(value) : text(value);
  }
}

export function integerValue(value: string): Json {
  return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

/** FLOAT columns hold six good digits: 0.3 must not come back as 0.30000001192092896 on one engine only. */
export function realValue(value: string): Json {
  const number = value.trim() === '' ? NaN : Number(value);
  return Number.isFinite(number) ? Number(number.toPrecision(6)) : value;
}

export function booleanValue(value: string): Json {
  if (value === '1' || value.toLowerCase() === 'true') return true;
  if (value === '0' || value.toLowerCase() === 'false') return false;
  return value;
}

/** A column of JSON text. MySQL may declare it JSON, then the driver has parsed it already. */
export function jsonValue(value: unknown): Json {
  if (typeof value !== 'string') return value as Json;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

/** interface-id is bytes; printable ones are written as text, others, and text that reads like hex, as hex. */
function bytesAsText(bytes: Buffer): string {
  const characters = bytes.toString('latin1');
  const isText = /^[\x20-\x7e]*$/.test(characters) && !/^0x/i.test(characters);
  return isText ? characters : `0x${bytes.toString('hex')}`;
}

export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return String(value);
  }
  return JSON.stringify(value) ?? '';
}
