const GAP = '  ';

/** Rows under their headings, in columns as wide as their widest cell. Numbers stand at the right. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => String(row[column] ?? '').length)),
  );
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join(GAP)
      .trimEnd();
  return [line(headings), ...rows.map(line)];
}

/** Names and values below each other. */
export function fields(pairs: readonly (readonly [string, string | number | null])[]): readonly string[] {
  const shown = pairs.filter((pair): pair is readonly [string, string | number] => pair[1] !== null);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}${GAP}${value}`);
}
