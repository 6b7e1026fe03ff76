import { Controller, Get, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { JobStores, type JobId, type JobStore, type TenantId } from '@tidemark/domain';
import { Tenant } from '../tenancy/caller.js';
import { INTEGER_MAX, WholeNumberField } from '../transport/fields.js';
import { Operation } from '../transport/operation.js';
import {
  batchCursor,
  checkpointCursor,
  decisionCursor,
  pageOf,
  PageQuery,
  revisionCursor,
  runCursor,
  type PageAnswer,
} from '../transport/paging.js';
import {
  BatchAnswer,
  BatchPage,
  CheckpointAnswer,
  CheckpointPage,
  showBatch,
  showCheckpoint,
} from './batch.answers.js';
import { fitsOf } from './checkpoint-fit.js';
import { existingJob, JobIdPipe } from './existing-job.js';
import {
  DecisionAnswer,
  DecisionPage,
  RevisionAnswer,
  RevisionPage,
  RunAnswer,
  RunPage,
  showDecision,
  showRevision,
  showRun,
} from './history.answers.js';

export class BatchListQuery extends PageQuery {
  @WholeNumberField({
    optional: true,
    inQuery: true,
    min: 1,
    max: INTEGER_MAX,
    description: "The timeline to list; by default the job's current one.",
  })
  readonly timeline?: number;
}

export class CheckpointListQuery extends PageQuery {
  @WholeNumberField({
    optional: true,
    inQuery: true,
    min: 1,
    max: INTEGER_MAX,
    description: 'Also says of each checkpoint what it is worth to this revision of the job.',
  })
  readonly revision?: number;
}

const listing = (id: string, summary: string, answer: new () => object): MethodDecorator =>
  Operation({ id, summary, answer, problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND] });

/** What happened to a job, one list for each kind of record, newest first. */
@ApiTags('history')
@Controller('v1/jobs/:id')
export class HistoryController {
  constructor(private readonly stores: JobStores) {}

  @Get('revisions')
  @listing('listRevisions', 'Lists the revisions of a job, newest first', RevisionPage)
  async revisions(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() query: PageQuery,
  ): Promise<PageAnswer<RevisionAnswer>> {
    const store = await this.storeWith(tenantId, id);
    return pageOf(query, {
      cursor: revisionCursor,
      read: (page) => store.listRevisions(id, page),
      cursorOf: ({ number }) => number,
      show: showRevision,
    });
  }

  @Get('runs')
  @listing('listRuns', 'Lists the runs of a job, newest first', RunPage)
  async runs(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() query: PageQuery,
  ): Promise<PageAnswer<RunAnswer>> {
    const store = await this.storeWith(tenantId, id);
    return pageOf(query, {
      cursor: runCursor,
      read: (page) => store.listRuns(id, page),
      cursorOf: (run) => run.id,
      show: showRun,
    });
  }

  @Get('batches')
  @listing('listBatches', 'Lists the batches of a timeline, newest first', BatchPage)
  async batches(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() query: BatchListQuery,
  ): Promise<PageAnswer<BatchAnswer>> {
    const store = await this.storeWith(tenantId, id);
    const timeline = query.timeline === undefined ? {} : { timeline: query.timeline };
    return pageOf(query, {
      cursor: batchCursor,
      read: (page) => store.listBatches(id, { ...page, ...timeline }),
      cursorOf: ({ plan }) => plan.batchId,
      show: showBatch,
    });
  }

  @Get('checkpoints')
  @listing('listCheckpoints', 'Lists the checkpoints of a job, newest first', CheckpointPage)
  async checkpoints(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() query: CheckpointListQuery,
  ): Promise<PageAnswer<CheckpointAnswer>> {
    const store = await this.storeWith(tenantId, id);
    const fits = query.revision === undefined ? () => undefined : await fitsOf(store, id, query.revision);
    return pageOf(query, {
      cursor: checkpointCursor,
      read: (page) => store.listCheckpoints(id, page),
      cursorOf: (checkpoint) => checkpoint.id,
      show: (checkpoint) => showCheckpoint(checkpoint, fits(checkpoint)),
    });
  }

  @Get('decisions')
  @listing('listDecisions', 'Lists the restore decisions of a job, newest first', DecisionPage)
  async decisions(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() query: PageQuery,
  ): Promise<PageAnswer<DecisionAnswer>> {
    const store = await this.storeWith(tenantId, id);
    return pageOf(query, {
      cursor: decisionCursor,
      read: (page) => store.listDecisions(id, page),
      cursorOf: (decision) => decision.id,
      show: showDecision,
    });
  }

  /** An empty list of a job that is there is not the same as a job that is not there. */
  private async storeWith(tenantId: TenantId, id: JobId): Promise<JobStore> {
    const store = this.stores.forTenant(tenantId);
    await existingJob(store, id);
    return store;
  }
}
