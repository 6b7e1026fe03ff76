import { ApiSchema } from '@nestjs/swagger';
import type {
  JobRetention,
  JobUsage,
  QuotaPressure,
  RetentionLimits,
  StoredCheckpoints,
  TenantUsage,
} from '@tidemark/domain';
import { WholeNumberField } from '../transport/fields.js';
import { Shown, shownType } from '../transport/shown.js';

const TEN_YEARS_MS = 315_360_000_000;

@ApiSchema({ name: 'RetentionOrder' })
export class RetentionOrder {
  @WholeNumberField({
    optional: true,
    min: 1,
    max: 1_000,
    description: 'Complete checkpoints to keep for each timeline. Left out: no limit of its own.',
  })
  readonly checkpoints?: number;

  @WholeNumberField({
    optional: true,
    min: 1_000,
    max: TEN_YEARS_MS,
    description: 'Milliseconds to keep a checkpoint for. Left out: no limit of its own.',
  })
  readonly ageMs?: number;

  @WholeNumberField({
    optional: true,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    description:
      'Stored bytes to keep, files that several checkpoints share counted once: of the job, or of all jobs of the tenant together. Left out: no limit of its own.',
  })
  readonly bytes?: number;
}

export class LimitsAnswer {
  @Shown('Complete checkpoints for each timeline.', 'integer', { nullable: true })
  readonly checkpoints!: number | null;

  @Shown('Milliseconds since a checkpoint was complete.', 'integer', { nullable: true })
  readonly ageMs!: number | null;

  @Shown('Stored bytes, files that several checkpoints share counted once.', 'integer', { nullable: true })
  readonly bytes!: number | null;
}
shownType('RetentionLimits', LimitsAnswer);

export class RetentionAnswer {
  @Shown('What was set for the job. Null does not limit.', LimitsAnswer)
  readonly own!: LimitsAnswer;

  @Shown('The most that the tenant lets its jobs keep; its bytes are those of all jobs together.', LimitsAnswer)
  readonly tenant!: LimitsAnswer;

  @Shown('What is in effect. Where `checkpoints` is null, the default of the service counts.', LimitsAnswer)
  readonly effective!: LimitsAnswer;
}
shownType('Retention', RetentionAnswer);

class JobUsageAnswer {
  @Shown('Id of the job.', 'string')
  readonly jobId!: string;

  @Shown('Its name.', 'string')
  readonly name!: string;

  @Shown('Stored bytes of its checkpoints, files that several share counted once.', 'integer')
  readonly bytes!: number;

  @Shown('Complete checkpoints, savepoints among them.', 'integer')
  readonly checkpoints!: number;

  @Shown('Savepoints among them.', 'integer')
  readonly savepoints!: number;

  @Shown('Those among them that were read back and found to be as they were written.', 'integer')
  readonly verified!: number;

  @Shown('Those among them that something holds on to.', 'integer')
  readonly pinned!: number;
}
shownType('JobUsage', JobUsageAnswer);

class PressureAnswer {
  @Shown('Stored bytes when it was last looked at.', 'integer')
  readonly bytes!: number;

  @Shown('The limit that they are over.', 'integer')
  readonly quotaBytes!: number;

  @Shown('How many times longer than configured running jobs wait between checkpoints.', 'integer')
  readonly stretch!: number;

  @Shown('Since when.', 'time')
  readonly since!: string;
}
shownType('QuotaPressure', PressureAnswer);

export class UsageAnswer {
  @Shown('Stored bytes of all checkpoints, files that several share counted once.', 'integer')
  readonly bytes!: number;

  @Shown('Complete checkpoints, savepoints among them.', 'integer')
  readonly checkpoints!: number;

  @Shown('Savepoints among them.', 'integer')
  readonly savepoints!: number;

  @Shown('Those among them that were read back and found to be as they were written.', 'integer')
  readonly verified!: number;

  @Shown('Those among them that something holds on to.', 'integer')
  readonly pinned!: number;

  @Shown('The limit on the bytes of all jobs together.', 'integer', { nullable: true })
  readonly quotaBytes!: number | null;

  @Shown('There while the bytes are over the limit although nothing more may be removed.', PressureAnswer, {
    nullable: true,
  })
  readonly pressure!: PressureAnswer | null;

  @Shown('The jobs, those with most bytes first; at most 100.', [JobUsageAnswer])
  readonly jobs!: readonly JobUsageAnswer[];
}
shownType('Usage', UsageAnswer);

export const JOBS_SHOWN_MAX = 100;

export const showLimits = ({ checkpoints, ageMs, bytes }: RetentionLimits): LimitsAnswer => ({
  checkpoints: checkpoints ?? null,
  ageMs: ageMs ?? null,
  bytes: bytes ?? null,
});

export const showRetention = ({ own, tenant, effective }: JobRetention): RetentionAnswer => ({
  own: showLimits(own),
  tenant: showLimits(tenant),
  effective: showLimits(effective),
});

export const showUsage = ({ quotaBytes, pressure, jobs, ...stored }: TenantUsage): UsageAnswer => ({
  ...showStored(stored),
  quotaBytes: quotaBytes ?? null,
  pressure: pressure === undefined ? null : showPressure(pressure),
  jobs: jobs.map(showJobUsage),
});

const showJobUsage = ({ jobId, name, ...stored }: JobUsage): JobUsageAnswer => ({ jobId, name, ...showStored(stored) });

const showStored = ({ bytes, checkpoints, savepoints, verified, pinned }: StoredCheckpoints): StoredCheckpoints => ({
  ...{ bytes, checkpoints, savepoints, verified, pinned },
});

const showPressure = ({ bytes, quotaBytes, stretch, since }: QuotaPressure): PressureAnswer => ({
  ...{ bytes, quotaBytes, stretch },
  since: since.toISOString(),
});
