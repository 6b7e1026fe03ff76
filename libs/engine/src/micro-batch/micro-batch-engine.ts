import { offsetsAfter, own, TidemarkError, type BatchCommit, type BatchPlan, type Clock } from '@tidemark/domain';
import { bytesPerSource } from '../batch-bounds.js';
import type { BatchLog, Fenced, HeldBack, GraphOutput, GraphRuntime, Sink, Source, StateSnapshot } from '../ports.js';
import { assertFollows, decideResume, positionAfter, type Position } from './resume.js';

export interface MicroBatchPorts {
  readonly log: BatchLog;
  readonly graph: GraphRuntime;
  readonly sources: readonly Source[];
  readonly sinks: readonly Sink[];
  readonly clock: Clock;
}

export interface CommittedBatch {
  readonly outcome: 'committed';
  readonly plan: BatchPlan;
  readonly commit: BatchCommit;
  readonly output: GraphOutput;
}

export interface Resumed {
  readonly outcome: 'resumed';
  /** Batches run again for their state alone. */
  readonly rebuilt: readonly number[];
  /** The batch that a former run had planned and not committed. */
  readonly finished: CommittedBatch | undefined;
}

/**
 * The micro-batch protocol of one job, for one run. For every batch, in this order:
 *
 * 1. plan: fix what is read and its time; durable before anything is read
 * 2. execute: read exactly the planned ranges, run the graph
 * 3. sinks: hand over the output under the batch's identity; a sink drops what it already holds
 * 4. commit: the proof that the batch is finished, and the plan of the next one where that is due already
 *
 * Whatever dies between two steps, the next run does the same plan again and gets the same output. A port that answers
 * `fenced` ends the run: the engine must not be used after that.
 *
 * Owner of all fields: the one caller, who awaits each call before the next.
 */
export class MicroBatchEngine {
  private position: Position;
  private open: BatchPlan | undefined;

  constructor(
    private readonly ports: MicroBatchPorts,
    private readonly intervalMs: number,
    /** Where the restored state stands. The graph holds exactly that state. */
    restored: Position,
  ) {
    this.position = restored;
  }

  /** Rebuilds the state up to the log's end, and finishes the batch that was left open. Call once, first. */
  async resume(): Promise<Resumed | Fenced> {
    const rebuilt: number[] = [];
    let finished: CommittedBatch | undefined;
    for (const { kind, plan } of decideResume(this.position, await this.ports.log.after(this.position.batchId))) {
      if (kind === 'rebuild') {
        await this.execute(plan);
        this.position = positionAfter(this.position, plan);
        rebuilt.push(plan.batchId);
      } else {
        this.open = plan;
        const result = await this.finish(plan, { planAhead: false });
        if (result.outcome === 'fenced') return result;
        finished = result;
      }
    }
    return { outcome: 'resumed', rebuilt, finished };
  }

  /** How long until the next batch is due, by the wall clock; 0 when a plan is open or the time has come. */
  msUntilNextBatch(): number {
    if (this.open !== undefined || this.position.batchTimeMs === undefined) return 0;
    // A clock that was set back, or another host's, must not put the job to sleep for longer than an interval.
    const untilTickMs = this.position.batchTimeMs + this.intervalMs - this.ports.clock.nowMs();
    return Math.min(this.intervalMs, Math.max(0, untilTickMs));
  }

  /** Whether a plan is durable and not yet committed. */
  get hasOpenPlan(): boolean {
    return this.open !== undefined;
  }

  get lastBatchId(): number {
    return this.position.batchId;
  }

  /**
   * Runs one batch, the open one if there is one. With `planAhead` the commit carries the next plan when that batch is
   * due already, which saves a round trip while catching up.
   */
  async runBatch(options: { readonly planAhead: boolean }): Promise<CommittedBatch | HeldBack | Fenced> {
    let plan = this.open;
    if (plan === undefined) {
      const written = await this.ports.log.plan(await this.choosePlan(this.position));
      if (written.outcome !== 'planned') return written;
      plan = written.plan;
      assertFollows(this.position, plan);
      this.open = plan;
    }
    return this.finish(plan, options);
  }

