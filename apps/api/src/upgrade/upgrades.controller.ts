import { Body, Controller, Get, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import {
  isId,
  JobStores,
  TidemarkError,
  type Caller,
  type JobId,
  type TenantId,
  type TraceParent,
} from '@tidemark/domain';
import { existingJob, JobIdPipe } from '../inspect/existing-job.js';
import { JobAnswer, showJob } from '../inspect/job.answer.js';
import { JobWarnings } from '../inspect/job-warnings.js';
import { deployedJob } from '../submit/deployed-job.js';
import { By, Tenant } from '../tenancy/caller.js';
import { SeenVersion } from '../transport/entity-tag.js';
import { Operation } from '../transport/operation.js';
import { pageOf, PageQuery, planCursor, type PageAnswer } from '../transport/paging.js';
import { Trace } from '../transport/trace.js';
import { existingPlan, PlanUpgrade } from './plan-upgrade.js';
import { showPlan, UpgradePlanAnswer, UpgradePlanPage } from './upgrade.answers.js';
import { UpgradePlanRequest } from '../submit/submit.requests.js';
import { UpgradeDecisionRequest } from './upgrade.requests.js';

const REFUSALS = [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND, HttpStatus.CONFLICT];

/** What an upgrade would do, before anything stops; and the answer to one that waits. */
@ApiTags('upgrades')
@Controller('v1/jobs/:id')
export class UpgradesController {
  constructor(
    private readonly stores: JobStores,
    private readonly plans: PlanUpgrade,
    private readonly warnings: JobWarnings,
  ) {}

  @Post('upgrade-plans')
  @ApiParam({ name: 'id', type: String })
  @Operation({
    id: 'planUpgrade',
    summary: 'Says what an upgrade would do, while the job goes on',
    status: HttpStatus.CREATED,
    answer: UpgradePlanAnswer,
    problems: [
      ...REFUSALS,
      HttpStatus.PAYLOAD_TOO_LARGE,
      HttpStatus.UNPROCESSABLE_ENTITY,
      HttpStatus.TOO_MANY_REQUESTS,
    ],
  })
  async plan(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Body() request: UpgradePlanRequest,
  ): Promise<UpgradePlanAnswer> {
    return showPlan(await this.plans.run(tenantId, id, request, caller.keyId));
  }

  @Get('upgrade-plans')
  @Operation({
    id: 'listUpgradePlans',
    summary: 'Lists the plans of a job, newest first',
    answer: UpgradePlanPage,
    problems: REFUSALS,
  })
  async list(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Query() query: PageQuery,
  ): Promise<PageAnswer<UpgradePlanAnswer>> {
    const store = this.stores.forTenant(tenantId);
    await existingJob(store, id);
    return pageOf(query, {
      cursor: planCursor,
      read: (page) => store.listPlans(id, page),
      cursorOf: (plan) => plan.id,
      show: showPlan,
    });
  }

  @Get('upgrade-plans/:planId')
  @Operation({
    id: 'getUpgradePlan',
    summary: 'Shows a plan',
    answer: UpgradePlanAnswer,
    problems: [HttpStatus.NOT_FOUND],
  })
  async show(
    @Tenant() tenantId: TenantId,
    @Param('id', JobIdPipe) id: JobId,
    @Param('planId') planId: string,
  ): Promise<UpgradePlanAnswer> {
    if (!isId('plan', planId)) throw new TidemarkError('thing_not_found', { thing: 'upgrade plan', id: planId });
    return showPlan(await existingPlan(this.stores.forTenant(tenantId), id, planId));
  }

  @Post('upgrade-decision')
  @Operation({
    id: 'decideUpgrade',
    summary: 'Decides what becomes of a revision that waits',
    status: HttpStatus.ACCEPTED,
    answer: JobAnswer,
    problems: REFUSALS,
    conditional: true,
  })
  async decide(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) id: JobId,
    @Body() { answer }: UpgradeDecisionRequest,
    @Trace() trace: TraceParent,
    @SeenVersion() expectedVersion: number | undefined,
  ): Promise<JobAnswer> {
    const by = { actor: caller.keyId, trace, expectedVersion };
    const decided = await this.stores.forTenant(tenantId).decideUpgrade(id, answer, by);
    return showJob(deployedJob(id, decided), await this.warnings.of(tenantId));
  }
}
