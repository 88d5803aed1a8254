// The log threshold that the `loggers` of a configuration ask for.
import type { Level } from 'pino';
import type { Family } from '../addr/family.ts';
import type { JsonMap, WrittenConfig } from '../config/written.ts';

const levels: Readonly<Record<string, Level | 'silent'>> = {
  FATAL: 'fatal',
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
  NONE: 'silent',
};

/** The severity of the root logger `kea-dhcp4` or `kea-dhcp6` (or `*`), INFO when there is none. */
export function logLevelOf(written: WrittenConfig, family: Family): Level | 'silent' {
  const loggers = (written['loggers'] ?? []) as readonly JsonMap[];
  const root = loggers.find(({ name }) => name === `kea-dhcp${family}` || name === '*');
  const severity = root?.['severity'];
  return (typeof severity === 'string' ? levels[severity.toUpperCase()] : undefined) ?? 'info';
}
