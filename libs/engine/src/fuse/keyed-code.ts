import { BLOCK_ROWS } from '../state/key-block.js';
import { keyOf, type RowCode } from './row-code.js';

/**
 * Statements that declare the local `id`: the row of the row's key in `table`, which is added if it is not there.
 *
 * @param likely an expression for the table that `table` will be in most cases, which may be undefined as long as there is
 * none; if `table` is a constant, that.
 */
export function idOfKey(table: string, row: RowCode, id: string, likely = table): string {
  const { key } = row;
  if (key?.kind === 'field' && key.field.kind === 'bytes') {
    const { plain, start, end, lookUp } = key.field;
    const find = `${plain} ? ${table}.idOfBytes(buf, ${start} - 1, ${end} + 1) : ${table}.idOf(${keyOf(row)})`;
    if (lookUp === undefined) return `const ${id} = ${find};`;
    const known = lookUp(likely);
    return `let ${id} = ${known.id};
if (${id} < 0 || ${table} !== ${known.table} || !(${known.isValid})) ${id} = ${find};`;
  }
  if (key?.kind === 'id') return `const ${id} = ${table}.idOfOther(${key.table}, ${key.id});`;
  return `const ${id} = ${table}.idOf(${keyOf(row)});`;
}

/** Statements that declare the local `id`: the row of the row's key in `table`, or -1. */
export function findKey(table: string, row: RowCode, id: string): string {
  const { key } = row;
  if (key?.kind === 'field' && key.field.kind === 'bytes') {
    const { plain, start, end } = key.field;
    return `const ${id} = ${plain} ? ${table}.findBytes(buf, ${start} - 1, ${end} + 1) : ${table}.find(${keyOf(row)});`;
  }
  return `const ${id} = ${table}.find(${keyOf(row)});`;
}

/** The row that a generated loop over the rows of a table has; `time` and the context are its parameters. */
export const tableRow = (table: string, id: string, value: RowCode['value'], context: string): RowCode => ({
  value,
  key: { kind: 'id', table, id },
  time: 'time',
  context,
});

/** Statements of a loop over the rows that a batch has touched; `body` is what is done for the row `id`. */
export const forTouched = (table: string, body: string): string =>
  `for (let first = 0; first < ${table}.touchedCount; first += ${BLOCK_ROWS}) {
const end = Math.min(first + ${BLOCK_ROWS}, ${table}.touchedCount);
${table}.fetchTouched(first, end);
for (let i = first; i < end; i += 1) {
const id = ${table}.touched[i];
if (!${table}.isHeld(id)) continue;
${body}
}
}
${table}.untouch();`;
