import {
  identitiesGoingBack,
  knownSince,
  own,
  type Checkpoint,
  type RestoreVerdict,
  type SourceIdentities,
  type SourceOffsets,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { startModeOf } from '../mapping.js';
import { JobRow, TimelineRow } from '../rows/index.js';

/** Where a job stands: after its last commit, or where its timeline begins if that has none yet. */
export interface Standing {
  /** The timeline of the batch. */
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number | null;
  /** Undefined: nothing was ever committed, and nothing was set. */
  readonly offsets: SourceOffsets | undefined;
  readonly identities: SourceIdentities;
}

export function standingOf(job: JobRow): Standing {
  if (job.lastTimeline === job.timeline && job.lastBatchId !== null) {
    return {
      timeline: job.timeline,
      batchId: job.lastBatchId,
      batchTimeMs: job.lastBatchTimeMs,
      offsets: job.lastOffsets as SourceOffsets,
      identities: job.lastIdentities as SourceIdentities,
    };
  }
  const offsets = job.baseOffsets as SourceOffsets;
  const isUntouched = job.timeline === 1 && Object.keys(offsets).length === 0;
  return {
    timeline: job.baseTimeline ?? job.timeline,
    batchId: job.baseBatchId,
    batchTimeMs: job.baseBatchTimeMs,
    offsets: isUntouched ? undefined : offsets,
    identities: job.baseIdentities as SourceIdentities,
  };
}

/**
 * A start with empty state opens a new timeline whose base is where the job stands: its batches can never be taken for
 * those of the old one, and every source goes on exactly where it was, or where it was ordered to. A start from a
 * checkpoint that was asked for opens one whose base is that checkpoint, also where none of its state can be kept. Other
 * starts stay on their timeline.
 */
export async function applyStartPoint(
  tx: EntityManager,
  job: JobRow,
  verdict: RestoreVerdict,
  checkpoint?: Checkpoint,
): Promise<void> {
  if (verdict.outcome !== 'start') return;
  const { from } = verdict;
  if (from.kind === 'offsets_only') {
    const { timeline, batchId, batchTimeMs, identities } = standingOf(job);
    const sought = startModeOf(job);
    const known = sought !== undefined && 'offsets' in sought ? (sought.identities ?? {}) : identities;
    await openTimeline(tx, job, { timeline, batchId, batchTimeMs, offsets: from.offsets, identities: known });
  } else if (from.kind === 'checkpoint' && from.opens === 'new_timeline' && checkpoint !== undefined) {
    const { timeline, batchId, batchTimeMs, offsets, id } = checkpoint;
    const identities = identitiesBackAt(job, checkpoint);
    const checkpointId = from.withoutState === true ? undefined : id;
    await openTimeline(tx, job, { timeline, batchId, batchTimeMs, offsets, identities, checkpointId });
  }
}

/** What is known of the partitions where a checkpoint of the job is gone back to, with what the job has read since. */
export const identitiesBackAt = (
  job: JobRow,
  { offsets, identities = {} }: Pick<Checkpoint, 'offsets' | 'identities'>,
): SourceIdentities => {
  const standing = standingOf(job);
  return identitiesGoingBack({ offsets, identities }, { ...standing, offsets: standing.offsets ?? {} });
};

/** Above all that the job has had, and that was seen of it where the database has gone back. */
export const nextTimeline = ({ timeline, regressed }: Pick<JobRow, 'timeline' | 'regressed'>): number =>
  Math.max(timeline, (regressed as { readonly timeline: number } | null)?.timeline ?? 0) + 1;

/** @param base.checkpointId with whose state the timeline begins; without it, it begins with none */
export async function openTimeline(
  tx: EntityManager,
  job: JobRow,
  base: Omit<Standing, 'offsets'> & { readonly offsets: SourceOffsets; readonly checkpointId?: string | undefined },
): Promise<void> {
  const { timeline: baseTimeline, batchId: baseBatchId } = base;
  await tx.insert(TimelineRow, { jobId: job.id, timeline: nextTimeline(job), baseTimeline, baseBatchId });
  await tx.update(
    JobRow,
    { id: job.id },
    {
      timeline: nextTimeline(job),
      baseTimeline,
      baseBatchId,
      baseBatchTimeMs: base.batchTimeMs,
      baseOffsets: base.offsets,
      baseIdentities: identitiesFor(base.offsets, base.identities),
      baseCheckpointId: base.checkpointId ?? null,
    },
  );
  // Letters that were left behind on the timeline before may be part of this one again.
  await tx.query(
    `UPDATE jobs SET redrive_wanted = true WHERE id = $1
        AND EXISTS (SELECT 1 FROM dead_letters WHERE job_id = $1 AND status = 'redriving')`,
    [job.id],
  );
}

/** Of partitions that have an offset, or had one on the way that was left: of others there is nothing to be a position of. */
const identitiesFor = (offsets: SourceOffsets, identities: SourceIdentities): SourceIdentities =>
  Object.fromEntries(
    Object.entries(identities).map(([uid, partitions]) => [
      uid,
      Object.fromEntries(
        Object.entries(partitions).filter(
          ([partition, identity]) =>
            own(own(offsets, uid) ?? {}, partition) !== undefined || knownSince(identity) !== undefined,
        ),
      ),
    ]),
  );
