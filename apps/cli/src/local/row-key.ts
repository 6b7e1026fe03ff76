import { sortedJson } from '@tidemark/domain';

/** What tells a row from the others of its batch: fields that both sides have written alike. */
export type RowKey = string | number | boolean | null | { readonly [field: string]: unknown };

/** Rows of one batch that only one side has written. */
export interface Unmatched {
  readonly batchId: number;
  readonly onlyBefore: readonly unknown[];
  readonly onlyAfter: readonly unknown[];
}

/**
 * Finds what the rows of a sink can be told apart by, over all batches: of a keyed operator's `[key, value]` the key;
 * of objects a field that is text, or else a number, in all of them, and more of them where one is not enough. Undefined if
 * there is nothing that both sides have in common.
 */
export function rowKeyOf(batches: readonly Unmatched[]): ((row: unknown) => RowKey) | undefined {
  const rows = batches.flatMap(({ onlyBefore, onlyAfter }) => [...onlyBefore, ...onlyAfter]);
  if (rows.length > 0 && rows.every(isPair)) return (row) => (row as readonly [RowKey, unknown])[0];
  if (!rows.every(isRecord)) return undefined;
  const fields = fieldsOfAll(rows);
  const texts = fields.filter((field) => rows.every((row) => typeof row[field] === 'string'));
  const first = best(batches, texts.length > 0 ? texts : fields);
  if (first === undefined) return undefined;
  const chosen = [first];
  for (let fit = fitOf(batches, chosen); fit.ambiguous > 0;) {
    const next = fields
      .filter((field) => !chosen.includes(field))
      .map((field) => ({ field, fit: fitOf(batches, [...chosen, field]) }))
      .filter(({ fit: with_ }) => with_.paired >= fit.paired && with_.ambiguous < fit.ambiguous)
      .sort((a, b) => a.fit.ambiguous - b.fit.ambiguous)[0];
    if (next === undefined) break;
    chosen.push(next.field);
    fit = next.fit;
  }
  return (row) => Object.fromEntries(chosen.map((field) => [field, (row as Row)[field]]));
}

type Row = { readonly [field: string]: unknown };

const isScalar = (value: unknown): value is string | number | boolean | null =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

const isPair = (row: unknown): boolean => Array.isArray(row) && row.length === 2 && isScalar(row[0]);

const isRecord = (row: unknown): row is Row => typeof row === 'object' && row !== null && !Array.isArray(row);

/** Fields that all rows have, with a scalar in each, in the order of the first row. */
const fieldsOfAll = (rows: readonly Row[]): readonly string[] =>
  Object.keys(rows[0] ?? {}).filter((field) => rows.every((row) => Object.hasOwn(row, field) && isScalar(row[field])));

/** The field under which most rows of one side meet one of the other, and the fewest meet several. */
function best(batches: readonly Unmatched[], fields: readonly string[]): string | undefined {
  return fields
    .map((field) => ({ field, fit: fitOf(batches, [field]) }))
    .sort((a, b) => b.fit.paired - a.fit.paired || a.fit.ambiguous - b.fit.ambiguous)[0]?.field;
}

interface Fit {
  /** Rows that have one of the other side to be held against. */
  readonly paired: number;
  /** Rows that are not the only one of their side and batch. */
  readonly ambiguous: number;
}

function fitOf(batches: readonly Unmatched[], fields: readonly string[]): Fit {
  let [paired, ambiguous] = [0, 0];
  for (const { onlyBefore, onlyAfter } of batches) {
    const [before, after] = [onlyBefore, onlyAfter].map((rows) => countsOf(rows as readonly Row[], fields));
    for (const [key, count] of before ?? []) paired += Math.min(count, after?.get(key) ?? 0);
    for (const counts of [before, after])
      for (const count of counts?.values() ?? []) ambiguous += count > 1 ? count : 0;
  }
  return { paired, ambiguous };
}

function countsOf(rows: readonly Row[], fields: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const key = sortedJson(fields.map((field) => row[field]));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
