import { Body, Controller, Get, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import {
  DeadLetterStores,
  isId,
  JobStores,
  TidemarkError,
  type Caller,
  type DeadLetterChoice,
  type DeadLetterId,
  type DeadLettersOrdered,
  type JobId,
  type TenantId,
} from '@tidemark/domain';
import { existingJob, JobIdPipe } from '../inspect/existing-job.js';
import { By, Tenant } from '../tenancy/caller.js';
import { Idempotent } from '../transport/idempotency.js';
import { Operation } from '../transport/operation.js';
import { deadLetterCursor, pageOf, type PageAnswer } from '../transport/paging.js';
import {
  DeadLetterPage,
  DeadLetterRecordAnswer,
  DeadLettersOrderedAnswer,
  showDeadLetter,
  type DeadLetterAnswer,
} from './dead-letters.answers.js';
import { DeadLetterQuery, DeadLetterRequest } from './dead-letters.requests.js';

const REFUSALS = [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND, HttpStatus.CONFLICT];

/** Records that a job could not take, set aside with their error and their bytes. */
@ApiTags('dead-letters')
@Controller('v1/jobs/:id/dead-letters')
export class DeadLettersController {
  constructor(
    private readonly jobs: JobStores,
    private readonly letters: DeadLetterStores,
  ) {}

  @Get()
  @Operation({
    id: 'listDeadLetters',
    summary: 'Lists the dead letters of a job, newest first',
    answer: DeadLetterPage,
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND],
  })
  async list(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() query: DeadLetterQuery,
  ): Promise<PageAnswer<DeadLetterAnswer>> {
    await existingJob(this.jobs.forTenant(tenantId), id);
    const { source, code, status } = query;
    return pageOf(query, {
      cursor: deadLetterCursor,
      read: (page) => this.letters.forTenant(tenantId).list(id, { source, code, status }, page),
      cursorOf: (letter) => letter.id,
      show: showDeadLetter,
    });
  }

  @Get(':letterId')
  @Operation({
    id: 'getDeadLetter',
    summary: 'Shows a dead letter with the bytes of its record',
    answer: DeadLetterRecordAnswer,
    problems: [HttpStatus.NOT_FOUND],
  })
  async show(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Param('letterId') letterId: string,
  ): Promise<DeadLetterRecordAnswer> {
    const found = isId('deadLetter', letterId) ? await this.letters.forTenant(tenantId).find(id, letterId) : undefined;
    if (found === undefined) throw noSuchLetter(letterId);
    return { ...showDeadLetter(found.letter), bytes: Buffer.from(found.bytes).toString('base64') };
  }

  @Post('redrive')
  @Idempotent()
  @ApiParam({ name: 'id', type: String })
  @Operation({
    id: 'redriveDeadLetters',
    summary: 'Has the next batches of a job read records again that were set aside, each exactly once',
    status: HttpStatus.ACCEPTED,
    answer: DeadLettersOrderedAnswer,
    problems: REFUSALS,
  })
  async redrive(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Body() request: DeadLetterRequest,
  ): Promise<DeadLettersOrderedAnswer> {
    const by = { actor: caller.keyId };
    return ordered(id, await this.letters.forTenant(tenantId).redrive(id, choiceIn(request), by));
  }

  @Post('discard')
  @Idempotent()
  @ApiParam({ name: 'id', type: String })
  @Operation({
    id: 'discardDeadLetters',
    summary: 'Settles dead letters that wait without reading their records again',
    status: HttpStatus.OK,
    answer: DeadLettersOrderedAnswer,
    problems: REFUSALS,
  })
  async discard(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Body() request: DeadLetterRequest,
  ): Promise<DeadLettersOrderedAnswer> {
    const by = { actor: caller.keyId };
    return ordered(id, await this.letters.forTenant(tenantId).discard(id, choiceIn(request), by));
  }
}

function choiceIn({ letters, all }: DeadLetterRequest): DeadLetterChoice {
  if (letters !== undefined && all === undefined) return { ids: letters as readonly DeadLetterId[] };
  if (all !== undefined && letters === undefined) return { all: { source: all.source, code: all.code } };
  const problem = 'must be given, or "all" must, and not both';
  throw new TidemarkError('validation_failed', { problems: [{ field: 'letters', problem }] });
}

function ordered(jobId: JobId, answer: DeadLettersOrdered): DeadLettersOrderedAnswer {
  switch (answer.outcome) {
    case 'ordered':
      return { letters: answer.letters, passedOver: answer.passedOver };
    case 'letter_not_found':
      throw noSuchLetter(answer.id);
    case 'cancelled':
      throw new TidemarkError('job_is_cancelled', { jobId });
    case 'not_found':
      throw new TidemarkError('thing_not_found', { thing: 'job', id: jobId });
  }
}

const noSuchLetter = (id: string): TidemarkError => new TidemarkError('thing_not_found', { thing: 'dead letter', id });
