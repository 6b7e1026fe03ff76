import {
  identitiesSkipped,
  neverRead,
  offsetsSkipped,
  own,
  TidemarkError,
  type BatchPlan,
  type Clock,
  type PartitionOffsets,
  type PartitionRange,
  type SourceIdentities,
  type SourceOffsets,
  type SourceRanges,
} from '@tidemark/domain';
import { bytesPerSource } from '../batch-bounds.js';
import type { InputChunk, PlanRequest, Source } from '../ports.js';
import { BackPressureLimiter } from './back-pressure.js';
import { hasMissedTicks, nextBatchTime, rateWindowMs, type JobTiming } from './batch-time.js';
import { sameRanges, type BatchInput, type Position, type TimelineStart } from './resume.js';

type Ranges = { readonly [partition: string]: PartitionRange };
export interface Fullness {
  readonly bytes: number;
  /** Sources that gave so much of what they were allowed that they are taken to have more. */
  readonly saturatedSources: number;
  /** Whether some source is taken to have more, also by a bound of its own. */
  readonly hasMore: boolean;
}

type Ahead = { readonly ranges: Ranges; readonly chunks: Promise<readonly InputChunk[]> };

/** A source that gives this share of what it may is taken to have more. */
const SATURATED = 0.5;
/** So is one that gives this much, whatever it may: it may have a bound of its own. */
const MUCH_BYTES = 512 * 1024;
/** However slow a job is, a source may give this much: enough for some records of the usual length. */
const BYTES_PER_SOURCE_MIN = 4_096;

/**
 * Chooses what batches read, and reads one batch ahead. Nothing here is durable: what is chosen becomes the batch's plan
 * only once it is written, and what was read ahead is bytes in memory that count only if that plan names their ranges.
 *
 * Owner of all fields: the engine of one run.
 */
export class Planner {
  readonly limiter: BackPressureLimiter;
  private readonly ahead = new Map<string, { readonly batchId: number; readonly found: Promise<Ahead | undefined> }>();
  /** What was there when the run began, for a run that ends there. */
  private end: { readonly [uid: string]: PartitionOffsets } | undefined;
  private readonly sourceBytesMax: number;
  /** By batch, what a source was allowed when it was chosen; at most this batch and the two after it. */
  private readonly allowed = new Map<number, number>();

  constructor(
    private readonly sources: readonly Source[],
    private readonly timing: JobTiming,
    private readonly clock: Clock,
    private readonly begins: TimelineStart,
  ) {
    this.limiter = new BackPressureLimiter(timing.backPressure, timing.intervalMs);
    this.sourceBytesMax = bytesPerSource(sources.length);
  }

  /** Whether every source can be asked for a batch that may never be planned, or be planned otherwise. */
  get canPlanAhead(): boolean {
    return this.sources.every((source) => source.canPlanAhead === true);
  }

  /**
   * Chooses the batch after `position`. With `skip`, what came during a downtime is passed over: never what is to be read
   * again. The first batch of a timeline passes over nothing at all, because its predecessor's time says when the job went
   * through that place before, and not since when it is down.
   */
  async choose(position: Position, { skip = false }: { readonly skip?: boolean } = {}): Promise<BatchPlan> {
    const batch = this.batchAfter(position);
    const { batchId: beginsAfter, readBefore = {} } = this.begins;
    const isBehind = hasMissedTicks(this.timing, position.batchTimeMs, this.clock.nowMs());
    const isSkipping = skip && isBehind && position.batchId > beginsAfter;
    const skipped = isSkipping ? neverRead(await this.backlog(position), readBefore) : undefined;
    const before = {
      offsets: offsetsSkipped(position.offsets, { skipped }),
      identities: identitiesSkipped(position.identities, { skipped }),
    };
    const chosen = await Promise.all(
      this.sources.map(async (source) => {
        const { uid } = source;
        const ahead = skipped === undefined ? await this.aheadOf(uid, batch.batchId) : undefined;
        return [uid, ahead?.ranges ?? (await source.plan(this.request(batch, uid, before)))] as const;
      }),
    );
    const { timeline, batchId, batchTimeMs } = batch;
    const plan = { timeline, batchId, batchTimeMs, ranges: Object.fromEntries(chosen) };
    return skipped === undefined || isEmpty(skipped) ? plan : { ...plan, skipped };
  }

  /**
   * Begins to choose and to read the batch after `position`, from those sources that can be asked in vain. What goes
   * wrong is left to the choice that counts.
   */
  beginAhead(position: Position): void {
    this.ahead.clear();
    const batch = this.batchAfter(position);
    for (const source of this.sources) {
      if (source.canPlanAhead !== true) continue;
      const request = this.request(batch, source.uid, position);
      const found = readAhead(source, request).catch(() => undefined);
      this.ahead.set(source.uid, { batchId: batch.batchId, found });
    }
  }

  /** The input of a durable plan, which follows on `position`: what was read ahead where the plan names exactly that, and read now where not. */
  async read({ batchId, ranges, skipped }: BatchPlan, position: Position): Promise<BatchInput> {
    const identities = identitiesSkipped(position.identities, { skipped }) ?? {};
    const input = await Promise.all(
      this.sources.map(async (source) => {
        const { uid } = source;
        const planned = own(ranges, uid) ?? {};
        const ahead = await this.aheadOf(uid, batchId);
        const held = ahead !== undefined && sameRanges(ahead.ranges, planned) ? ahead.chunks : undefined;
        // Read again if reading ahead has failed: this time the error is the batch's.
        const chunks = (await held?.catch(() => undefined)) ?? (await source.read(planned, own(identities, uid)));
        return { uid, chunks };
      }),
    );
    this.ahead.clear();
    return input;
  }

