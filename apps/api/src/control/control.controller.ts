import { Body, Controller, Delete, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  JobStores,
  type Caller,
  type JobId,
  type JobOrder,
  type StartMode,
  type TenantId,
  type TraceParent,
} from '@tidemark/domain';
import { existingJob, JobIdPipe } from '../inspect/existing-job.js';
import { JobAnswer, showJob } from '../inspect/job.answer.js';
import { FindStart } from '../start/find-start.js';
import { StartRequest } from '../start/start.requests.js';
import { JobWarnings } from '../inspect/job-warnings.js';
import { By, Tenant } from '../tenancy/caller.js';
import { SeenVersion } from '../transport/entity-tag.js';
import { Operation } from '../transport/operation.js';
import { Trace } from '../transport/trace.js';
import { OrderJob } from './order-job.js';

const REFUSALS = [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND, HttpStatus.CONFLICT];

const ordering = (id: string, summary: string, problems = REFUSALS): MethodDecorator =>
  Operation({ id, summary, status: HttpStatus.ACCEPTED, answer: JobAnswer, problems, conditional: true });

/** Changes what the owner wants. The answer shows it at once; the status follows when the scheduler has done it. */
@ApiTags('jobs')
@Controller('v1/jobs/:id')
export class ControlController {
  constructor(
    private readonly orders: OrderJob,
    private readonly jobs: JobStores,
    private readonly findStart: FindStart,
    private readonly warnings: JobWarnings,
  ) {}

  @Post('start')
  @ordering('startJob', 'Starts a job that is stopped, finished, failed or waiting for a decision', [
    ...REFUSALS,
    HttpStatus.TOO_MANY_REQUESTS,
  ])
  async start(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Trace() trace: TraceParent,
    @SeenVersion() expectedVersion: number | undefined,
    @Body() request: StartRequest,
  ): Promise<JobAnswer> {
    const job = await existingJob(this.jobs.forTenant(tenantId), id);
    const startMode = await this.findStart.run(tenantId, job, request);
    return this.order('start', { tenantId, caller, id, trace, expectedVersion, startMode });
  }

  @Post('stop')
  @ordering('stopJob', 'Stops a job with a checkpoint, to be started again later')
  stop(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Trace() trace: TraceParent,
    @SeenVersion() expectedVersion: number | undefined,
  ): Promise<JobAnswer> {
    return this.order('stop', { tenantId, caller, id, trace, expectedVersion });
  }

  @Post('cancel')
  @ordering('cancelJob', 'Ends a job for good')
  cancel(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Trace() trace: TraceParent,
    @SeenVersion() expectedVersion: number | undefined,
  ): Promise<JobAnswer> {
    return this.order('cancel', { tenantId, caller, id, trace, expectedVersion });
  }

  @Delete()
  @Operation({
    id: 'deleteJob',
    summary: 'Deletes a job that no runner owns, with its history',
    status: HttpStatus.NO_CONTENT,
    problems: REFUSALS,
    conditional: true,
  })
  async delete(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @SeenVersion() expectedVersion: number | undefined,
  ): Promise<void> {
    await this.orders.remove(tenantId, id, expectedVersion);
  }

  private async order(
    order: JobOrder,
    from: {
      readonly tenantId: TenantId;
      readonly caller: Caller;
      readonly id: JobId;
      readonly trace: TraceParent;
      readonly expectedVersion: number | undefined;
      readonly startMode?: StartMode | undefined;
    },
  ): Promise<JobAnswer> {
    const { tenantId, caller, id, trace, expectedVersion, startMode } = from;
    const by = { actor: caller.keyId, trace, expectedVersion, startMode };
    const job = await this.orders.run(tenantId, id, order, by);
    return showJob(job, await this.warnings.of(tenantId));
  }
}
