import { Controller, Get, HttpStatus, Param, Query, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { JobStores, TidemarkError, type Caller, type JobId, type TenantId } from '@tidemark/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { By, Tenant } from '../tenancy/caller.js';
import { TextField } from '../transport/fields.js';
import { Operation } from '../transport/operation.js';
import { PageQuery, seqCursor, type PageAnswer } from '../transport/paging.js';
import { EventFeed } from './event-feed.js';
import { existingJob, JobIdPipe } from './existing-job.js';
import { EventPage, showEvent, type EventAnswer } from './history.answers.js';
import { serverSentEvents } from './server-sent-events.js';

const EVENT_STREAM = 'text/event-stream';

export class EventListQuery extends PageQuery {
  @TextField({
    optional: true,
    max: 80,
    description: 'Only events of this type, `revision.rolled_back` for example. Of a page, not of a stream.',
  })
  readonly type?: string;
}

@ApiTags('history')
@Controller('v1/jobs/:id/events')
export class EventsController {
  constructor(
    private readonly stores: JobStores,
    private readonly feed: EventFeed,
  ) {}

  @Get()
  @Operation({
    id: 'listEvents',
    summary: 'Lists the events after one, oldest first, or the newest; or streams them as they happen',
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND, HttpStatus.TOO_MANY_REQUESTS],
  })
  @ApiExtraModels(EventPage)
  @ApiOkResponse({
    description:
      'A page. With `Accept: text/event-stream` a stream that does not end: events carry their `seq` as id, and ' +
      'every batch that is committed meanwhile appears as `batch.committed`, without an id.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(EventPage) } },
      [EVENT_STREAM]: { schema: { type: 'string' } },
    },
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The stream begins after the event with this id; without it, with what happens next.',
    schema: { type: 'string' },
  })
  async events(
    @Tenant() tenantId: TenantId,
    @By() caller: Caller,
    @Param('id', JobIdPipe) jobId: JobId,
    @Query() query: EventListQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { accept, 'last-event-id': lastEventId } = request.headers;
    await existingJob(this.stores.forTenant(tenantId), jobId);
    if (accept?.includes(EVENT_STREAM) !== true) {
      void reply.send(await this.page(tenantId, jobId, query));
      return;
    }
    if (query.type !== undefined) {
      const problem = 'is for pages: a stream has all events';
      throw new TidemarkError('validation_failed', { problems: [{ field: 'type', problem }] });
    }
    const after = lastEventId ?? query.after;
    const afterSeq =
      after === undefined ? undefined : seqCursor(String(after), lastEventId === undefined ? 'after' : 'Last-Event-ID');
    const leave = await this.feed.follow({ tenantId, jobId, keyId: caller.keyId, afterSeq }, (from) =>
      serverSentEvents(reply, from),
    );
    reply.raw.once('close', leave);
    // Whoever went away while the feed looked for the beginning has been told of it already.
    if (reply.raw.destroyed) leave();
  }

  private async page(
    tenantId: TenantId,
    jobId: JobId,
    { after, limit, type }: EventListQuery,
  ): Promise<PageAnswer<EventAnswer>> {
    const afterSeq = after === undefined ? {} : { afterSeq: seqCursor(after, 'after') };
    const ofType = type === undefined ? {} : { type };
    const store = this.stores.forTenant(tenantId);
    const events = await store.listEvents(jobId, { ...afterSeq, ...ofType, limit });
    const last = after === undefined ? undefined : events.at(-1)?.seq;
    if (last === undefined) return { items: events.map(showEvent), next: null };
    const hasMore =
      events.length === limit || (await store.listEvents(jobId, { afterSeq: last, ...ofType, limit: 1 })).length > 0;
    return { items: events.map(showEvent), next: hasMore ? last : null };
  }
}
