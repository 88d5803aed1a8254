// The comma-separated fields of an option's `data`.

/**
 * Splits at commas. `\,` is a comma inside a field, `\\` a backslash; any other backslash is itself. Blanks around a
 * field are dropped, and so is a field with nothing at all between its commas, as Kea does.
 */
export function splitFields(text: string, separator = ','): string[] {
  const fields: string[] = [];
  let field = '';
  for (let i = 0; i <= text.length; i++) {
    const character = text[i];
    const next = text[i + 1];
    if (character === '\\' && (next === separator || next === '\\')) {
      field += next;
      i++;
    } else if (character === separator || character === undefined) {
      if (field !== '') fields.push(field.trim());
      field = '';
    } else {
      field += character;
    }
  }
  return fields;
}

/** The inverse of {@link splitFields}. */
export function joinFields(fields: readonly string[]): string {
  return fields.map((field) => field.replaceAll(/[\\,]/g, '\\$&')).join(', ');
}
