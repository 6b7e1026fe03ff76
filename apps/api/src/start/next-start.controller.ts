import { Controller, Get, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  JobStores,
  OffsetStores,
  RESTORE_POLICIES,
  START_TRIGGERS,
  TidemarkError,
  type JobId,
  type RestorePolicy,
  type StartPreview,
  type StartTrigger,
  type TenantId,
} from '@tidemark/domain';
import { existingJob, JobIdPipe } from '../inspect/existing-job.js';
import { showVerdict, VerdictAnswer } from '../inspect/history.answers.js';
import { Tenant } from '../tenancy/caller.js';
import { Operation } from '../transport/operation.js';
import { Shown, shownType } from '../transport/shown.js';
import { FindStart } from './find-start.js';
import { NextStartQuery } from './start.requests.js';

class NextStartAnswer extends VerdictAnswer {
  @Shown('The revision that would start.', 'integer')
  readonly revision!: number;

  @Shown('Why a run would start.', START_TRIGGERS)
  readonly trigger!: StartTrigger;

  @Shown('The policy of the revision.', RESTORE_POLICIES)
  readonly policy!: RestorePolicy;
}
shownType('NextStart', NextStartAnswer);

/** Shows what a start would be decided to be, and starts nothing. */
@ApiTags('jobs')
@Controller('v1/jobs/:id')
export class NextStartController {
  constructor(
    private readonly jobs: JobStores,
    private readonly offsets: OffsetStores,
    private readonly findStart: FindStart,
  ) {}

  @Get('next-start')
  @Operation({
    id: 'previewNextStart',
    summary: 'Shows from what the next start of a job would begin, and why; nothing is written',
    answer: NextStartAnswer,
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND, HttpStatus.CONFLICT, HttpStatus.TOO_MANY_REQUESTS],
  })
  async preview(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() { revision, ...request }: NextStartQuery,
  ): Promise<NextStartAnswer> {
    const job = await existingJob(this.jobs.forTenant(tenantId), id);
    const startMode = await this.findStart.run(tenantId, job, request, revision);
    const preview = await this.offsets.forTenant(tenantId).preview(id, { revision, startMode });
    if (preview === undefined) throw new TidemarkError('thing_not_found', { thing: 'revision', id: String(revision) });
    return showPreview(revision ?? job.revision, preview);
  }
}

const showPreview = (revision: number, { trigger, policy, ...decision }: StartPreview): NextStartAnswer => ({
  revision,
  trigger,
  policy,
  ...showVerdict(decision),
});
