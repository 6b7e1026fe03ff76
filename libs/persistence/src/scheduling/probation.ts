import {
  ERRORS,
  healthLimits,
  usualOf,
  type Fence,
  type Probation,
  type RunEnd,
  type StartMode,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { JobRow } from '../rows/index.js';
import { recentBatches } from './recent-batches.js';
import type { Decided } from './restore-facts.js';

/**
 * Puts the revision that is about to start on probation, if it takes over what another one has kept and is to be watched:
 * whatever it starts for, also where the runner of the one before was lost on the way.
 */
export async function beginProbation(tx: EntityManager, job: JobRow, { checkpoint, health }: Decided): Promise<void> {
  const known = job.probation as Probation | null;
  // What a fork begins with was kept by no revision of its own: there is none to go back to.
  const takesOver = checkpoint?.jobId === job.id && checkpoint.revision !== job.revision;
  if (!takesOver || health.batches === 0) {
    // That of another revision, or of one that is not to be watched any more, would hold its checkpoint for good.
    const isOver = known !== null && (known.revision !== job.revision || health.batches === 0);
    if (isOver) await tx.update(JobRow, { id: job.id }, { probation: null });
    return;
  }
  // One that starts again has batches of its own among the newest: what was usual is what was usual before it.
  if (known?.revision === job.revision && known.back.checkpointId === checkpoint.id) return;
  const probation: Probation = {
    revision: job.revision,
    limits: healthLimits(health),
    before: usualOf(await recentBatches(tx, job)),
    stateRows: checkpoint.stateRows,
    back: { revision: checkpoint.revision, checkpointId: checkpoint.id },
  };
  await tx.update(JobRow, { id: job.id }, { probation });
}

/** The probation of a revision that the job still has. */
export function probationOf(job: JobRow, revision: number): Probation | undefined {
  const probation = job.probation as Probation | null;
  return probation?.revision === revision && job.revision === revision ? probation : undefined;
}

/** Whether an end says something about the revision, and not about what lies outside. */
export const speaksAgainst = (end: RunEnd): boolean =>
  end.kind === 'unhealthy' ||
  ((end.kind === 'failed' || end.kind === 'back_off') && ERRORS[end.code].fault !== 'external');

/** What a job takes on that goes back: bundle, configuration, state and offsets together, on a new timeline. */
export function wayBack({ back }: Probation): Pick<JobRow, 'revision' | 'attempts'> & {
  readonly startMode: StartMode;
  readonly probation: null;
} {
  const startMode: StartMode = { mode: 'checkpoint', checkpointId: back.checkpointId };
  return { revision: back.revision, startMode, attempts: 0, probation: null };
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
