import { own } from '../own.js';
import type { NewDeadLetter, PoisonSearch, RecordPosition, RedrivenRecord, SetAsideRecord } from './dead-letter.js';

/**
 * Position by partition. What a position counts is the source's: bytes for `files`, records for `rate` and `socket`.
 * A partition that is absent was never seen; it is not at zero.
 */
export type PartitionOffsets = { readonly [partition: string]: number };

/** Offsets by source uid: the next position to read. */
export type SourceOffsets = { readonly [sourceUid: string]: PartitionOffsets };

/**
 * What a source recognises a partition by, whatever it is called, by source uid and partition: a text that only the source
 * reads. It goes with an offset, and says of what the offset is a position. Where a job has gone back, what it knew of the partition
 * until then follows in it, also where the partition has no offset there: known-since.ts.
 */
export type SourceIdentities = { readonly [sourceUid: string]: PartitionIdentities };
export type PartitionIdentities = { readonly [partition: string]: string };

/** Half open: `from` is read, `to` is not. */
export interface PartitionRange {
  readonly from: number;
  readonly to: number;
  /** Object that holds these bytes, for a source that cannot be read twice. Written before the plan names it. */
  readonly held?: string;
  /** Of what `to` is a position, where the range is passed over; of what is read, reading tells. */
  readonly identity?: string;
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
  /** Records of dead letters that are read again, before the ranges. */
  readonly redriven?: readonly RedrivenRecord[] | undefined;
}

/** What a batch did. Written after its sinks have its output; the only proof that the batch is finished. */
export interface BatchCommit {
  readonly timeline: number;
  readonly batchId: number;
  /** The offsets after this batch, for every source and partition seen so far. */
  readonly nextOffsets: SourceOffsets;
  readonly recordsIn: number;
  readonly recordsOut: number;
  /** What the offsets are positions of. Absent: no source of the job can tell. */
  readonly identities?: SourceIdentities | undefined;
  /** Unreadable records passed over under the poison policy `skip`. */
  readonly recordsSkipped: number;
  /** Records set aside under the poison policy `dead_letter`. Absent: none. */
  readonly recordsDeadLettered?: number | undefined;
  /** The same records, of a commit that is being written. */
  readonly deadLetters?: readonly NewDeadLetter[] | undefined;
  /** Sources that were read, of the commit of a batch that re-drives: what it re-drives of others is not done. */
  readonly sourcesRead?: readonly string[] | undefined;
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
  /** Of its commit. */
  readonly recordsSkipped?: number | undefined;
  /**
   * Records that the batch leaves out whenever it runs: all that its commit has set aside, or, while it is only planned, those
   * at which the job's code has thrown.
   */
  readonly setAside?: readonly LeftOut[] | undefined;
  /** Whether that is all, because a sink may have what came of the rest. Only of jobs that set records aside. */
  readonly isSettled?: boolean | undefined;
  /** Under way while the batch is only planned. */
  readonly search?: PoisonSearch | undefined;
}

/** Once the batch is committed, its dead letters say why. */
export type LeftOut = RecordPosition & Partial<SetAsideRecord>;

/** The offsets once everything in `plan` has been skipped and read, on top of the offsets before it. */
export const offsetsAfter = (before: SourceOffsets, plan: Pick<BatchPlan, 'ranges' | 'skipped'>): SourceOffsets =>
  moved(offsetsSkipped(before, plan), plan.ranges);

/** What is known of partitions after some of them have moved on, on top of what was known before. */
export function identitiesAfter(
  before: SourceIdentities | undefined,
  moved: readonly { readonly uid: string; readonly partition: string; readonly identity?: string | undefined }[],
): SourceIdentities | undefined {
  if (moved.every(({ identity }) => identity === undefined)) return before;
  const uids = new Set([...Object.keys(before ?? {}), ...moved.map(({ uid }) => uid)]);
  return Object.fromEntries(
    [...uids].map((uid) => {
      const known = Object.entries(own(before ?? {}, uid) ?? {});
      const now = moved.flatMap(({ partition, identity, ...of }) =>
        of.uid === uid && identity !== undefined ? [[partition, identity] as const] : [],
      );
      return [uid, Object.fromEntries([...known, ...now])];
    }),
  );
}

/** The same after what a plan passes over. */
export const identitiesSkipped = (
  before: SourceIdentities | undefined,
  { skipped = {} }: Pick<BatchPlan, 'skipped'>,
): SourceIdentities | undefined =>
  identitiesAfter(
    before,
    Object.entries(skipped).flatMap(([uid, partitions]) =>
      Object.entries(partitions).map(([partition, { identity }]) => ({ uid, partition, identity })),
    ),
  );

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
