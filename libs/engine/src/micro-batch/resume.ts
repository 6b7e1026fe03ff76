import {
  TidemarkError,
  type BatchPlan,
  type PartitionRange,
  type LoggedBatch,
  type SourceIdentities,
  type SourceOffsets,
  type SourceRanges,
  identitiesAfter,
  identitiesSkipped,
  offsetsAfter,
  offsetsSkipped,
  own,
} from '@tidemark/domain';
import type { InputChunk } from '../ports.js';

/** Where a timeline stands after some batch: a checkpoint's position, or the timeline's own start. */
export interface Position {
  readonly timeline: number;
  /** 0 before the first batch. */
  readonly batchId: number;
  /** Undefined before the first batch. */
  readonly batchTimeMs: number | undefined;
  readonly offsets: SourceOffsets;
  /** What the offsets are positions of. */
  readonly identities?: SourceIdentities | undefined;
}

/** Where a timeline begins. */
export interface TimelineStart {
  /** The batch that its first one follows; 0 where nothing was committed before. */
  readonly batchId: number;
  /** How far partitions were read on ways that were left: up to there they are read again. */
  readonly readBefore?: SourceOffsets | undefined;
}

/** What was read for a plan, by source. */
export type BatchInput = readonly { readonly uid: string; readonly chunks: readonly InputChunk[] }[];

/** What to do with one logged batch on the way from restored state to the first new batch. */
export interface ResumeStep {
  /** `rebuild`: its sinks have it, only the state is needed again. `finish`: run it with the same plan, then commit. */
  readonly kind: 'rebuild' | 'finish';
  readonly plan: BatchPlan;
}

/** A batch whose sinks are being written, and one that the graph runs meanwhile. */
const OPEN_PLANS_MAX = 2;

/**
 * Decides how to go on from restored state, given the batches that were logged after it.
 *
 * ```text
 * restored state: end of batch c
 * log:            c+1 committed, c+2 committed, c+3 planned, c+4 planned
 * steps:          rebuild c+1,   rebuild c+2,   finish c+3,  finish c+4   → then plan c+5
 * ```
 *
 * Pure: reading the log is the caller's work. Throws `batch_log_inconsistent` where the log has a gap, a commit after an
 * open plan, more open plans than a run ever has, or ranges that do not tile: going on would read something twice or not at all.
 */
export function decideResume(restored: Position, logged: readonly LoggedBatch[]): readonly ResumeStep[] {
  const steps: ResumeStep[] = [];
  let position = restored;
  const open: number[] = [];
  for (const { plan, nextOffsets } of logged) {
    if (open.length > 0 && (nextOffsets !== undefined || open.length === OPEN_PLANS_MAX)) {
      const what = nextOffsets === undefined ? 'planned' : 'committed';
      throw inconsistent(`batch ${plan.batchId} was ${what} while ${listed(open)} not committed`);
    }
    assertFollows(position, plan);
    position = positionAfter(position, plan);
    if (nextOffsets === undefined) open.push(plan.batchId);
    else assertSameOffsets(plan.batchId, position.offsets, nextOffsets);
    steps.push({ kind: nextOffsets === undefined ? 'finish' : 'rebuild', plan });
  }
  return steps;
}

export function positionAfter(position: Position, plan: BatchPlan): Position {
  return {
    timeline: plan.timeline,
    batchId: plan.batchId,
    batchTimeMs: plan.batchTimeMs,
    offsets: offsetsAfter(position.offsets, plan),
  };
}

/** The same, with what the input has turned out to be a part of. */
export function positionRead(position: Position, plan: BatchPlan, input: BatchInput): Position {
  const read = input.flatMap(({ uid, chunks }) =>
    chunks.map(({ partition, identity }) => ({ uid, partition, identity })),
  );
  const identities = identitiesAfter(identitiesSkipped(position.identities, plan), read);
  return { ...positionAfter(position, plan), identities };
}

/** Invariants I3 and I4: on a timeline, batch ids, batch times and ranges continue exactly where the last batch ended. */
export function assertFollows(position: Position, plan: BatchPlan): void {
  if (plan.timeline !== position.timeline) {
    throw inconsistent(`batch ${plan.batchId} is on timeline ${plan.timeline}, not ${position.timeline}`);
  }
  if (plan.batchId !== position.batchId + 1) {
    throw inconsistent(`batch ${plan.batchId} follows batch ${position.batchId}`);
  }
  if (position.batchTimeMs !== undefined && plan.batchTimeMs <= position.batchTimeMs) {
    throw inconsistent(`batch ${plan.batchId} is not later than batch ${position.batchId}`);
  }
  assertTiles(plan.batchId, position.offsets, plan.skipped ?? {});
  assertTiles(plan.batchId, offsetsSkipped(position.offsets, plan), plan.ranges);
}

function assertTiles(batchId: number, offsets: SourceOffsets, ranges: SourceRanges): void {
  for (const [uid, partitions] of Object.entries(ranges)) {
    for (const [partition, { from, to }] of Object.entries(partitions)) {
      const planned = own(own(offsets, uid) ?? {}, partition);
      if (planned !== undefined && planned !== from) {
        throw inconsistent(`batch ${batchId} reads ${uid}/${partition} from ${from}, but it was read up to ${planned}`);
      }
      if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && to >= from)) {
        throw inconsistent(`batch ${batchId} has the range ${from} to ${to} for ${uid}/${partition}`);
      }
    }
  }
}

/** Whether two choices for one source name exactly the same. */
export function sameRanges(
  a: { readonly [partition: string]: PartitionRange },
  b: { readonly [partition: string]: PartitionRange },
): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const [one, other] = [own(a, name), own(b, name)];
    return one?.from === other?.from && one?.to === other?.to && one?.held === other?.held;
  });
}

function assertSameOffsets(batchId: number, planned: SourceOffsets, committed: SourceOffsets): void {
  const flat = (offsets: SourceOffsets): string =>
    Object.entries(offsets)
      .flatMap(([uid, partitions]) => Object.entries(partitions).map(([name, at]) => `${uid}/${name}=${at}`))
      .sort()
      .join(' ');
  if (flat(planned) !== flat(committed)) {
    throw inconsistent(`the offsets committed by batch ${batchId} are not those of its plan`);
  }
}

const listed = (batches: readonly number[]): string =>
  batches.length === 1 ? `batch ${batches[0]} is` : `batches ${batches.join(' and ')} are`;

const inconsistent = (reason: string): TidemarkError => new TidemarkError('batch_log_inconsistent', { reason });
