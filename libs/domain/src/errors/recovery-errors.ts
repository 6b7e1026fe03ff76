import type { JobStatus } from '../job/job-lifecycle.js';
import type { Progress } from '../recovery/progress.js';
import type { ErrorSpec } from './error-spec.js';
import { INSTALLATION_ERRORS } from './installation-errors.js';

/** Of savepoints, rollbacks and forks, and of what was restored from outside. */
export const RECOVERY_ERRORS = {
  ...INSTALLATION_ERRORS,
  state_regressed: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; seen: Progress; known: Progress }) =>
      `Job ${p.jobId} has come to ${told(p.seen)}, and the database knows of it up to ${told(p.known)} only: it was restored ` +
      'from an older copy. Nothing of the job is run or removed. Restore the newer database, or accept the older state: ' +
      'roll the job back to a checkpoint that the database has ("tidemark rollback"), or say from where to start it.',
  },
  job_needed: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; checkpointId: string; owner: string; reason: string }) =>
      `Checkpoint ${p.checkpointId} of job ${p.jobId} is needed by ${p.owner} (${p.reason}). End that first, then delete the job.`,
  },
  savepoint_not_possible: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: {
      jobId: string;
      status: JobStatus;
      lastBatchId: number;
      checkpointBatchId?: number;
      areOffsetsSet?: boolean;
    }) =>
      `Job ${p.jobId} is ${p.status}, and ` +
      (p.areOffsetsSet === true
        ? `its offsets were set after batch ${p.lastBatchId}, which no checkpoint of it has yet`
        : p.checkpointBatchId === undefined
          ? `it has no complete checkpoint of its own of where it stands, after batch ${p.lastBatchId}`
          : `its newest complete checkpoint is of batch ${p.checkpointBatchId}, not of its last batch ${p.lastBatchId}`) +
      ': no savepoint can be made of it. Start it, and ask again.',
  },
  savepoint_not_written: {
    kind: 'conflict',
    fault: 'user',
    retry: 'backoff',
    say: (p: { savepointId: string }) =>
      `Savepoint ${p.savepointId} was asked for and is not written yet. Ask again when its status is "complete".`,
  },
  savepoints_too_many: {
    kind: 'exhausted',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; max: number }) =>
      `Job ${p.jobId} has ${p.max} savepoints, and no more are kept. Delete one that is not needed.`,
  },
  job_is_cancelled: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string }) =>
      `Job ${p.jobId} was cancelled, which is for good. Fork it from one of its checkpoints to go on from there.`,
  },
  rollback_pending: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; checkpointId: string }) =>
      `Job ${p.jobId} is to go back to checkpoint ${p.checkpointId}, and begins with its offsets when it is started. ` +
      'Start it first, or start it from somewhere else.',
  },
  rollback_not_undoable: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { rollbackId: string; timeline: number }) =>
      `No complete checkpoint of timeline ${p.timeline} is left, which rollback ${p.rollbackId} has left behind. ` +
      'Roll back to one from the list of checkpoints.',
  },
  rollback_not_begun: {
    kind: 'conflict',
    fault: 'user',
    retry: 'backoff',
    say: (p: { jobId: string; rollbackId: string; timeline: number }) =>
      `Job ${p.jobId} still runs on timeline ${p.timeline}, which rollback ${p.rollbackId} was to leave: its last batches ` +
      'are in no checkpoint yet that one could go back to. Ask again when the job is on another timeline.',
  },
  fork_without_checkpoint: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; timeline: number }) =>
      `Job ${p.jobId} has no complete checkpoint of its own on its timeline ${p.timeline} yet. Ask for a savepoint of it and ` +
      'wait for that, or name one of its checkpoints of another timeline.',
  },
  fork_refused: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { checkpointId: string; objections: readonly string[] }) =>
      `The job was not made: checkpoint ${p.checkpointId} does not fit its code: ${p.objections.join('; ')}.`,
  },
} as const satisfies Record<string, ErrorSpec>;

const told = ({ timeline, batchId, epoch }: Progress): string =>
  `batch ${batchId} of timeline ${timeline}, epoch ${epoch}`;
