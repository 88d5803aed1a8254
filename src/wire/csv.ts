// The comma-separated fields of an option's `data`.

/** Splits at commas; `\,` is a comma inside a field. Blanks around a field are dropped. */
export function splitFields(text: string, separator = ','): string[] {
  const fields: string[] = [];
  let field = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '\\' && text[i + 1] === separator) {
      field += separator;
      i++;
    } else if (character === separator) {
      fields.push(field.trim());
      field = '';
    } else {
      field += character;
    }
  }
  fields.push(field.trim());
  return fields;
}

/** The inverse of {@link splitFields}. */
export function joinFields(fields: readonly string[]): string {
  return fields.map((field) => field.replaceAll(',', '\\,')).join(', ');
}
