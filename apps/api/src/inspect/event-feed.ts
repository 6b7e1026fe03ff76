import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import {
  JobStores,
  TenantStore,
  TidemarkError,
  type ApiKeyId,
  type BatchPosition,
  type BatchRecord,
  type JobEventRecord,
  type JobId,
  type JobStore,
  type TenantId,
} from '@tidemark/domain';
import { BEFORE_ALL, isAfter, positionOf } from './batch-position.js';

const POLL_MS = 200;
const JOBS_AT_ONCE = 4;
const EVENTS_PER_POLL = 100;
const BATCHES_PER_POLL = 100;
const HEARTBEAT_MS = 15_000;

/** What a stream is written to. */
export interface StreamSink {
  event(event: JobEventRecord): void;
  batch(batch: BatchRecord): void;
  heartbeat(): void;
  end(): void;
}

interface Stream {
  readonly jobId: JobId;
  readonly tenantId: TenantId;
  readonly keyId: ApiKeyId;
  readonly sink: StreamSink;
  heartbeatMs: number;
  /** Sequence number of the last event sent. */
  afterSeq: string;
  /** The newest batch that the stream knows of; undefined until the first look. */
  afterBatch: BatchPosition | undefined;
}

/** How many streams may be open: for all keys together, and for one. */
export class StreamBounds {
  constructor(
    readonly max: number,
    readonly perKeyMax: number,
  ) {}
}

/**
 * Follows the jobs of all open streams with one poller. Streams at the same place share a query. Every event is sent
 * once and in order. Batches are sent as they are committed; a stream that was resumed does not make up for any. A
 * stream ends when its key is revoked: that is looked for before anything is sent.
 */
@Injectable()
export class EventFeed implements BeforeApplicationShutdown {
  private readonly log = new Logger('events');
  private readonly streams = new Set<Stream>();
  private polling: Promise<void> | undefined;

  constructor(
    private readonly stores: JobStores,
    private readonly tenants: TenantStore,
    private readonly bounds: StreamBounds,
  ) {}

  /**
   * Begins to follow a job after `afterSeq`, or from now on. `openSink` is told after which event that is. Returns how
   * to leave. Throws `too_many_at_once`.
   */
  async follow(
    stream: Pick<Stream, 'jobId' | 'tenantId' | 'keyId'> & { readonly afterSeq: string | undefined },
    openSink: (afterSeq: string) => StreamSink,
  ): Promise<() => void> {
    const { jobId, tenantId, keyId } = stream;
    this.admit(keyId);
    const afterSeq = stream.afterSeq ?? (await this.newestSeq(tenantId, jobId));
    // Asked twice, because others were admitted while the query ran.
    this.admit(keyId);
    const nowMs = performance.now();
    const opened = { jobId, tenantId, keyId, afterSeq, afterBatch: undefined, heartbeatMs: nowMs };
    const followed: Stream = { ...opened, sink: openSink(afterSeq) };
    this.streams.add(followed);
    this.polling ??= this.poll();
    return () => this.streams.delete(followed);
  }

  /** An open stream would keep the server from closing. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const stream of this.streams) this.end(stream);
    await this.polling;
  }

  private admit(keyId: ApiKeyId): void {
    const ofKey = [...this.streams].filter((stream) => stream.keyId === keyId).length;
    if (ofKey >= this.bounds.perKeyMax) throw tooMany(this.bounds.perKeyMax);
    if (this.streams.size >= this.bounds.max) throw tooMany(this.bounds.max);
  }

  private async newestSeq(tenantId: TenantId, jobId: JobId): Promise<string> {
    const [newest] = await this.stores.forTenant(tenantId).listEvents(jobId, { limit: 1 });
    return newest?.seq ?? '0';
  }

  private async poll(): Promise<void> {
    let failing = false;
    while (this.streams.size > 0) {
      try {
        await this.pollOnce();
        failing = false;
      } catch (error) {
        // The streams stay: whatever is missed now is sent when the store answers again.
        if (!failing) this.log.warn('Events cannot be read', { reason: String(error) });
        failing = true;
      }
      await delay(POLL_MS);
    }
    this.polling = undefined;
  }

  private async pollOnce(): Promise<void> {
    await this.endRevoked();
    const jobs = [...groupBy(this.streams, ({ tenantId, jobId }) => `${tenantId}/${jobId}`).values()];
    for (let at = 0; at < jobs.length; at += JOBS_AT_ONCE) {
      await Promise.all(jobs.slice(at, at + JOBS_AT_ONCE).map((streams) => this.pollJob(streams)));
    }
  }

  private async endRevoked(): Promise<void> {
    const revoked = await this.tenants.revokedAmong([...new Set([...this.streams].map(({ keyId }) => keyId))]);
    for (const stream of this.streams) if (revoked.has(stream.keyId)) this.end(stream);
  }

  /** Brings all streams of one job up to date. */
  private async pollJob(streams: readonly Stream[]): Promise<void> {
    const [first] = streams;
    if (first === undefined) return;
    const store = this.stores.forTenant(first.tenantId);
    for (const [afterSeq, together] of groupBy(streams, (stream) => stream.afterSeq)) {
      const events = await store.listEvents(first.jobId, { afterSeq, limit: EVENTS_PER_POLL });
      for (const stream of together) sendEvents(stream, events);
    }
    await this.pollBatches(store, first.jobId, streams);
    await this.keepUp(streams, async () => (await store.find(first.jobId)) !== undefined);
  }

  /** A batch tells of every partition that it reads: only those are read that a stream has not sent. */
  private async pollBatches(store: JobStore, jobId: JobId, streams: readonly Stream[]): Promise<void> {
    const newest = await store.newestCommitted(jobId);
    for (const stream of streams) stream.afterBatch ??= newest ?? BEFORE_ALL;
    const behind = streams.filter(({ afterBatch = BEFORE_ALL }) => newest !== undefined && isAfter(newest, afterBatch));
    const places = groupBy(behind, ({ afterBatch = BEFORE_ALL }) => `${afterBatch.timeline}/${afterBatch.batchId}`);
    for (const together of places.values()) {
      const after = together[0]?.afterBatch ?? BEFORE_ALL;
      const batches = await store.listCommitted(jobId, { after, limit: BATCHES_PER_POLL });
      for (const stream of together) sendBatches(stream, batches);
    }
  }

  /** Heartbeats, and the end of streams whose job is gone. */
  private async keepUp(streams: readonly Stream[], jobExists: () => Promise<boolean>): Promise<void> {
    const nowMs = performance.now();
    const due = streams.filter((stream) => nowMs - stream.heartbeatMs >= HEARTBEAT_MS);
    if (due.length === 0) return;
    const exists = await jobExists();
    for (const stream of due) {
      stream.heartbeatMs = nowMs;
      if (exists) stream.sink.heartbeat();
      else this.end(stream);
    }
  }

  private end(stream: Stream): void {
    this.streams.delete(stream);
    stream.sink.end();
  }
}

function sendEvents(stream: Stream, events: readonly JobEventRecord[]): void {
  for (const event of events) {
    stream.sink.event(event);
    stream.afterSeq = event.seq;
  }
}

function sendBatches(stream: Stream, batches: readonly BatchRecord[]): void {
  for (const batch of batches) {
    stream.sink.batch(batch);
    stream.afterBatch = positionOf(batch);
  }
}

function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

const tooMany = (max: number): TidemarkError => new TidemarkError('too_many_at_once', { what: 'event streams', max });
