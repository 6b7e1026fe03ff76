import { Body, Controller, Get, HttpStatus, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RetentionStore, TenantStore } from '@tidemark/domain';
import { existingTenant } from '../tenancy/existing-tenant.js';
import { Operation } from '../transport/operation.js';
import {
  JOBS_SHOWN_MAX,
  LimitsAnswer,
  RetentionOrder,
  showLimits,
  showUsage,
  UsageAnswer,
} from './retention.answers.js';

/** The most that a tenant's jobs may keep, for the admin key. */
@ApiTags('tenants')
@Controller('v1/tenants/:id')
export class TenantRetentionController {
  constructor(
    private readonly retention: RetentionStore,
    private readonly tenants: TenantStore,
  ) {}

  @Get('retention')
  @Operation({
    id: 'getTenantRetention',
    summary: "Shows the most that a tenant's jobs may keep of their past",
    needs: 'admin',
    answer: LimitsAnswer,
    problems: [HttpStatus.NOT_FOUND],
  })
  async get(@Param('id') id: string): Promise<LimitsAnswer> {
    const { id: tenantId } = await existingTenant(this.tenants, id);
    return showLimits(await this.retention.ofTenant(tenantId));
  }

  @Put('retention')
  @Operation({
    id: 'setTenantRetention',
    summary: "Replaces the limits on what a tenant's jobs may keep of their past",
    needs: 'admin',
    answer: LimitsAnswer,
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND],
  })
  async set(@Param('id') id: string, @Body() limits: RetentionOrder): Promise<LimitsAnswer> {
    const { id: tenantId } = await existingTenant(this.tenants, id);
    await this.retention.setOfTenant(tenantId, limits);
    return showLimits(await this.retention.ofTenant(tenantId));
  }

  @Get('usage')
  @Operation({
    id: 'getTenantUsage',
    summary: "Shows what is stored of a tenant's checkpoints, for each job and in all",
    needs: 'admin',
    answer: UsageAnswer,
    problems: [HttpStatus.NOT_FOUND],
  })
  async usage(@Param('id') id: string): Promise<UsageAnswer> {
    const { id: tenantId } = await existingTenant(this.tenants, id);
    return showUsage(await this.retention.usage(tenantId, JOBS_SHOWN_MAX));
  }
}
