import type { NodeKind } from '@tidemark/streams';
import type { CheckedNode } from '../graph/checked-definition.js';
import { misuse, type Whereabouts } from '../graph/failure.js';
import { asKey, getOrAdd, refuseThenable } from '../graph/operator.js';
import type { GeneratedCode } from './generated-code.js';
import { memberOf, rowOf, valueOf, type KeyCode, type RowCode } from './row-code.js';
import { valueBySchema } from './value-code.js';

export interface StatelessParts {
  readonly node: CheckedNode;
  readonly code: GeneratedCode;
  readonly where: Whereabouts;
  /** Statements of everything behind this operator. */
  readonly next: (row: RowCode) => string;
}

export type StatelessKind = keyof typeof STATELESS;

/** Operators that look at one row at a time: statements in the loop that the row is in. */
export const STATELESS = {
  map: (parts, row) => applied(parts, rowOf(row), row, (value) => parts.next({ ...row, ...value, key: undefined })),

  mapValues(parts, row) {
    const { node, code } = parts;
    if (node.schema === undefined) {
      return applied(parts, valueOf(row), row, (value) => parts.next({ ...row, ...value }));
    }
    const made = code.local('made');
    const { declare, value } = valueBySchema(code, node.schema, made);
    return `${call(parts, made, valueOf(row), row)}
${declare}
${parts.next({ ...row, value })}`;
  },

  filter(parts, row) {
    const kept = parts.code.local('kept');
    return `${call(parts, kept, rowOf(row), row)}
if (${kept}) {
${parts.next(row)}
}`;
  },

  flatMap(parts, row) {
    const [rows, each] = [parts.code.local('rows'), parts.code.local('each')];
    const { where, code, node } = parts;
    return `${call(parts, rows, rowOf(row), row, { mayBePromise: true })}
for (const ${each} of ${code.constant(iterableOf(node.kind))}(${rows})) {
${parts.next({ ...row, value: { kind: 'local', code: each }, key: undefined })}
${code.constant(where)}.operator = ${code.constant(node)};
}`;
  },

  flatMapValues(parts, row) {
    const [rows, each] = [parts.code.local('rows'), parts.code.local('each')];
    const { where, code, node } = parts;
    return `${call(parts, rows, valueOf(row), row, { mayBePromise: true })}
for (const ${each} of ${code.constant(iterableOf(node.kind))}(${rows})) {
${parts.next({ ...row, value: { kind: 'local', code: each } })}
${code.constant(where)}.operator = ${code.constant(node)};
}`;
  },

  keyBy(parts, before) {
    const { node, code, where } = parts;
    const pair = code.local('pair');
    // On a stream that is keyed already, the record is `[key, value]`.
    const isPair = before.key !== undefined;
    const row: RowCode = isPair ? { ...before, key: undefined, value: { kind: 'local', code: pair } } : before;
    const declarePair = isPair ? `const ${pair} = ${rowOf(before)};\n` : '';
    const field = node.options['field'];
    if (typeof field !== 'string') {
      const [key, checked] = [code.local('key'), code.local('key')];
      return `${declarePair}${call(parts, key, rowOf(row), row, { mayBePromise: true })}
const ${checked} = ${code.constant(asKey)}(${key});
${parts.next({ ...row, key: { kind: 'local', code: checked } })}`;
    }
    const place = `${code.constant(where)}.operator = ${code.constant(node)};`;
    const { declare, key } = keyOfField(parts, row, field);
    return `${declarePair}${place}
${declare}
${parts.next({ ...row, key })}`;
  },
} as const satisfies { readonly [K in NodeKind]?: (parts: StatelessParts, row: RowCode) => string };

/** A key that lies in the input stays there until somebody needs it as a value. */
export function keyOfField(
  { code }: Pick<StatelessParts, 'code'>,
  row: RowCode,
  field: string,
): { declare: string; key: KeyCode } {
  if (row.value.kind === 'record') {
    const found = row.value.fields(field);
    const isKey = found.kind === 'bytes' || found.type === 'number' || found.type === 'boolean';
    if (isKey) return { declare: '', key: { kind: 'field', field: found } };
  }
  const key = code.local('key');
  const value =
    row.value.kind === 'local'
      ? `${code.constant(memberNamed)}(${row.value.code}, ${JSON.stringify(field)})`
      : memberOf(row, field).code;
  return { declare: `const ${key} = ${code.constant(asKey)}(${value});`, key: { kind: 'local', code: key } };
}

function memberNamed(value: unknown, name: string): unknown {
  if (typeof value === 'object' && value !== null) return (value as { readonly [name: string]: unknown })[name];
  throw misuse(`the key '${name}' needs records that are objects`);
}

function applied(
  parts: StatelessParts,
  argument: string,
  row: RowCode,
  next: (value: { readonly value: RowCode['value'] }) => string,
): string {
  const value = parts.code.local('value');
  return `${call(parts, value, argument, row)}
${next({ value: { kind: 'local', code: value } })}`;
}

/** Calls the job's function for the row. */
function call(
  { node, code, where }: StatelessParts,
  result: string,
  argument: string,
  row: RowCode,
  { mayBePromise = false } = {},
): string {
  const apply = node.functions['apply']!;
  const check = mayBePromise
    ? ''
    : `\nif (typeof ${result} === 'object' && ${result} !== null) ${code.constant(refuseThenable)}(${result});`;
  return `${code.constant(where)}.operator = ${code.constant(node)};
const ${result} = ${code.constant(apply)}(${argument}, ${row.context});${check}`;
}

const ITERABLES = new Map<string, (rows: unknown) => Iterable<unknown>>();

/** Takes what an operator of this kind returned for the rows that go on. */
export const iterableOf = (kind: string): ((rows: unknown) => Iterable<unknown>) =>
  getOrAdd(ITERABLES, kind, () => (rows) => {
    if (typeof rows === 'object' && rows !== null && Symbol.iterator in rows) return rows as Iterable<unknown>;
    refuseThenable(rows);
    throw misuse(`${kind} must return an array or another iterable`);
  });
