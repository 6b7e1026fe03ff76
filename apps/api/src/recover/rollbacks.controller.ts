import { Body, Controller, Get, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import {
  JobStores,
  RecoveryStores,
  type Caller,
  type JobId,
  type RequestId,
  type TenantId,
  type TraceParent,
} from '@tidemark/domain';
import type { FastifyReply } from 'fastify';
import { existingJob, JobIdPipe } from '../inspect/existing-job.js';
import { JobAnswer, showJob } from '../inspect/job.answer.js';
import { JobWarnings } from '../inspect/job-warnings.js';
import { By, Tenant } from '../tenancy/caller.js';
import { SeenVersion } from '../transport/entity-tag.js';
import { Idempotent, Repeatable } from '../transport/idempotency.js';
import { Operation } from '../transport/operation.js';
import { pageOf, PageQuery, rollbackCursor, type PageAnswer } from '../transport/paging.js';
import { Trace } from '../transport/trace.js';
import { existingRollback } from './existing-recovery.js';
import { ForkJob } from './fork-job.js';
import { RollbackAnswer, RollbackPage, RollbackPreviewAnswer, showRollback } from './recover.answers.js';
import { CheckpointChoice, ForkRequest, RollbackRequest, UndoRequest } from './recover.requests.js';
import { RollBack } from './roll-back.js';

const REFUSALS = [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND, HttpStatus.CONFLICT];

const ordering = (id: string, summary: string): MethodDecorator =>
  Operation({
    id,
    summary,
    status: HttpStatus.ACCEPTED,
    answer: RollbackAnswer,
    problems: REFUSALS,
    conditional: true,
  });

/** Back to a checkpoint: the job itself, or another one that begins there. */
@ApiTags('recovery')
@Controller('v1/jobs/:id')
export class RollbacksController {
  constructor(
    private readonly jobs: JobStores,
    private readonly recovery: RecoveryStores,
    private readonly rollBack: RollBack,
    private readonly forkJob: ForkJob,
    private readonly warnings: JobWarnings,
  ) {}

  @Get('rollback-preview')
  @Operation({
    id: 'previewRollback',
    summary: 'Shows what a rollback would do; nothing is written',
    answer: RollbackPreviewAnswer,
    problems: [...REFUSALS, HttpStatus.TOO_MANY_REQUESTS],
  })
  preview(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() choice: CheckpointChoice,
  ): Promise<RollbackPreviewAnswer> {
    return this.rollBack.preview(tenantId, id, choice);
  }

  @Post('rollbacks')
  @Idempotent()
  @ApiParam({ name: 'id', type: String })
  @ordering('rollBack', 'Takes a job back to a checkpoint: bundle, configuration, state and offsets together')
  async order(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Body() request: RollbackRequest,
    @Trace() trace: TraceParent,
    @SeenVersion() expectedVersion: number | undefined,
    @Repeatable() requestId: RequestId | undefined,
  ): Promise<RollbackAnswer> {
    const by = { actor: caller.keyId, trace, requestId, expectedVersion };
    return showRollback(await this.rollBack.order(tenantId, id, request, by));
  }

  @Post('rollbacks/:rollbackId/undo')
  @Idempotent()
  @ApiParam({ name: 'id', type: String })
  @ordering('undoRollback', 'Takes a job back to where a rollback has left: the newest checkpoint of that timeline')
  async undo(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Param('rollbackId') rollbackId: string,
    @Body() { reason }: UndoRequest,
    @Trace() trace: TraceParent,
    @SeenVersion() expectedVersion: number | undefined,
    @Repeatable() requestId: RequestId | undefined,
  ): Promise<RollbackAnswer> {
    const by = { actor: caller.keyId, trace, requestId, reason, expectedVersion };
    return showRollback(await this.rollBack.undo(tenantId, id, rollbackId, by));
  }

  @Get('rollbacks')
  @Operation({
    id: 'listRollbacks',
    summary: 'Lists the rollbacks of a job, newest first',
    answer: RollbackPage,
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND],
  })
  async list(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() query: PageQuery,
  ): Promise<PageAnswer<RollbackAnswer>> {
    await existingJob(this.jobs.forTenant(tenantId), id);
    return pageOf(query, {
      cursor: rollbackCursor,
      read: (page) => this.recovery.forTenant(tenantId).listRollbacks(id, page),
      cursorOf: (rollback) => rollback.id,
      show: showRollback,
    });
  }

  @Get('rollbacks/:rollbackId')
  @Operation({
    id: 'getRollback',
    summary: 'Shows a rollback, and what has come of it',
    answer: RollbackAnswer,
    problems: [HttpStatus.NOT_FOUND],
  })
  async show(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Param('rollbackId') rollbackId: string,
  ): Promise<RollbackAnswer> {
    return showRollback(await existingRollback(this.recovery.forTenant(tenantId), id, rollbackId));
  }

  @Post('forks')
  @Idempotent()
  @ApiParam({ name: 'id', type: String })
  @Operation({
    id: 'forkJob',
    summary: 'Makes a new job that begins with state and offsets of a checkpoint of this one',
    status: HttpStatus.CREATED,
    answer: JobAnswer,
    problems: [
      ...REFUSALS,
      HttpStatus.PAYLOAD_TOO_LARGE,
      HttpStatus.UNPROCESSABLE_ENTITY,
      HttpStatus.TOO_MANY_REQUESTS,
    ],
  })
  async fork(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Body() request: ForkRequest,
    @Trace() trace: TraceParent,
    @Repeatable() requestId: RequestId | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobAnswer> {
    const job = await this.forkJob.run(tenantId, id, request, { actor: caller.keyId, trace, requestId });
    void reply.header('location', `/v1/jobs/${job.id}`);
    return showJob(job, await this.warnings.of(tenantId));
  }
}
