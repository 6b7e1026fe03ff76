import { Body, Controller, Delete, Get, HttpStatus, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller, JobId, TenantId, TraceParent } from '@tidemark/domain';
import { JobIdPipe } from '../inspect/existing-job.js';
import { By, Tenant } from '../tenancy/caller.js';
import { SeenVersion } from '../transport/entity-tag.js';
import { Operation } from '../transport/operation.js';
import { Trace } from '../transport/trace.js';
import { EditOffsets } from './edit-offsets.js';
import { OffsetEditAnswer, OffsetsAnswer } from './offsets.answers.js';
import { ForgetQuery, OffsetsRequest } from './offsets.requests.js';
import { ShowOffsets } from './show-offsets.js';

const REFUSALS = [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND, HttpStatus.CONFLICT, HttpStatus.TOO_MANY_REQUESTS];

const editing = (id: string, summary: string): MethodDecorator =>
  Operation({ id, summary, answer: OffsetEditAnswer, problems: REFUSALS, conditional: true });

/** Where a job goes on in its sources. */
@ApiTags('jobs')
@Controller('v1/jobs/:id')
export class OffsetsController {
  constructor(
    private readonly offsets: ShowOffsets,
    private readonly edits: EditOffsets,
  ) {}

  @Get('offsets')
  @Operation({
    id: 'getOffsets',
    summary: "Shows a job's committed offsets beside what its sources hold",
    answer: OffsetsAnswer,
    problems: [HttpStatus.NOT_FOUND, HttpStatus.TOO_MANY_REQUESTS],
  })
  get(@Tenant() tenantId: TenantId, @Param('id', JobIdPipe) id: JobId): Promise<OffsetsAnswer> {
    return this.offsets.ofJob(tenantId, id);
  }

  @Get('checkpoints/:checkpointId/offsets')
  @Operation({
    id: 'getCheckpointOffsets',
    summary: 'Shows the offsets of a checkpoint beside what the sources hold now',
    answer: OffsetsAnswer,
    problems: [HttpStatus.NOT_FOUND, HttpStatus.TOO_MANY_REQUESTS],
  })
  ofCheckpoint(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Param('checkpointId') checkpointId: string,
  ): Promise<OffsetsAnswer> {
    return this.offsets.ofCheckpoint(tenantId, id, checkpointId);
  }

  @Patch('offsets')
  @editing('setOffsets', 'Sets offsets of a job at rest; the next start goes on there, on a new timeline')
  set(
    @Tenant() tenantId: TenantId,
    @By() { keyId: actor }: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Trace() trace: TraceParent,
    @SeenVersion() expectedVersion: number | undefined,
    @Body() { offsets, state, dryRun }: OffsetsRequest,
  ): Promise<OffsetEditAnswer> {
    return this.edits.set(tenantId, id, offsets, { actor, trace, expectedVersion, state, dryRun });
  }

  @Delete('offsets')
  @editing('resetOffsets', 'Forgets offsets of a job at rest; the next start begins at the start of the sources')
  forget(
    @Tenant() tenantId: TenantId,
    @By() { keyId: actor }: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Trace() trace: TraceParent,
    @SeenVersion() expectedVersion: number | undefined,
    @Query() query: ForgetQuery,
  ): Promise<OffsetEditAnswer> {
    const { state, dryRun } = query;
    return this.edits.forget(tenantId, id, query, { actor, trace, expectedVersion, state, dryRun });
  }
}
