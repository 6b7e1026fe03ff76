import type { PartitionOffsets, PartitionRange } from '@tidemark/domain';

export const SOURCE = 'numbers';
export const SINK = 'out';
export const OPERATOR = 'totals';
const KEYS = 5;

/** The record at a position: the same for ever, so that anybody can tell what a range holds. */
export const recordAt = (partition: string, at: number): { readonly key: string; readonly value: number } => ({
  key: `k${(at * 7 + partition.length) % KEYS}`,
  value: 1 + ((at * 13 + partition.charCodeAt(0)) % 10),
});

/** What a source says of a place in a partition, that offsets can be told from those of another one. */
export const identityAt = (partition: string, at: number): string => `${partition} at ${at}`;

/** A range that plans of a job have passed over. */
export interface PassedOver extends Pick<PartitionRange, 'from' | 'to'> {
  readonly partition: string;
}

/** The right answer: sums by key of the records from `from` up to `to`, without those that were passed over. */
export function totalsOf(
  from: PartitionOffsets,
  to: PartitionOffsets,
  passedOver: readonly PassedOver[],
): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const [partition, end] of Object.entries(to)) {
    const gaps = passedOver.filter((gap) => gap.partition === partition);
    for (let at = from[partition] ?? 0; at < end; at += 1) {
      if (gaps.some((gap) => at >= gap.from && at < gap.to)) continue;
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
