import { sortedJson } from '@tidemark/domain';
import type { SinkComparison } from './compare-output.js';
import { rowKeyOf, type RowKey, type Unmatched } from './row-key.js';

export interface OutputDifference {
  readonly batchId: number;
  readonly sink: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Undefined where rows have nothing that tells them apart: then each is a difference of its own. */
  readonly key?: RowKey;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Counts of all batches; `same`, `changed` and `removed` make up `before`. */
export interface SinkSummary {
  readonly sink: string;
  readonly before: number;
  readonly after: number;
  readonly same: number;
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
}

/** Rows of one sink that are kept for being told one by one; beyond that they are only counted. */
const UNMATCHED_MAX = 200_000;

/** Gathers what batches have written differently, and tells it by sink and key once all have run. */
export class OutputDifferences {
  private readonly sinks = new Map<string, Gathered>();

  add(comparisons: readonly SinkComparison[]): void {
    for (const comparison of comparisons) {
      const gathered = this.sinks.get(comparison.sink) ?? new Gathered(comparison.sink);
      this.sinks.set(comparison.sink, gathered);
      gathered.add(comparison);
    }
  }

  /** Sinks by their uid, differences by batch. `leftOut`: rows that differ and are only counted, as removed or added. */
  read(): {
    readonly sinks: readonly SinkSummary[];
    readonly differences: readonly OutputDifference[];
    readonly leftOut: number;
  } {
    const read = [...this.sinks.values()].sort((a, b) => (a.sink < b.sink ? -1 : 1)).map((one) => one.read());
    return {
      sinks: read.map(({ summary }) => summary),
      differences: read.flatMap(({ differences }) => differences).sort((a, b) => a.batchId - b.batchId),
      leftOut: read.reduce((sum, { leftOut }) => sum + leftOut, 0),
    };
  }
}

class Gathered {
  private readonly batches: Unmatched[] = [];
  private kept = 0;
  private readonly counts = { before: 0, after: 0, onlyBefore: 0, onlyAfter: 0 };

  constructor(readonly sink: string) {}

  add({ batchId, rowsBefore, rowsAfter, onlyBefore, onlyAfter }: SinkComparison): void {
    this.counts.before += rowsBefore;
    this.counts.after += rowsAfter;
    this.counts.onlyBefore += onlyBefore.length;
    this.counts.onlyAfter += onlyAfter.length;
    const rows = onlyBefore.length + onlyAfter.length;
    if (rows === 0 || this.kept + rows > UNMATCHED_MAX) return;
    this.kept += rows;
    this.batches.push({ batchId, onlyBefore, onlyAfter });
  }

  read(): {
    readonly summary: SinkSummary;
    readonly differences: readonly OutputDifference[];
    readonly leftOut: number;
  } {
    const { sink } = this;
    const { before, after, onlyBefore, onlyAfter } = this.counts;
    const keyOf = rowKeyOf(this.batches);
    const differences = this.batches.flatMap((batch) => differencesOf(sink, batch, keyOf));
    const changed = differences.filter(({ change }) => change === 'changed').length;
    return {
      summary: {
        ...{ sink, before, after, same: before - onlyBefore, changed },
        ...{ added: onlyAfter - changed, removed: onlyBefore - changed },
      },
      differences,
      leftOut: onlyBefore + onlyAfter - this.kept,
    };
  }
}

/** Rows with the same key are held against each other in the order in which they were written. */
function differencesOf(
  sink: string,
  { batchId, onlyBefore, onlyAfter }: Unmatched,
  keyOf: ((row: unknown) => RowKey) | undefined,
): readonly OutputDifference[] {
  if (keyOf === undefined) {
    return [
      ...onlyBefore.map((before) => ({ batchId, sink, change: 'removed' as const, before })),
      ...onlyAfter.map((after) => ({ batchId, sink, change: 'added' as const, after })),
    ];
  }
  const waiting = new Map<string, unknown[]>();
  for (const row of onlyAfter) {
    const text = sortedJson(keyOf(row));
    waiting.set(text, [...(waiting.get(text) ?? []), row]);
  }
  const paired = onlyBefore.map((before): OutputDifference => {
    const key = keyOf(before);
    const rows = waiting.get(sortedJson(key)) ?? [];
    if (rows.length === 0) return { batchId, sink, change: 'removed', key, before };
    return { batchId, sink, change: 'changed', key, before, after: rows.shift() };
  });
  const added = [...waiting.values()].flat().map((after): OutputDifference => {
    return { batchId, sink, change: 'added', key: keyOf(after), after };
  });
  return [...paired, ...added];
}
