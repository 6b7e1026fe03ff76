import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { JobId } from '../ids.js';
import { healthLimits, usualOf, type HealthConfig, type Probation, type WatchedBatch } from './health.js';

/** As many of the newest committed batches say what is usual. */
export const RECENT_BATCHES = 20;

type JobOnProbation = { readonly revision: number; readonly probation: Probation | undefined };
type TakenOver = Pick<Checkpoint, 'id' | 'jobId' | 'revision' | 'stateRows'>;

/** What becomes of a job's probation as its revision is about to start. */
export type ProbationAtStart =
  { readonly kind: 'begins'; readonly over: TakenOver } | { readonly kind: 'as_it_is' | 'is_over' };

/**
 * Pure: a revision is on probation if it takes over what another one has kept and is to be watched, whatever it starts
 * for, also where the runner of the one before was lost on the way.
 *
 * @param job.areOffsetsSet whether it begins at offsets that somebody has set since that checkpoint
 * @param checkpoint the one that it starts from
 */
export function decideProbation(
  job: JobOnProbation & { readonly id: JobId; readonly areOffsetsSet: boolean },
  checkpoint: TakenOver | undefined,
  health: HealthConfig,
): ProbationAtStart {
  const { revision, probation: known } = job;
  // What a fork begins with was kept by no revision of its own: there is none to go back to. Nor is there one with offsets
  // that were set: whoever goes back to it undoes what was ordered.
  const takesOver = checkpoint?.jobId === job.id && checkpoint.revision !== revision && !job.areOffsetsSet;
  if (!takesOver || health.batches === 0) {
    // That of another revision, or of one that is not to be watched any more, would hold its checkpoint for good.
    const isOver = known !== undefined && (known.revision !== revision || health.batches === 0 || job.areOffsetsSet);
    return { kind: isOver ? 'is_over' : 'as_it_is' };
  }
  // One that starts again has batches of its own among the newest: what was usual is what was usual before it.
  if (known?.revision === revision && known.back.checkpointId === checkpoint.id) return { kind: 'as_it_is' };
  return { kind: 'begins', over: checkpoint };
}

/** @param recent the newest committed batches of the timeline that the job was on until this start, RECENT_BATCHES at most */
export const newProbation = (
  revision: number,
  {
    over,
    health,
    recent,
  }: {
    readonly over: TakenOver;
    readonly health: HealthConfig;
    readonly recent: readonly Pick<WatchedBatch, 'processingMs' | 'recordsIn'>[];
  },
): Probation => ({
  revision,
  limits: healthLimits(health),
  before: usualOf(recent),
  stateRows: over.stateRows,
  back: { revision: over.revision, checkpointId: over.id },
});

/** The probation of the revision that a run runs, if the job still has that revision. */
export const probationOf = ({ revision, probation }: JobOnProbation, ofRun: number): Probation | undefined =>
  probation?.revision === ofRun && revision === ofRun ? probation : undefined;
