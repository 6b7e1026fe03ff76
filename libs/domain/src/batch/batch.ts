import { own } from '../own.js';

/**
 * Position by partition. What a position counts is the source's: bytes for `files`, records for `rate` and `socket`.
 * A partition that is absent was never seen; it is not at zero.
 */
export type PartitionOffsets = { readonly [partition: string]: number };

/** Offsets by source uid: the next position to read. */
export type SourceOffsets = { readonly [sourceUid: string]: PartitionOffsets };

/** Half open: `from` is read, `to` is not. */
export interface PartitionRange {
  readonly from: number;
  readonly to: number;
  /** Object that holds these bytes, for a source that cannot be read twice. Written before the plan names it. */
  readonly held?: string;
}

export type SourceRanges = { readonly [sourceUid: string]: { readonly [partition: string]: PartitionRange } };

/** What a batch will read, and the only time it will see. Durable before the batch reads anything; never changed. */
export interface BatchPlan {
  readonly timeline: number;
  /** Counts from 1 on every timeline; a restored timeline goes on after its checkpoint's batch. */
  readonly batchId: number;
  /** Milliseconds since the Unix epoch, growing with every batch; on the grid of a job that has an interval. */
  readonly batchTimeMs: number;
  readonly ranges: SourceRanges;
  /** What is never read, by the downtime policy `skip`: each range lies directly before that of the same partition. */
  readonly skipped?: SourceRanges | undefined;
}

/** What a batch did. Written after its sinks have its output; the only proof that the batch is finished. */
export interface BatchCommit {
  readonly timeline: number;
  readonly batchId: number;
  /** The offsets after this batch, for every source and partition seen so far. */
  readonly nextOffsets: SourceOffsets;
  readonly recordsIn: number;
  readonly recordsOut: number;
  /** Unreadable records passed over under the poison policy `skip`. */
  readonly recordsSkipped: number;
  /** From the plan being durable to the sinks having the output. */
  readonly processingMs: number;
  /** How long after its batch time the batch was planned. */
  readonly schedulingDelayMs: number;
}

/** What resuming needs of one row of a job's batch log. */
export interface LoggedBatch {
  readonly plan: BatchPlan;
  /** The offsets that its commit wrote; undefined while it is only planned. */
  readonly nextOffsets: SourceOffsets | undefined;
}

/** The offsets once everything in `plan` has been skipped and read, on top of the offsets before it. */
export const offsetsAfter = (before: SourceOffsets, plan: Pick<BatchPlan, 'ranges' | 'skipped'>): SourceOffsets =>
  moved(offsetsSkipped(before, plan), plan.ranges);

/** Where a batch begins to read: the offsets before it, with what its plan skips left behind. */
export const offsetsSkipped = (before: SourceOffsets, { skipped }: Pick<BatchPlan, 'skipped'>): SourceOffsets =>
  skipped === undefined ? before : moved(before, skipped);

function moved(before: SourceOffsets, ranges: SourceRanges): SourceOffsets {
  const changes = Object.entries(ranges).map(([uid, partitions]) => {
    const reached = Object.entries(partitions).map(([partition, { to }]) => [partition, to] as const);
    return [uid, Object.fromEntries([...Object.entries(own(before, uid) ?? {}), ...reached])] as const;
  });
  // Made from entries: to set a member that is called `__proto__` would set something else.
  return Object.fromEntries([...Object.entries(before), ...changes]);
}

/** The objects that a plan's bytes lie in, for sources that cannot be read twice. Needed as long as the plan may be run again. */
export function heldObjects({ ranges }: Pick<BatchPlan, 'ranges'>): readonly string[] {
  return Object.values(ranges)
    .flatMap((partitions) => Object.values(partitions))
    .flatMap(({ held }) => (held === undefined ? [] : [held]));
}
