import { writeUtf8 } from '../encode/utf8.js';
import type { GeneratedCode } from './generated-code.js';
import { keyOf, type RowCode } from './row-code.js';

/**
 * Statements that write the row as JSON to the JsonWriter `out`, member by member and without making it an object;
 * undefined if that is not possible.
 */
export function writeRowCode(code: GeneratedCode, out: string, { key, ...row }: RowCode): string | undefined {
  const { value } = row;
  if (value.kind !== 'struct' || value.members.some(({ type }) => type !== 'number')) return undefined;
  const constant = (text: string): string => {
    const bytes = new Uint8Array(text.length * 3);
    const length = writeUtf8(bytes, 0, text);
    return `${out}.raw(${code.constant(bytes.slice(0, length))}, 0, ${length});`;
  };
  const members = value.members.map(({ name, code: member }, index) => {
    const before = `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`;
    const opening = index === 0 && key !== undefined ? `,${before}` : before;
    return `${constant(opening)}\n${out}.number(${member});`;
  });
  const close = constant(key === undefined ? '}' : '}]');
  if (key === undefined) return [...members, close].join('\n');
  return [`${out}.byte(91);`, writeKeyCode(out, { ...row, key }), ...members, close].join('\n');
}

function writeKeyCode(out: string, row: RowCode): string {
  const { key } = row;
  if (key?.kind !== 'id') return `${out}.value(${keyOf(row)});`;
  const { table, id } = key;
  return `${out}.reserve(${table}.keys.byteLength(${id}));\n${out}.at = ${table}.keys.copyTo(${out}.buf, ${out}.at, ${id});`;
}
