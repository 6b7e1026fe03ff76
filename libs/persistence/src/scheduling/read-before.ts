import { readBefore, type BundleManifest, type ClaimedRun, type SourceOffsets } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import type { JobRow } from '../rows/index.js';
import { baseOf } from './restore-facts.js';

/** Where the job's timeline begins, with what a run needs of it under the flow of its code. */
export async function baseForRun(
  tx: EntityManager,
  job: JobRow,
  { flow }: Pick<BundleManifest, 'flow'>,
): Promise<ClaimedRun['base']> {
  const base = baseOf(job);
  if (flow?.downtime !== 'skip') return base;
  return { ...base, readBefore: readBefore(await reachedOnLeft(tx, job), base.identities ?? {}) };
}

/**
 * The furthest offsets that were committed on timelines that the job has left. Of each of them either its newest batches or
 * its newest checkpoint are kept for as long as the job is, so its last offsets are those of one or the other.
 */
async function reachedOnLeft(tx: EntityManager, { id, timeline }: JobRow): Promise<SourceOffsets> {
  const rows = await tx.query<{ uid: string; partition: string; reached: number }[]>(
    `SELECT s.key AS uid, p.key AS partition, max(p.value::bigint) AS reached
       FROM generate_series(1, $2::integer - 1) l (timeline)
      CROSS JOIN LATERAL (
        (SELECT b.next_offsets AS offsets FROM batches b
          WHERE b.job_id = $1 AND b.timeline = l.timeline AND b.committed_at IS NOT NULL
          ORDER BY b.batch_id DESC LIMIT 1)
        UNION ALL
        (SELECT c.offsets FROM checkpoints c WHERE c.job_id = $1 AND c.timeline = l.timeline
          ORDER BY c.batch_id DESC LIMIT 1)
      ) o
      CROSS JOIN LATERAL jsonb_each(o.offsets) s
      CROSS JOIN LATERAL jsonb_each_text(s.value) p
      GROUP BY s.key, p.key`,
    [id, timeline],
  );
  const uids = [...new Set(rows.map(({ uid }) => uid))];
  return Object.fromEntries(
    uids.map((uid) => {
      const partitions = rows.filter((row) => row.uid === uid);
      return [uid, Object.fromEntries(partitions.map(({ partition, reached }) => [partition, reached]))];
    }),
  );
}
