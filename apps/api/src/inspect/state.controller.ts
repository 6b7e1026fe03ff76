import { Controller, Get, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { CheckpointId, JobId, TenantId } from '@tidemark/domain';
import { Tenant } from '../tenancy/caller.js';
import { Operation } from '../transport/operation.js';
import type { PageAnswer } from '../transport/paging.js';
import { Answering, type Sending } from '../transport/sending.js';
import { CheckpointIdPipe, JobIdPipe } from './existing-job.js';
import { ReadState } from './read-state.js';
import {
  CheckpointDiffAnswer,
  StateDifferenceAnswer,
  StateDifferencePage,
  StatePage,
  StateRowAnswer,
} from './state.answers.js';
import { DifferenceListQuery, StateQuery } from './state.requests.js';

const reading = (id: string, summary: string, answer: new () => object): MethodDecorator =>
  Operation({
    ...{ id, summary, answer },
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND, HttpStatus.CONFLICT, HttpStatus.TOO_MANY_REQUESTS],
  });

/** The state that lies in a job's checkpoints. */
@ApiTags('state')
@Controller('v1/jobs/:id/checkpoints/:checkpointId')
export class StateController {
  constructor(private readonly state: ReadState) {}

  @Get('state')
  @reading('listState', 'Lists the state of an operator in a checkpoint, or of one key of it', StatePage)
  async list(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Param('checkpointId', CheckpointIdPipe) checkpointId: CheckpointId,
    @Query() query: StateQuery,
    @Answering() sending: Sending,
  ): Promise<PageAnswer<StateRowAnswer>> {
    return this.state.rows({ tenantId, id, sending }, checkpointId, query);
  }

  @Get('diff/:otherId')
  @reading('diffCheckpoints', 'Counts the keys that differ between two checkpoints of a job', CheckpointDiffAnswer)
  async counts(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Param('checkpointId', CheckpointIdPipe) checkpointId: CheckpointId,
    @Param('otherId', CheckpointIdPipe) otherId: CheckpointId,
    @Answering() sending: Sending,
  ): Promise<CheckpointDiffAnswer> {
    return this.state.counts({ tenantId, id, sending }, [checkpointId, otherId]);
  }

  @Get('diff/:otherId/keys')
  @reading('listDifferences', 'Lists the keys of an operator that differ between two checkpoints', StateDifferencePage)
  async differences(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Param('checkpointId', CheckpointIdPipe) checkpointId: CheckpointId,
    @Param('otherId', CheckpointIdPipe) otherId: CheckpointId,
    @Query() query: DifferenceListQuery,
    @Answering() sending: Sending,
  ): Promise<PageAnswer<StateDifferenceAnswer>> {
    return this.state.differences({ tenantId, id, sending }, [checkpointId, otherId], query);
  }
}
