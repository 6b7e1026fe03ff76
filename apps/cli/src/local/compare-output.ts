import { sortedJson } from '@tidemark/domain';
import type { GraphOutput } from '@tidemark/engine';

/** What two graphs have written to one sink in one batch. */
export interface SinkComparison {
  readonly batchId: number;
  readonly sink: string;
  readonly rowsBefore: number;
  readonly rowsAfter: number;
  /** Rows that only the one has written. */
  readonly onlyBefore: readonly unknown[];
  readonly onlyAfter: readonly unknown[];
}

/**
 * Holds what two graphs have written in one batch against each other: by sink, whatever the order of rows, and as JSON, in
 * which the order of members says nothing.
 */
export function compareOutput(batchId: number, before: GraphOutput, after: GraphOutput): readonly SinkComparison[] {
  const uids = [...new Set([...before.sinks.keys(), ...after.sinks.keys()])].sort();
  return uids.map((sink) => {
    const [old, now] = [linesOf(before, sink), linesOf(after, sink)];
    // Nearly all rows are the same text; only the others are read.
    const [oldLeft, nowLeft] = withoutCommon(old, now, (line) => line);
    const [onlyBefore, onlyAfter] = withoutCommon(oldLeft.map(parsed), nowLeft.map(parsed), sortedJson);
    return { batchId, sink, rowsBefore: old.length, rowsAfter: now.length, onlyBefore, onlyAfter };
  });
}

/** The rows of a sink, one JSON document each. */
export function linesOf({ sinks }: GraphOutput, uid: string): readonly string[] {
  const bytes = sinks.get(uid)?.bytes;
  return bytes === undefined ? [] : new TextDecoder().decode(bytes).split('\n').slice(0, -1);
}

const parsed = (line: string): unknown => JSON.parse(line);

/** What is in one list and not, as often, in the other. */
function withoutCommon<T>(
  a: readonly T[],
  b: readonly T[],
  textOf: (item: T) => string,
): readonly [a: readonly T[], b: readonly T[]] {
  const counts = new Map<string, number>();
  for (const item of b) counts.set(textOf(item), (counts.get(textOf(item)) ?? 0) + 1);
  const take = (item: T): boolean => {
    const left = counts.get(textOf(item)) ?? 0;
    if (left > 0) counts.set(textOf(item), left - 1);
    return left > 0;
  };
  const onlyA = a.filter((item) => !take(item));
  return [onlyA, b.filter((item) => take(item))];
}
