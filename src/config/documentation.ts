// The configuration reference, made from the same rows as the schema.
import { allowedText, rowsOf } from '../../schemas/config-schema.ts';
import { inheritedRows } from '../../schemas/inherited-rows.ts';
import type { KeyRow, ScopeName } from '../../schemas/key-row.ts';
import { scopes } from '../../schemas/scope-rows.ts';
import { notInForceRows } from './not-in-force-rows.ts';

/** Markdown: `docs/configuration.md`. */
export function configurationReference(): string {
  const names = Object.keys(scopes) as ScopeName[];
  return [
    '# Configuration reference',
    '',
    'Generated from `schemas/` by `npm run docs`; do not edit.',
    '',
    'The file is JSON in the Kea dialect: comments (`//`, `#`, `/* */`), `<?include "file"?>` relative to the',
    'including file, and a comma before a closing bracket (with a warning). Its only key is `Dhcp4` or `Dhcp6`.',
    'Unknown keys, duplicate keys and values out of range are errors that name file, line, column and what is',
    'allowed. Keys marked 4 or 6 belong to that protocol only.',
    '',
    ...names.map((name) => `- [${scopes[name].title}](#${anchor(scopes[name].title)})`),
    '- [Parameters that inherit](#parameters-that-inherit)',
    '- [Not in force](#not-in-force)',
    '',
    ...names.flatMap(scopeSection),
    ...inheritedSection(),
    ...notInForceSection(),
  ].join('\n');
}

function scopeSection(name: ScopeName): string[] {
  const scope = scopes[name];
  const inherits =
    scope.inherits === undefined ? [] : ['And the [parameters that inherit](#parameters-that-inherit).', ''];
  const keys = new Set([4, 6].flatMap((family) => rowsOf(name, family as 4 | 6).map((row) => row.key)));
  const rows = scope.rows.filter((row) => keys.has(row.key));
  return [
    `## ${scope.title}`,
    '',
    scope.meaning,
    '',
    ...table(rows.map((row) => [row, undefined])),
    '',
    ...inherits,
  ];
}

function inheritedSection(): string[] {
  return [
    '## Parameters that inherit',
    '',
    'What a pool does not set it takes from its subnet, that from its shared network, that from the global scope, and',
    'that from the default. Scope: G global, N shared network, S subnet, P pool. Of each kind of lifetime the three',
    'keys inherit together.',
    '',
    ...table(inheritedRows.map(([letters, row]) => [row, letters])),
    '',
  ];
}

function notInForceSection(): string[] {
  return [
    '## Not in force',
    '',
    'These keys are read, checked and kept, and have no effect in this version; each use is logged as a warning.',
    '',
    '| key | scope | instead |',
    '|---|---|---|',
    ...notInForceRows.map(
      ({ key, scope, when, instead }) =>
        `| ${key}${when ? ' (some values)' : ''} | ${scopes[scope].title} | ${cell(instead)} |`,
    ),
    '',
  ];
}

function table(rows: readonly (readonly [KeyRow, string | undefined])[]): string[] {
  const withScope = rows.some(([, letters]) => letters !== undefined);
  const extra = withScope ? ' scope |' : '';
  return [
    `| key | type | default | allowed | meaning |${extra}`,
    `|---|---|---|---|---|${withScope ? '---|' : ''}`,
    ...rows.map(([row, letters]) => {
      const name = row.family === undefined ? row.key : `${row.key} (${row.family})`;
      const meaning =
        row.deprecated === undefined
          ? row.meaning
          : `Deprecated, write \`${row.deprecated}\`. ${row.meaning}`;
      const cells = [name, typeText(row), defaultText(row), allowed(row), meaning].map(cell);
      return `| ${cells.join(' | ')} |${withScope ? ` ${letters ?? ''} |` : ''}`;
    }),
  ];
}

function typeText(row: KeyRow): string {
  if (row.scope === undefined) return row.type === 'list' ? 'list of strings' : row.type;
  const link = `[${scopes[row.scope].title}](#${anchor(scopes[row.scope].title)})`;
  return row.type === 'list' ? `list of ${link}` : link;
}

function defaultText(row: KeyRow): string {
  if (row.required) return 'required';
  if (row.default === undefined) return '';
  const text = JSON.stringify(row.default);
  return row.default6 === undefined ? text : `${text}; DHCPv6 ${JSON.stringify(row.default6)}`;
}

function allowed(row: KeyRow): string {
  if (!row.itemValues) return allowedText(row);
  const four = row.itemValues[4].join(', ');
  const six = row.itemValues[6].join(', ');
  return row.family === 6 || four === '' ? six : `${four}; DHCPv6 ${six}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function anchor(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-');
}
