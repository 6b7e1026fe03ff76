import { utf8BytesMax, writeUtf8 } from '../encode/utf8.js';
import { NUMBER_BYTES_MAX, writeNumber } from '../encode/write-number.js';
import type { GeneratedCode } from './generated-code.js';
import { keyOf, type RowCode } from './row-code.js';

/** Longer texts are copied by a call instead of byte by byte. */
const INLINE_BYTES_MAX = 64;

/**
 * Statements that write the row as JSON to the JsonWriter `out`, member by member and without making it an object;
 * undefined if that is not possible.
 */
export function writeRowCode(code: GeneratedCode, out: string, { key, ...row }: RowCode): string | undefined {
  const { value } = row;
  if (value.kind !== 'struct' || value.members.some(({ type }) => type !== 'number')) return undefined;
  const [buf, at] = [code.local('buf'), code.local('at')];
  const texts = value.members.map(({ name }, index) => {
    const before = `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`;
    return index === 0 && key !== undefined ? `,${before}` : before;
  });
  const end = key === undefined ? '}' : '}]';
  const room = [...texts, end].reduce((sum, text) => sum + utf8BytesMax(text) + NUMBER_BYTES_MAX, 0);
  const number = code.constant(writeNumber);
  return [
    key === undefined ? '' : beginCode(out, { ...row, key }),
    `${out}.reserve(${room});`,
    `const ${buf} = ${out}.buf; let ${at} = ${out}.at;`,
    ...value.members.flatMap(({ code: member }, index) => [
      textCode(code, texts[index] ?? '', { buf, at }),
      `${at} = ${number}(${buf}, ${at}, ${member});`,
    ]),
    textCode(code, end, { buf, at }),
    `${out}.at = ${at};`,
  ].join('\n');
}

/** The bracket of a keyed row, and its key. */
function beginCode(out: string, row: RowCode): string {
  const { key } = row;
  if (key?.kind !== 'id') return `${out}.byte(91);\n${out}.value(${keyOf(row)});`;
  const { table, id } = key;
  return `${out}.byte(91);
${out}.reserve(${table}.keys.byteLength(${id}));
${out}.at = ${table}.keys.copyTo(${out}.buf, ${out}.at, ${id});`;
}

/** Statements that write a text which is always the same. */
function textCode(
  code: GeneratedCode,
  text: string,
  { buf, at }: { readonly buf: string; readonly at: string },
): string {
  const bytes = new Uint8Array(utf8BytesMax(text));
  const length = writeUtf8(bytes, 0, text);
  const written = bytes.slice(0, length);
  if (length > INLINE_BYTES_MAX) return `${buf}.set(${code.constant(written)}, ${at}); ${at} += ${length};`;
  const stores = Array.from(written, (byte, index) => `${buf}[${at} + ${index}] = ${byte};`);
  return `${stores.join(' ')} ${at} += ${length};`;
}
