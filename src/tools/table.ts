// Plain tables for people on a terminal: columns as wide as their widest cell.

export interface TableColumn<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'left' | 'right';
}

/** Header, rule and rows; one line each, no trailing blanks. */
export function formatTable<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ cell }) => oneLine(cell(row))));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => line[index]!.length)),
  );
  const line = (values: readonly string[]): string =>
    values
      .map((value, index) =>
        columns[index]!.align === 'right' ? value.padStart(widths[index]!) : value.padEnd(widths[index]!),
      )
      .join('  ')
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...cells.map(line),
  ].join('\n');
}

/** Cells come from a database: no line breaks and no terminal control characters. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** A table of rows that are texts already, indented to stand under a heading. */
export function formatRows(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((title, index) => ({ title, cell: (row: readonly string[]) => row[index] ?? '' }));
  return formatTable(columns, rows).replaceAll(/^/gm, '   ');
}