  /** Freezes the state as of the last committed batch. No batch runs meanwhile; its blocks are pulled while later ones do. */
  async snapshot(kind: StateSnapshot['kind']): Promise<StateSnapshot> {
    const { timeline, batchId, batchTimeMs, offsets } = this.position;
    if (batchTimeMs === undefined) throw new Error('A job without a committed batch has nothing to check-point.');
    const pendingPlans = this.open === undefined ? [] : [this.open];
    const blocks = await this.ports.graph.snapshot(kind);
    return { timeline, batchId, batchTimeMs, offsets, pendingPlans, kind, next: () => blocks.next() };
  }

  private async finish(plan: BatchPlan, options: { readonly planAhead: boolean }): Promise<CommittedBatch | Fenced> {
    const { clock, log } = this.ports;
    const startedMs = clock.nowMs();
    const output = await this.execute(plan);
    await this.writeToSinks(plan, output);

    const after = positionAfter(this.position, plan);
    const commit: BatchCommit = {
      timeline: plan.timeline,
      batchId: plan.batchId,
      nextOffsets: offsetsAfter(this.position.offsets, plan),
      recordsIn: output.recordsIn,
      recordsOut: [...output.sinks.values()].reduce((sum, { rows }) => sum + rows, 0),
      recordsSkipped: output.recordsSkipped,
      processingMs: Math.max(0, clock.nowMs() - startedMs),
      schedulingDelayMs: Math.max(0, startedMs - plan.batchTimeMs),
    };
    const nextIsDue = clock.nowMs() >= plan.batchTimeMs + this.intervalMs;
    const next = options.planAhead && nextIsDue ? await this.choosePlan(after) : undefined;
    const written = await (next === undefined ? log.commit(commit) : log.commit(commit, next));
    if (written.outcome === 'fenced') return written;

    this.position = after;
    this.open = written.nextPlanned ? next : undefined;
    return { outcome: 'committed', plan, commit, output };
  }

  private async choosePlan(position: Position): Promise<BatchPlan> {
    const { timeline, offsets } = position;
    const batchId = position.batchId + 1;
    const batchTimeMs = nextBatchTime(position.batchTimeMs, this.intervalMs, this.ports.clock.nowMs());
    const bytesMax = bytesPerSource(this.ports.sources.length);
    const batch = { timeline, batchId, batchTimeMs, intervalMs: this.intervalMs, bytesMax };
    const chosen = await Promise.all(
      this.ports.sources.map(async (source) => {
        const ranges = await source.plan({ ...batch, from: own(offsets, source.uid) ?? {} });
        return [source.uid, ranges] as const;
      }),
    );
    return { timeline, batchId, batchTimeMs, ranges: Object.fromEntries(chosen) };
  }

  private async execute(plan: BatchPlan): Promise<GraphOutput> {
    const sources = await Promise.all(
      this.ports.sources.map(async (source) => ({
        uid: source.uid,
        chunks: await source.read(own(plan.ranges, source.uid) ?? {}),
      })),
    );
    const { timeline, batchId, batchTimeMs } = plan;
    return this.ports.graph.run({ timeline, batchId, batchTimeMs, sources });
  }

  private async writeToSinks(plan: BatchPlan, output: GraphOutput): Promise<void> {
    const { timeline, batchId, batchTimeMs } = plan;
    const unknown = [...output.sinks.keys()].find((uid) => !this.ports.sinks.some((sink) => sink.uid === uid));
    if (unknown !== undefined) {
      throw new TidemarkError('sandbox_spoke_nonsense', {
        reason: `it wrote to "${unknown}", which is no sink of the job`,
      });
    }
    await Promise.all(
      this.ports.sinks.map(async (sink) => {
        const rows = output.sinks.get(sink.uid);
        if (rows !== undefined) await sink.write({ timeline, batchId, batchTimeMs, ...rows });
      }),
    );
  }
}

/**
 * The newest tick of the interval grid that has passed, but always later than the batch before. After downtime the
 * missed ticks fall together into one batch (downtime policy `coalesce`); rate limits bound what it reads.
 */
export function nextBatchTime(previousMs: number | undefined, intervalMs: number, nowMs: number): number {
  const newestTickMs = Math.floor(nowMs / intervalMs) * intervalMs;
  return previousMs === undefined ? newestTickMs : Math.max(newestTickMs, previousMs + intervalMs);
}
