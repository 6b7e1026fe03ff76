import { Controller, Get, HttpStatus, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditTrail, tenantOfCaller, type Caller } from '@tidemark/domain';
import { By } from '../tenancy/caller.js';
import { Operation } from '../transport/operation.js';
import { auditCursor, pageOf, type PageAnswer } from '../transport/paging.js';
import { AuditEventPage, showAuditEvent, type AuditEventAnswer } from './audit.answers.js';
import { AuditQuery } from './audit.requests.js';

/** What was asked of the service, by whom. It can be read, and nothing else. */
@ApiTags('audit')
@Controller('v1/audit-events')
export class AuditEventsController {
  constructor(private readonly trail: AuditTrail) {}

  @Get()
  @Operation({
    id: 'listAuditEvents',
    summary:
      "Lists what was asked of the service for a tenant, or, to an admin's key that names none, for all; newest first",
    needs: 'any_key',
    answer: AuditEventPage,
    problems: [HttpStatus.BAD_REQUEST],
  })
  list(@By() caller: Caller, @Query() query: AuditQuery): Promise<PageAnswer<AuditEventAnswer>> {
    const { job: jobId, actor, operation } = query;
    const filter = { tenantId: tenantOfCaller(caller), jobId, actor, operation };
    return pageOf(query, {
      cursor: auditCursor,
      read: (page) => this.trail.list(filter, page),
      cursorOf: ({ id }) => id,
      show: showAuditEvent,
    });
  }
}
