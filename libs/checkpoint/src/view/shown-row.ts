import type { BlockView, ColumnView } from '../state-block.js';
import { columnReader } from '../block-rows.js';

/** One row of an operator's state as people see it. */
export interface ShownRow {
  readonly table: string;
  readonly slot: number;
  /** JSON text; `null` for a row of the operator itself. */
  readonly key: string;
  /** JSON text of the value as the job sees it. */
  readonly value: string;
  /** JSON text of an object: the columns that the operator keeps for itself, whose names begin with `@`. */
  readonly internal: string;
}

/** What tells whether a state lies in its columns whole or by members. */
export interface StateForm {
  readonly kind: string;
  /** JSON Schema of the state, where one is known. */
  readonly schema?: unknown;
}

/** Kinds whose state is an object of what the job has given names to, also where that is one name alone. */
const NAMED_KINDS: readonly string[] = ['process', 'aggregate', 'windowAggregate', 'countWindow'];
const WHOLE = 'value';
const INTERNAL = '@';

/** A JSON text for each row of a block. */
type Read = (row: number) => string;

/** Makes value and internal columns of a block's rows. */
export function valueReader(
  { columns }: BlockView,
  form: StateForm,
): { readonly value: Read; readonly internal: Read } {
  const isInternal = ({ name }: ColumnView): boolean => name.startsWith(INTERNAL);
  const visible = columns.filter((column) => !isInternal(column));
  return {
    value: isWhole(visible, form) ? wholeReader(visible) : objectReader(visible),
    internal: objectReader(columns.filter(isInternal)),
  };
}

function isWhole(columns: readonly ColumnView[], { kind, schema }: StateForm): boolean {
  if (columns.length !== 1 || columns[0]?.name !== WHOLE || NAMED_KINDS.includes(kind)) return false;
  const { type, properties } = (schema ?? {}) as { readonly type?: unknown; readonly properties?: object };
  return type !== 'object' || properties === undefined || Object.keys(properties).length === 0;
}

function wholeReader(columns: readonly ColumnView[]): Read {
  const [read = () => ''] = columns.map(columnReader);
  // A value that is absent has no text.
  return (row) => read(row) || 'null';
}

function objectReader(columns: readonly ColumnView[]): Read {
  if (columns.length === 0) return () => '{}';
  const readers = columns.map((column) => ({ name: JSON.stringify(column.name), read: columnReader(column) }));
  return (row) => {
    const texts = ['{'];
    for (const { name, read } of readers) {
      const text = read(row);
      if (text !== '') texts.push(texts.length === 1 ? '' : ',', name, ':', text);
    }
    texts.push('}');
    // Joined, it is one text; put together with `+` it would be many small objects, for each of a million rows.
    return texts.join('');
  };
}
