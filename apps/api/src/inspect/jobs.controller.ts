import { Controller, Get, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { JOB_STATUSES, JobStores, type JobId, type JobStatus, type TenantId } from '@tidemark/domain';
import { Tenant } from '../tenancy/caller.js';
import { ChoiceField } from '../transport/fields.js';
import { Operation } from '../transport/operation.js';
import { jobCursor, pageOf, PageQuery, type PageAnswer } from '../transport/paging.js';
import { existingJob, JobIdPipe } from './existing-job.js';
import { JobAnswer, JobPage, showJob } from './job.answer.js';
import { JobWarnings } from './job-warnings.js';

export class JobListQuery extends PageQuery {
  @ChoiceField({ optional: true, of: JOB_STATUSES, description: 'Only jobs in this status.' })
  readonly status?: JobStatus;
}

@ApiTags('jobs')
@Controller('v1/jobs')
export class JobsController {
  constructor(
    private readonly stores: JobStores,
    private readonly warnings: JobWarnings,
  ) {}

  @Get()
  @Operation({
    id: 'listJobs',
    summary: 'Lists jobs, newest first',
    answer: JobPage,
    problems: [HttpStatus.BAD_REQUEST],
  })
  async list(@Tenant() tenantId: TenantId, @Query() query: JobListQuery): Promise<PageAnswer<JobAnswer>> {
    const status = query.status === undefined ? {} : { status: query.status };
    const warnings = await this.warnings.of(tenantId);
    return pageOf(query, {
      cursor: jobCursor,
      read: (page) => this.stores.forTenant(tenantId).list({ ...page, ...status }),
      cursorOf: ({ id }) => id,
      show: (job) => showJob(job, warnings),
    });
  }

  @Get(':id')
  @Operation({ id: 'getJob', summary: 'Shows a job', answer: JobAnswer, problems: [HttpStatus.NOT_FOUND] })
  async get(@Tenant() tenantId: TenantId, @Param('id', JobIdPipe) id: JobId): Promise<JobAnswer> {
    return showJob(await existingJob(this.stores.forTenant(tenantId), id), await this.warnings.of(tenantId));
  }
}
