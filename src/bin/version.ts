// What this program calls itself.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contractVersion } from '../db/schema-names.ts';

/** Kea release whose contracts are spoken. */
export const contractRelease = '3.0';

/** From package.json, wherever the built program lies under it. */
export const programVersion: string = readVersion();

function readVersion(): string {
  for (const above of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = JSON.parse(
        readFileSync(fileURLToPath(new URL(above, import.meta.url)), 'utf8'),
      ) as { name?: string; version?: string };
      if (name === 'flotilla' && version !== undefined) return version;
    } catch {
      // not there: built programs lie one folder deeper than sources
    }
  }
  return 'unknown';
}

/** Several lines: the program, what it speaks, what it runs on. */
export function extendedVersion(): string {
  return [
    `flotilla ${programVersion}`,
    `contracts: ISC Kea ${contractRelease} (SQL schema ${contractVersion})`,
    `runtime: Node ${process.versions.node}, V8 ${process.versions.v8}, ${process.platform} ${process.arch}`,
    'lease backends: memfile, mysql (MariaDB, MySQL)',
  ].join('\n');
}
