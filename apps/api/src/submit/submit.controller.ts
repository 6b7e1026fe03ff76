import { Body, Controller, HttpStatus, Param, Post, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller, JobId, RequestId, TenantId, TraceParent } from '@tidemark/domain';
import { inSpan, SPANS } from '@tidemark/observability';
import type { FastifyReply } from 'fastify';
import { JobIdPipe } from '../inspect/existing-job.js';
import { JobAnswer, showJob } from '../inspect/job.answer.js';
import { JobWarnings } from '../inspect/job-warnings.js';
import { By, Tenant } from '../tenancy/caller.js';
import { SeenVersion } from '../transport/entity-tag.js';
import { Idempotent, Repeatable } from '../transport/idempotency.js';
import { Operation } from '../transport/operation.js';
import { Trace } from '../transport/trace.js';
import { DeployRevision } from './deploy-revision.js';
import { SubmitJob } from './submit-job.js';
import { JobRequest, RevisionRequest } from './submit.requests.js';

const REFUSALS = [
  HttpStatus.BAD_REQUEST,
  HttpStatus.NOT_FOUND,
  HttpStatus.CONFLICT,
  HttpStatus.PAYLOAD_TOO_LARGE,
  HttpStatus.UNPROCESSABLE_ENTITY,
  HttpStatus.TOO_MANY_REQUESTS,
  HttpStatus.INSUFFICIENT_STORAGE,
];

@ApiTags('jobs')
@Controller('v1/jobs')
export class SubmitController {
  constructor(
    private readonly submission: SubmitJob,
    private readonly deployment: DeployRevision,
    private readonly warnings: JobWarnings,
  ) {}

  @Post()
  @Idempotent()
  @Operation({
    id: 'submitJob',
    summary: 'Submits a job',
    status: HttpStatus.CREATED,
    answer: JobAnswer,
    problems: REFUSALS,
  })
  async submit(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Body() order: JobRequest,
    @Trace() trace: TraceParent,
    @Repeatable() requestId: RequestId | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobAnswer> {
    const job = await inSpan(SPANS.submit, { parent: trace, attributes: { tenantId } }, ({ traceParent }) =>
      this.submission.run(tenantId, order, { actor: caller.keyId, trace: traceParent, requestId }),
    );
    void reply.header('location', `/v1/jobs/${job.id}`);
    return showJob(job, await this.warnings.of(tenantId));
  }

  @Post(':id/revisions')
  @Idempotent()
  @ApiParam({ name: 'id', type: String })
  @Operation({
    id: 'deployRevision',
    summary: 'Gives a job its next revision',
    status: HttpStatus.CREATED,
    answer: JobAnswer,
    problems: REFUSALS,
    conditional: true,
  })
  async deploy(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Body() order: RevisionRequest,
    @Trace() trace: TraceParent,
    @SeenVersion() expectedVersion: number | undefined,
    @Repeatable() requestId: RequestId | undefined,
  ): Promise<JobAnswer> {
    const job = await inSpan(SPANS.submit, { parent: trace, attributes: { tenantId } }, ({ traceParent }) =>
      this.deployment.run(tenantId, id, order, { actor: caller.keyId, trace: traceParent, expectedVersion, requestId }),
    );
    return showJob(job, await this.warnings.of(tenantId));
  }
}
