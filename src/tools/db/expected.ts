// What a database of this Flotilla holds, gathered from the migrations, for `flotilla db check`.
import {
  allTriggers,
  contractRoutines,
  contractTables,
  fleetObjects,
  fleetTables,
} from '../../../migrations/index.ts';
import type { ExpectedObject, ExpectedTable } from '../../db/inspect.ts';

export function expectedTables(): ExpectedTable[] {
  return [...contractTables, ...fleetTables.map(({ name, create }) => tableFrom(name, create))];
}

export function expectedObjects(): ExpectedObject[] {
  return [...contractRoutines(), ...fleetObjects(), ...allTriggers()];
}

/** Reads our own CREATE TABLE texts, which have one column or key on each line. */
function tableFrom(name: string, create: string): ExpectedTable {
  const columns = [];
  const indexes = [];
  for (const line of create.split('\n').slice(1)) {
    const column = /^\s*([a-z_0-9]+) ([A-Z]+(?:\(\d+\))?(?: UNSIGNED)?) .*?(NOT NULL|NULL)/.exec(line);
    if (column !== null)
      columns.push({
        name: column[1]!,
        type: column[2]!.toLowerCase(),
        nullable: column[3] === 'NULL',
        defaultValue: /DEFAULT (\S+?),?$/.exec(line)?.[1] ?? null,
      });
    const key = /^\s*(PRIMARY|UNIQUE|)\s?KEY (\S+ )?\((.+?)\),?$/.exec(line);
    if (key !== null)
      indexes.push({
        name: key[1] === 'PRIMARY' ? 'PRIMARY' : key[2]!.trim(),
        unique: key[1] !== '',
        columns: key[3]!.split(', '),
      });
  }
  return { name, columns, indexes, foreignKeys: [] };
}
