import { Body, Controller, Delete, Get, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import {
  IdSource,
  isId,
  JobStores,
  RecoveryStores,
  SAVEPOINTS_MAX,
  TidemarkError,
  type Caller,
  type JobId,
  type RequestId,
  type Savepoint,
  type SavepointRequested,
  type TenantId,
  type TraceParent,
} from '@tidemark/domain';
import { existingJob, JobIdPipe } from '../inspect/existing-job.js';
import { By, Tenant } from '../tenancy/caller.js';
import { Idempotent, Repeatable } from '../transport/idempotency.js';
import { Operation } from '../transport/operation.js';
import { pageOf, PageQuery, savepointCursor, type PageAnswer } from '../transport/paging.js';
import { Trace } from '../transport/trace.js';
import { existingSavepoint, noSuchSavepoint } from './existing-recovery.js';
import { SavepointAnswer, SavepointPage, showSavepoint } from './recover.answers.js';
import { SavepointRequest } from './recover.requests.js';

const REFUSALS = [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND, HttpStatus.CONFLICT, HttpStatus.TOO_MANY_REQUESTS];

/** Checkpoints that somebody asked for: they have a name, and are kept until they are deleted. */
@ApiTags('recovery')
@Controller('v1/jobs/:id/savepoints')
export class SavepointsController {
  constructor(
    private readonly jobs: JobStores,
    private readonly recovery: RecoveryStores,
    private readonly ids: IdSource,
  ) {}

  @Post()
  @Idempotent()
  @ApiParam({ name: 'id', type: String })
  @Operation({
    id: 'requestSavepoint',
    summary: 'Asks for a savepoint: a checkpoint with a name, which is kept until it is deleted',
    status: HttpStatus.ACCEPTED,
    answer: SavepointAnswer,
    problems: REFUSALS,
  })
  async request(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Body() { label }: SavepointRequest,
    @Trace() trace: TraceParent,
    @Repeatable() requestId: RequestId | undefined,
  ): Promise<SavepointAnswer> {
    const savepoint = { id: this.ids.next('savepoint'), label };
    const by = { actor: caller.keyId, trace, requestId };
    return showSavepoint(requested(id, await this.recovery.forTenant(tenantId).requestSavepoint(id, savepoint, by)));
  }

  @Get()
  @Operation({
    id: 'listSavepoints',
    summary: 'Lists the savepoints of a job, newest first',
    answer: SavepointPage,
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND],
  })
  async list(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() query: PageQuery,
  ): Promise<PageAnswer<SavepointAnswer>> {
    await existingJob(this.jobs.forTenant(tenantId), id);
    return pageOf(query, {
      cursor: savepointCursor,
      read: (page) => this.recovery.forTenant(tenantId).listSavepoints(id, page),
      cursorOf: (savepoint) => savepoint.id,
      show: showSavepoint,
    });
  }

  @Get(':savepointId')
  @Operation({
    id: 'getSavepoint',
    summary: 'Shows a savepoint',
    answer: SavepointAnswer,
    problems: [HttpStatus.NOT_FOUND],
  })
  async show(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Param('savepointId') savepointId: string,
  ): Promise<SavepointAnswer> {
    return showSavepoint(await existingSavepoint(this.recovery.forTenant(tenantId), id, savepointId));
  }

  @Delete(':savepointId')
  @Operation({
    id: 'deleteSavepoint',
    summary: 'Lets go of a savepoint: its checkpoint is kept or collected like any other from then on',
    status: HttpStatus.NO_CONTENT,
    problems: [HttpStatus.NOT_FOUND],
  })
  async release(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Param('savepointId') savepointId: string,
  ): Promise<void> {
    const isReleased =
      isId('savepoint', savepointId) &&
      (await this.recovery.forTenant(tenantId).releaseSavepoint(id, savepointId, { actor: caller.keyId }));
    if (!isReleased) throw noSuchSavepoint(savepointId);
  }
}

function requested(jobId: JobId, answer: SavepointRequested): Savepoint {
  switch (answer.outcome) {
    case 'requested':
      return answer.savepoint;
    case 'cancelled':
      throw new TidemarkError('job_is_cancelled', { jobId });
    case 'too_many':
      throw new TidemarkError('savepoints_too_many', { jobId, max: SAVEPOINTS_MAX });
    case 'no_state': {
      const { status, lastBatchId, newestBatchId, areOffsetsSet } = answer;
      const newest = newestBatchId === undefined ? {} : { checkpointBatchId: newestBatchId };
      throw new TidemarkError('savepoint_not_possible', { jobId, status, lastBatchId, areOffsetsSet, ...newest });
    }
    case 'not_found':
      throw new TidemarkError('thing_not_found', { thing: 'job', id: jobId });
  }
}
