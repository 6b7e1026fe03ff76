import { Controller, Get, HttpStatus, Param, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { TidemarkError, type CheckpointId, type JobId, type TenantId } from '@tidemark/domain';
import { CheckpointIdPipe, JobIdPipe } from '../inspect/existing-job.js';
import { Tenant } from '../tenancy/caller.js';
import { INTEGER_MAX } from '../transport/fields.js';
import { Operation } from '../transport/operation.js';
import { Answering, type Sending } from '../transport/sending.js';
import { ReadCode } from './read-code.js';
import { ReadInput } from './read-input.js';
import { ReadObjects } from './read-objects.js';
import { BatchInputAnswer, BundleCodeAnswer, CheckpointObjectsAnswer, showInput } from './replay.answers.js';

const BYTES = 'application/octet-stream';
const REFUSALS = [HttpStatus.NOT_FOUND, HttpStatus.CONFLICT, HttpStatus.TOO_MANY_REQUESTS];

/** What it takes to run a job's batches again somewhere else: its code, its state and what its batches have read. */
@ApiTags('replay')
@Controller('v1')
export class ReplayController {
  constructor(
    private readonly bundles: ReadCode,
    private readonly inputs: ReadInput,
    private readonly checkpoints: ReadObjects,
  ) {}

  @Get('bundles/:digest/code')
  @Operation({
    id: 'getBundleCode',
    summary: 'Hands out the JavaScript of a bundle, and its source map',
    answer: BundleCodeAnswer,
    problems: [HttpStatus.NOT_FOUND, HttpStatus.TOO_MANY_REQUESTS],
  })
  code(
    @Tenant() tenantId: TenantId,
    @Param('digest') digest: string,
    @Answering() sending: Sending,
  ): Promise<BundleCodeAnswer> {
    return this.bundles.run(tenantId, digest, sending);
  }

  @Get('jobs/:id/checkpoints/:checkpointId/objects')
  @Operation({
    id: 'listCheckpointObjects',
    summary: 'Lists the stored objects that a restore of a checkpoint reads',
    answer: CheckpointObjectsAnswer,
    problems: REFUSALS,
  })
  async list(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) jobId: JobId,
    @Param('checkpointId', CheckpointIdPipe) checkpointId: CheckpointId,
  ): Promise<CheckpointObjectsAnswer> {
    const { checkpoint, objects } = await this.checkpoints.list({ tenantId, jobId, checkpointId });
    return { path: checkpoint.path, manifestSha256: checkpoint.manifestSha256, objects };
  }

  @Get('jobs/:id/checkpoints/:checkpointId/objects/:sha256')
  @Operation({ id: 'getCheckpointObject', summary: 'Hands out a stored object of a checkpoint', problems: REFUSALS })
  @ApiOkResponse({
    description: 'The bytes as they are stored; docs/formats says what they mean.',
    content: { [BYTES]: { schema: { type: 'string', format: 'binary' } } },
  })
  async object(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) jobId: JobId,
    @Param('checkpointId', CheckpointIdPipe) checkpointId: CheckpointId,
    @Param('sha256') sha256: string,
    @Answering() sending: Sending,
  ): Promise<StreamableFile> {
    const bytes = await this.checkpoints.one({ tenantId, jobId, checkpointId }, sha256, sending);
    return new StreamableFile(bytes, { type: BYTES, length: bytes.length });
  }

  @Get('jobs/:id/batches/:timeline/:batchId/input')
  @Operation({
    id: 'getBatchInput',
    summary: 'Reads again what a committed batch has read, and hands it out',
    answer: BatchInputAnswer,
    problems: [...REFUSALS, HttpStatus.BAD_REQUEST, HttpStatus.UNPROCESSABLE_ENTITY],
  })
  async input(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) jobId: JobId,
    @Param('timeline') timeline: string,
    @Param('batchId') batchId: string,
    @Answering() sending: Sending,
  ): Promise<BatchInputAnswer> {
    const at = { timeline: numberIn(timeline, INTEGER_MAX), batchId: numberIn(batchId, Number.MAX_SAFE_INTEGER - 1) };
    if (at.timeline === undefined || at.batchId === undefined)
      throw new TidemarkError('thing_not_found', { thing: 'committed batch', id: `${timeline}/${batchId}` });
    const batch = { timeline: at.timeline, batchId: at.batchId };
    return showInput(await this.inputs.run(tenantId, jobId, batch, sending));
  }
}

/** A number within what the database counts with; one that cannot be a timeline or a batch names none. */
const numberIn = (text: string, max: number): number | undefined =>
  /^[1-9]\d{0,15}$/.test(text) && Number(text) <= max ? Number(text) : undefined;
