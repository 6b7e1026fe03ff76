import { QUERIES, type CoveredQueryId, type ResultKind } from './queries.js';

export type Row = { readonly [column: string]: string | number | boolean | null };

export interface Comparison {
  readonly equal: boolean;
  /** Rows of the answer, and rows that are held against it: of `latest-by-key` one for each key. */
  readonly expectedRows: number;
  readonly rows: number;
  /** Of the answer, and not among the rows; and the other way round. Not more than `SHOWN_MAX` of each. */
  readonly missing: readonly Row[];
  readonly unexpected: readonly Row[];
}

const SHOWN_MAX = 20;

/** Holds all rows that a job wrote, in the order in which it wrote them, against the answer of DuckDB. */
export function compare(id: CoveredQueryId, written: readonly Row[], answer: readonly Row[]): Comparison {
  const rows = finalRows(QUERIES[id].result, written);
  const surplus = new Map<string, number>();
  for (const row of answer) add(surplus, canonical(row), -1);
  for (const row of rows) add(surplus, canonical(row), 1);
  return {
    equal: surplus.size === 0,
    expectedRows: answer.length,
    rows: rows.length,
    missing: shown(surplus, (count) => -count),
    unexpected: shown(surplus, (count) => count),
  };
}

/** The row as text: columns by their name, so that rows are equal exactly when their texts are. */
export function canonical(row: Row): string {
  const columns = Object.keys(row).sort();
  return JSON.stringify(Object.fromEntries(columns.map((column) => [column, row[column]])));
}

function finalRows(result: ResultKind, rows: readonly Row[]): readonly Row[] {
  switch (result.kind) {
    case 'append':
      return rows;
    case 'latest-by-key': {
      const { key } = result;
      return [...new Map(rows.map((row) => [JSON.stringify(key.map((column) => row[column])), row])).values()];
    }
  }
}

function add(counts: Map<string, number>, text: string, step: number): void {
  const count = (counts.get(text) ?? 0) + step;
  if (count === 0) counts.delete(text);
  else counts.set(text, count);
}

function shown(surplus: ReadonlyMap<string, number>, copiesOf: (count: number) => number): Row[] {
  const rows: Row[] = [];
  for (const [text, count] of surplus) {
    for (let copy = 0; copy < copiesOf(count) && rows.length < SHOWN_MAX; copy += 1) rows.push(JSON.parse(text) as Row);
  }
  return rows;
}
