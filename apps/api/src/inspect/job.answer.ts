import {
  DESIRED_STATES,
  JOB_STATUSES,
  type DesiredState,
  type Job,
  type JobStatus,
  type SourceOffsets,
} from '@tidemark/domain';
import { pageClass } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';

class StatusReason {
  @Shown('Code of the error behind the status, from the error catalogue.', 'string', { nullable: true })
  readonly code!: string | null;

  @Shown('One sentence.', 'string')
  readonly message!: string;
}
shownType('StatusReason', StatusReason);

class CurrentRun {
  @Shown('The run that owns the job now.', 'string')
  readonly id!: string;

  @Shown('The runner that it is on; null until one has claimed it.', 'string', { nullable: true })
  readonly runnerId!: string | null;

  @Shown("The job's epoch while this run owns it.", 'integer')
  readonly epoch!: number;
}
shownType('CurrentRun', CurrentRun);

class LastBatch {
  @Shown('The timeline that the batch is on.', 'integer')
  readonly timeline!: number;

  @Shown('Counts from 1 on every timeline.', 'integer')
  readonly batchId!: number;

  @Shown('The only time that the batch saw.', 'time')
  readonly batchTime!: string;

  @Shown('When it was committed.', 'time')
  readonly committedAt!: string;

  @Shown('The next position to read, by source uid and partition.', 'offsets')
  readonly offsets!: SourceOffsets;
}
shownType('LastBatch', LastBatch);

class PendingUpgradeAnswer {
  @Shown('The revision that waits.', 'integer')
  readonly revision!: number;

  @Shown('What stands in its way, one sentence each.', 'strings')
  readonly objections!: readonly string[];
}
shownType('PendingUpgrade', PendingUpgradeAnswer);

export class WarningAnswer {
  @Shown('What it is about, as a stable code.', ['quota_pressure'])
  readonly code!: 'quota_pressure';

  @Shown('What it is, what comes of it, and what to do.', 'string')
  readonly message!: string;
}
shownType('JobWarning', WarningAnswer);

/** A job as its owner sees it. */
export class JobAnswer {
  @Shown('Id of the job.', 'string')
  readonly id!: string;

  @Shown('Name, unique for the tenant.', 'string')
  readonly name!: string;

  @Shown('What the owner wants; the scheduler brings the status there.', DESIRED_STATES)
  readonly desired!: DesiredState;

  @Shown('What was observed last.', JOB_STATUSES)
  readonly status!: JobStatus;

  @Shown('Since when.', 'time')
  readonly statusSince!: string;

  @Shown('Why the job is in this status, where there is something to say.', StatusReason, { nullable: true })
  readonly reason!: StatusReason | null;

  @Shown('The revision that the next run takes.', 'integer')
  readonly revision!: number;

  @Shown('Raised by every claim.', 'integer')
  readonly epoch!: number;

  @Shown('Raised by every rollback or reset.', 'integer')
  readonly timeline!: number;

  @Shown('The run that owns the job now.', CurrentRun, { nullable: true })
  readonly currentRun!: CurrentRun | null;

  @Shown('The last committed batch.', LastBatch, { nullable: true })
  readonly lastBatch!: LastBatch | null;

  @Shown('A revision that waits for a decision, while the one before it goes on.', PendingUpgradeAnswer, {
    nullable: true,
  })
  readonly upgrade!: PendingUpgradeAnswer | null;

  @Shown('What its owner should know although it does not keep the job from running.', [WarningAnswer])
  readonly warnings!: readonly WarningAnswer[];

  @Shown('Grows with every change; also the ETag.', 'integer')
  readonly version!: number;

  @Shown('When the job was submitted.', 'time')
  readonly createdAt!: string;
}
shownType('Job', JobAnswer);

export const JobPage = pageClass(JobAnswer, 'JobPage');

export function showJob(job: Job, warnings: readonly WarningAnswer[]): JobAnswer {
  return {
    id: job.id,
    name: job.name,
    desired: job.desired,
    status: job.status,
    statusSince: job.statusSince.toISOString(),
    reason: job.statusReason === undefined ? null : { code: job.statusCode ?? null, message: job.statusReason },
    revision: job.revision,
    epoch: job.epoch,
    timeline: job.timeline,
    currentRun:
      job.currentRun === undefined
        ? null
        : { id: job.currentRun.id, runnerId: job.currentRun.runnerId ?? null, epoch: job.currentRun.epoch },
    lastBatch:
      job.lastBatch === undefined
        ? null
        : {
            timeline: job.lastBatch.timeline,
            batchId: job.lastBatch.batchId,
            batchTime: new Date(job.lastBatch.batchTimeMs).toISOString(),
            committedAt: job.lastBatch.committedAt.toISOString(),
            offsets: job.lastBatch.offsets,
          },
    upgrade: job.upgrade ?? null,
    warnings,
    version: job.version,
    createdAt: job.createdAt.toISOString(),
  };
}
