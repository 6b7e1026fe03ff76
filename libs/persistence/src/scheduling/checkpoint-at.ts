import { isDeepStrictEqual } from 'node:util';
import { own, withoutSince, type SourceIdentities, type SourceOffsets } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { CheckpointRow, type JobRow } from '../rows/index.js';
import type { Standing } from './start-point.js';

/**
 * The complete checkpoint whose state is exactly that of the job as it stands; otherwise the newest one of its timeline,
 * if there is one. Its offsets may be others, see {@link beginsTimelineOf}.
 */
export async function checkpointAt(
  tx: EntityManager,
  job: JobRow,
  standing: Standing,
): Promise<
  | { readonly outcome: 'found'; readonly row: CheckpointRow }
  | { readonly outcome: 'missing'; readonly newest: CheckpointRow | undefined }
> {
  const { timeline, tenantId, id: jobId } = job;
  // Also before the first commit: a run may have written one of where its timeline begins.
  const newest = await newestComplete(tx, { jobId, tenantId, timeline });
  if (newest?.batchId === standing.batchId) return { outcome: 'found', row: newest };
  if (job.lastTimeline === timeline) return { outcome: 'missing', newest: newest ?? undefined };
  // A timeline may begin with a checkpoint of another job.
  const id = job.baseCheckpointId;
  const row = id === null ? null : await tx.findOneBy(CheckpointRow, { id, tenantId, status: 'complete' });
  return row === null ? { outcome: 'missing', newest: undefined } : { outcome: 'found', row };
}

/**
 * Whether a checkpoint of before the job's timeline stands in the very place where that begins: the state may be the same
 * and the offsets others, which were set since.
 */
export const beginsTimelineOf = (
  job: Pick<JobRow, 'baseOffsets' | 'baseIdentities'>,
  { offsets, identities }: Pick<CheckpointRow, 'offsets'> & { readonly identities?: unknown },
): boolean => isDeepStrictEqual(placesIn(offsets, identities), placesIn(job.baseOffsets, job.baseIdentities));

/** Of what has no offset, it does not count what it is recognised by; nor what was known of it on a way that was left. */
const placesIn = (offsets: unknown, identities: unknown): readonly string[] =>
  Object.entries(offsets as SourceOffsets)
    .flatMap(([uid, partitions]) => {
      const known = own((identities ?? {}) as SourceIdentities, uid) ?? {};
      return Object.entries(partitions).map(([name, offset]) =>
        JSON.stringify([uid, name, offset, withoutSince(own(known, name) ?? '')]),
      );
    })
    .sort();

/** The newest complete checkpoint of a timeline. */
export const newestComplete = (
  tx: EntityManager,
  of: Pick<CheckpointRow, 'jobId' | 'tenantId' | 'timeline'>,
): Promise<CheckpointRow | null> =>
  tx.findOne(CheckpointRow, { where: { ...of, status: 'complete' }, order: { batchId: 'DESC', id: 'DESC' } });
