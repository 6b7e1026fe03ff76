import {
  readBefore,
  type BundleManifest,
  type ClaimedRun,
  type PartitionOffsets,
  type SourceOffsets,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import type { JobRow } from '../rows/index.js';
import { baseOf } from './restore-facts.js';
import { standingOf } from './start-point.js';

/** Where the job's timeline begins, with what a run needs of it under the flow of its code. */
export async function baseForRun(
  tx: EntityManager,
  job: JobRow,
  { flow }: Pick<BundleManifest, 'flow'>,
): Promise<ClaimedRun['base']> {
  const base = baseOf(job);
  if (flow?.downtime !== 'skip') return base;
  const left = await reachedOnLeft(tx, job);
  return { ...base, readBefore: readBefore([left, job.readByOthers as SourceOffsets], base.identities ?? {}) };
}

/** How far a job has read until now, on any timeline, with what it knows of the one that it was forked from. */
export async function readUntilNow(tx: EntityManager, job: JobRow): Promise<SourceOffsets> {
  const { offsets = {}, identities } = standingOf(job);
  return readBefore([offsets, await reachedOnLeft(tx, job), job.readByOthers as SourceOffsets], identities);
}

/**
 * The furthest offsets that were committed on timelines that the job has left. Nothing is committed on one that was left, so
 * what an earlier run was told is noted, and only timelines left since then are looked at.
 */
async function reachedOnLeft(tx: EntityManager, { id, timeline }: JobRow): Promise<SourceOffsets> {
  const [noted] = await tx.query<{ timeline: number; reached: SourceOffsets }[]>(
    `SELECT timeline, reached_before AS reached FROM timelines
      WHERE job_id = $1 AND timeline <= $2 AND reached_before IS NOT NULL ORDER BY timeline DESC LIMIT 1`,
    [id, timeline],
  );
  if (noted?.timeline === timeline) return noted.reached;
  const from = noted?.timeline ?? 1;
  const reached = await furthestOffsets(tx, id, { from, to: timeline, and: noted?.reached ?? {} });
  await tx.query(
    `UPDATE timelines SET reached_before = CASE WHEN timeline = $2 THEN $3::jsonb END
      WHERE job_id = $1 AND (timeline = $2 OR reached_before IS NOT NULL)`,
    [id, timeline, JSON.stringify(reached)],
  );
  return reached;
}

/**
 * Of the timelines `from` up to, and not with, `to`, and of other offsets. Of each timeline either its newest batches or its
 * newest checkpoint are kept for as long as the job is, so its last offsets are those of one or the other.
 */
async function furthestOffsets(
  tx: EntityManager,
  jobId: string,
  { from, to, and }: { readonly from: number; readonly to: number; readonly and: SourceOffsets },
): Promise<SourceOffsets> {
  const rows = await tx.query<{ uid: string; reached: PartitionOffsets }[]>(
    `SELECT uid, jsonb_object_agg(partition, reached) AS reached
       FROM (SELECT s.key AS uid, p.key AS partition, max(p.value::bigint) AS reached
               FROM (SELECT o.offsets
                       FROM generate_series($2::integer, $3::integer - 1) l (timeline)
                      CROSS JOIN LATERAL (
                        (SELECT b.next_offsets AS offsets FROM batches b
                          WHERE b.job_id = $1 AND b.timeline = l.timeline AND b.committed_at IS NOT NULL
                          ORDER BY b.batch_id DESC LIMIT 1)
                        UNION ALL
                        (SELECT c.offsets FROM checkpoints c WHERE c.job_id = $1 AND c.timeline = l.timeline
                          ORDER BY c.batch_id DESC LIMIT 1)
                      ) o
                     UNION ALL SELECT $4::jsonb) a
              CROSS JOIN LATERAL jsonb_each(a.offsets) s
              CROSS JOIN LATERAL jsonb_each_text(s.value) p
              GROUP BY s.key, p.key) furthest
      GROUP BY uid`,
    [jobId, from, to, JSON.stringify(and)],
  );
  return Object.fromEntries(rows.map(({ uid, reached }) => [uid, reached]));
}
