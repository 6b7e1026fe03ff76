import { Body, Controller, Get, HttpStatus, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RetentionStore, TidemarkError, type JobId, type JobRetention, type TenantId } from '@tidemark/domain';
import { JobIdPipe } from '../inspect/existing-job.js';
import { Tenant } from '../tenancy/caller.js';
import { Operation } from '../transport/operation.js';
import {
  JOBS_SHOWN_MAX,
  RetentionAnswer,
  RetentionOrder,
  showRetention,
  showUsage,
  UsageAnswer,
} from './retention.answers.js';

/** How much of a tenant's jobs is kept, and what it comes to. */
@ApiTags('retention')
@Controller('v1')
export class RetentionController {
  constructor(private readonly retention: RetentionStore) {}

  @Get('jobs/:id/retention')
  @Operation({
    id: 'getRetention',
    summary: "Shows how much of a job's past is kept",
    answer: RetentionAnswer,
    problems: [HttpStatus.NOT_FOUND],
  })
  async get(@Tenant() tenantId: TenantId, @Param('id', JobIdPipe) id: JobId): Promise<RetentionAnswer> {
    return showRetention(existing(id, await this.retention.ofJob(tenantId, id)));
  }

  @Put('jobs/:id/retention')
  @Operation({
    id: 'setRetention',
    summary: "Replaces the limits on how much of a job's past is kept; no run notices",
    answer: RetentionAnswer,
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND],
  })
  async set(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Body() limits: RetentionOrder,
  ): Promise<RetentionAnswer> {
    return showRetention(existing(id, await this.retention.setOfJob(tenantId, id, limits)));
  }

  @Get('usage')
  @Operation({
    id: 'getUsage',
    summary: 'Shows what is stored of checkpoints, for each job and in all',
    answer: UsageAnswer,
  })
  async usage(@Tenant() tenantId: TenantId): Promise<UsageAnswer> {
    return showUsage(await this.retention.usage(tenantId, JOBS_SHOWN_MAX));
  }
}

function existing(id: JobId, retention: JobRetention | undefined): JobRetention {
  if (retention === undefined) throw new TidemarkError('thing_not_found', { thing: 'job', id });
  return retention;
}
