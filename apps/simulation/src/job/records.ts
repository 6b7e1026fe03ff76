import type { PartitionOffsets } from '@tidemark/domain';

export const SOURCE = 'numbers';
export const SINK = 'out';
export const OPERATOR = 'totals';
const KEYS = 5;

/** The record at a position: the same for ever, so that anybody can tell what a range holds. */
export const recordAt = (partition: string, at: number): { readonly key: string; readonly value: number } => ({
  key: `k${(at * 7 + partition.length) % KEYS}`,
  value: 1 + ((at * 13 + partition.charCodeAt(0)) % 10),
});

/** The right answer: sums by key of the records from `from` up to `to`. */
export function totalsOf(from: PartitionOffsets, to: PartitionOffsets): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const [partition, end] of Object.entries(to)) {
    for (let at = from[partition] ?? 0; at < end; at += 1) {
      const { key, value } = recordAt(partition, at);
      totals.set(key, (totals.get(key) ?? 0) + value);
    }
  }
  return totals;
}

/** What a sink is given for one batch that has read something. */
export interface Row {
  readonly ranges: { readonly [partition: string]: { readonly from: number; readonly to: number } };
  /** Of the keys that the batch has touched, as of its end. */
  readonly totals: { readonly [key: string]: number };
}
