import { decideProbation, newProbation, type Fence, type JobId } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { probationKept } from '../mapping.js';
import { JobRow } from '../rows/index.js';
import { recentBatches } from './recent-batches.js';
import { beginsTimelineOf } from './checkpoint-at.js';
import type { Decided } from './restore-facts.js';

/** Puts the revision that is about to start on probation, or ends one, as the decision on it says. */
export async function beginProbation(tx: EntityManager, job: JobRow, decided: Decided): Promise<void> {
  const { id, revision } = job;
  const { checkpoint, health } = decided;
  const known = {
    id: id as JobId,
    revision,
    probation: probationKept(job),
    areOffsetsSet: areOffsetsSet(job, decided),
  };
  const decision = decideProbation(known, checkpoint, health);
  if (decision.kind === 'is_over') await tx.update(JobRow, { id }, { probation: null });
  if (decision.kind !== 'begins') return;
  const recent = await recentBatches(tx, job);
  const probation = newProbation(revision, { over: decision.over, health, recent });
  await tx.update(JobRow, { id }, { probation });
}

/** Whether the start begins with the state of a checkpoint, and at offsets that were set since. */
function areOffsetsSet(job: JobRow, { checkpoint, decision: { verdict } }: Decided): boolean {
  if (checkpoint === undefined || verdict.outcome !== 'start' || verdict.from.kind !== 'checkpoint') return false;
  return verdict.from.offsetsFrom === 'timeline' && !beginsTimelineOf(job, checkpoint);
}

/** Ends the probation of a revision that has shown that it is no worse. */
export async function markHealthy(tx: EntityManager, fence: Fence, revision: number): Promise<'done' | 'fenced'> {
  const [rows] = await tx.query<[unknown[], number]>(
    `UPDATE jobs SET probation = CASE WHEN (probation->>'revision')::integer = $5 THEN NULL ELSE probation END
      WHERE id = $1 AND tenant_id = $2 AND epoch = $3 AND current_run_id = $4 RETURNING id`,
    [fence.jobId, fence.tenantId, fence.epoch, fence.runId, revision],
  );
  if (rows.length === 0) return 'fenced';
  await appendEvents(tx, fence, [
    { type: 'revision.healthy', data: { revision }, dedupKey: `healthy/${revision}/${fence.epoch}` },
  ]);
  return 'done';
}