  /** How full a batch is, once it is read: what back-pressure and reading ahead go by. */
  fullness({ batchId }: BatchPlan, input: BatchInput): Fullness {
    const allowed = this.allowed.get(batchId) ?? this.bytesMax;
    this.allowed.delete(batchId);
    const bytes = input.map(({ chunks }) => chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0));
    return {
      bytes: bytes.reduce((sum, each) => sum + each, 0),
      saturatedSources: bytes.filter((each) => each >= SATURATED * allowed).length,
      hasMore: bytes.some((each) => each >= Math.min(SATURATED * allowed, MUCH_BYTES)),
    };
  }

  /** Fixes what a run does that ends by itself, once: what is there now. */
  async fixEnd(position: Position): Promise<void> {
    if (this.end !== undefined) return;
    const there = await this.backlog(position);
    this.end = mapValues(there, (partitions) => mapValues(partitions, ({ to }) => to));
  }

  reachedEnd({ offsets }: Position): boolean {
    return Object.entries(this.end ?? {}).every(([uid, partitions]) =>
      Object.entries(partitions).every(([partition, to]) => {
        const reached = own(own(offsets, uid) ?? {}, partition);
        return reached !== undefined && reached >= to;
      }),
    );
  }

  /** Everything that is there and was not read yet. */
  private async backlog({ offsets, identities = {} }: Position): Promise<SourceRanges> {
    const found = await Promise.all(
      this.sources.map(async (source) => {
        const { uid } = source;
        if (source.backlog === undefined) {
          const reason = 'this source cannot tell how much waits in it, which the trigger or downtime policy needs';
          throw new TidemarkError('connector_refused', { uid, reason });
        }
        return [uid, await source.backlog(own(offsets, uid) ?? {}, own(identities, uid))] as const;
      }),
    );
    return Object.fromEntries(found);
  }

  private batchAfter({
    timeline,
    batchId,
    batchTimeMs: previousMs,
  }: Position): Omit<PlanRequest, 'from' | 'identities' | 'until'> {
    const batchTimeMs = nextBatchTime(this.timing, previousMs, this.clock.nowMs());
    const intervalMs = rateWindowMs(this.timing, previousMs, batchTimeMs);
    const { bytesMax } = this;
    if (!this.allowed.has(batchId + 1)) this.allowed.set(batchId + 1, bytesMax);
    return { timeline, batchId: batchId + 1, batchTimeMs, intervalMs, bytesMax };
  }

  private request(
    batch: Omit<PlanRequest, 'from' | 'identities' | 'until'>,
    uid: string,
    {
      offsets,
      identities = {},
    }: { readonly offsets: SourceOffsets; readonly identities?: SourceIdentities | undefined },
  ): PlanRequest {
    const until = this.end === undefined ? {} : { until: own(this.end, uid) ?? {} };
    return { ...batch, from: own(offsets, uid) ?? {}, identities: own(identities, uid), ...until };
  }

  private get bytesMax(): number {
    return Math.min(this.sourceBytesMax, Math.max(BYTES_PER_SOURCE_MIN, this.limiter.bytesPerSource));
  }

  private aheadOf(uid: string, batchId: number): Promise<Ahead | undefined> | undefined {
    const ahead = this.ahead.get(uid);
    return ahead?.batchId === batchId ? ahead.found : undefined;
  }
}

async function readAhead(source: Source, request: PlanRequest): Promise<Ahead | undefined> {
  const ranges = await source.plan(request);
  // What comes meanwhile must not wait for the batch after the next.
  if (Object.keys(ranges).length === 0) return undefined;
  const chunks = source.read(ranges, request.identities);
  chunks.catch(() => undefined);
  return { ranges, chunks };
}

/** Whether the batch has anything to read or to pass over. */
export const hasInput = ({
  ranges,
  skipped = {},
  redriven = [],
}: Pick<BatchPlan, 'ranges' | 'skipped' | 'redriven'>): boolean =>
  !isEmpty(ranges) || !isEmpty(skipped) || redriven.length > 0;

const isEmpty = (ranges: SourceRanges): boolean =>
  Object.values(ranges).every((partitions) => Object.keys(partitions).length === 0);

const mapValues = <A, B>(
  object: { readonly [name: string]: A },
  change: (value: A) => B,
): { readonly [name: string]: B } =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/** Whether the next batch should be read while this one runs: only if it will be due as soon as this one is done. */
export function isNextDueAtOnce(
  timing: JobTiming,
  batch: { readonly dueMs: number; readonly nowMs: number; readonly hasMore: boolean },
): boolean {
  switch (timing.trigger) {
    case 'interval':
      return batch.nowMs >= batch.dueMs;
    case 'asap':
      // In step with its sources it would read less, sooner, and leave more for the batch after.
      return batch.hasMore;
    case 'available-now':
      return true;
    case 'once':
      return false;
  }
}
