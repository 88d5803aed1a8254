// The reference part of docs/hooks.md, from the table of points.
import { pointsTable, type PointRow } from './points-table.ts';

/** Markdown: a section for every point. */
export function pointsReference(): string {
  return Object.entries(pointsTable)
    .map(([name, row]: [string, PointRow]) => {
      const given = row.arguments.map((argument) => {
        return `| \`${argument.name}\` | ${argument.direction} | ${argument.type.replaceAll('|', '\\|')} |`;
      });
      const statuses = Object.entries(row.statuses).map(([status, effect]) => `- **${status}**: ${effect}`);
      const effects = statuses.length > 0 ? statuses : ['No status has a meaning here.'];
      return [
        `### ${name}`,
        row.when,
        ['| argument | | type |', '|---|---|---|', ...given].join('\n'),
        effects.join('\n'),
      ].join('\n\n');
    })
    .join('\n\n');
}

/** The page with its reference part written anew, between its two marks. Throws when a mark is missing. */
export function withPointsReference(page: string): string {
  const from = page.indexOf(firstMark);
  const to = page.indexOf(lastMark);
  if (from < 0 || to < from) throw new Error(`the page needs ${firstMark} and ${lastMark}`);
  return `${page.slice(0, from + firstMark.length)}\n\n${pointsReference()}\n\n${page.slice(to)}`;
}

const firstMark = '<!-- points: npm run docs -->';
const lastMark = '<!-- end of points -->';
