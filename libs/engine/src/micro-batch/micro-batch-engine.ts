import {
  hasInterval,
  TidemarkError,
  type BatchCommit,
  type BatchPlan,
  type Clock,
  type LoggedBatch,
  type NewDeadLetter,
} from '@tidemark/domain';
import type { BatchLog, Fenced, HeldBack, GraphOutput, GraphRuntime, Sink, Source, StateSnapshot } from '../ports.js';
import { HEARTBEAT_MS, idlePollMs, msUntilTick, nextTick, type JobTiming } from './batch-time.js';
import { hasInput, isNextDueAtOnce, Planner, type Fullness } from './planner.js';
import { firstRecords } from './poison-search.js';
import { PoisonRecords, type RunAgain } from './poison-records.js';
import type { RemainingInput } from './without-records.js';
import {
  assertFollows,
  decideResume,
  positionRead,
  type BatchInput,
  type Position,
  type TimelineStart,
} from './resume.js';

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
  /** Bytes that back-pressure allows the batches after this one; undefined while it limits nothing. */
  readonly bytesPerBatch?: number | undefined;
}

export interface Resumed {
  readonly outcome: 'resumed';
  /** Batches run again for their state alone. */
  readonly rebuilt: readonly number[];
  /** Batches that a former run had planned and not committed. */
  readonly finished: readonly CommittedBatch[];
  /** Plans among all of these that passed over input: whoever was to be told may not have been. */
  readonly skips: readonly BatchPlan[];
}

export interface BatchOptions {
  /**
   * Whether the commit carries the next plan when that batch is due already, which saves a round trip while catching up,
   * and its input is read while this batch runs.
   */
  readonly planAhead: boolean;
  /** Whether the graph runs the next batch, if that is due already, while the sinks take this one's rows. */
  readonly runAhead: boolean;
}

const IN_STEP: BatchOptions = { planAhead: false, runAhead: false };

/** What the graph made of one batch. */
interface Executed {
  readonly startedMs: number;
  readonly fullness: Fullness;
  /** Where the batch ends. */
  readonly after: Position;
  readonly output: GraphOutput;
  /** Records that the batch sets aside. */
  readonly letters: readonly NewDeadLetter[];
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
 * While a batch runs, the bytes of the next one may be read into memory (`Planner`): an effect they have only after that
 * batch's plan is durable. And while the sinks take what a batch gave, the graph may run the next one, whose plan is written
 * first: then two plans are open. Sinks and commits keep to the order of the batches.
 *
 * ```text
 * plan 1 │ execute 1 │ plan 2 │ sinks 1, commit 1 │ sinks 2, commit 2 …
 *                             │ execute 2         │ execute 3 …
 * ```
 *
 * Owner of all fields: the one caller, who awaits each call before the next.
 */
export class MicroBatchEngine {
  private position: Position;
  /** Plans that are durable and not committed, oldest first: one, or two where the second is running ahead. */
  private readonly open: BatchPlan[] = [];
  /** What the graph does with the newest open plan while the one before is being finished. */
  private ahead: Promise<Executed> | undefined;
  /** Chosen by `prepare`, and not durable yet. */
  private chosen: BatchPlan | undefined;
  private readonly planner: Planner;
  private readonly poison: PoisonRecords;
  /** Whether no batch of this run has been planned yet. */
  private isFirst = true;
  /** Looks at idle sources in a row that found nothing. */
  private idleLooks = 0;
  private committed = 0;
  private lastDoneMs = -Infinity;

  constructor(
    private readonly ports: MicroBatchPorts,
    private readonly timing: JobTiming,
    /** Where the restored state stands. The graph holds exactly that state. */
    restored: Position,
    /** Where the timeline begins: at the job's first batch, unless it has gone back or forks another job. */
    begins: TimelineStart = { batchId: 0 },
  ) {
    this.position = restored;
    this.planner = new Planner(ports.sources, timing, ports.clock, begins);
    this.poison = new PoisonRecords(ports.log, ports.sinks);
  }

  /** Rebuilds the state up to the log's end, and finishes the batches that were left open. Call once, first. */
  async resume(): Promise<Resumed | RunAgain | Fenced> {
    const rebuilt: number[] = [];
    const skips: BatchPlan[] = [];
    const finished: CommittedBatch[] = [];
    const logged: readonly LoggedBatch[] = await this.ports.log.after(this.position.batchId);
    for (const batch of logged) this.poison.note(batch);
    for (const { kind, plan } of decideResume(this.position, logged)) {
      if (plan.skipped !== undefined) skips.push(plan);
      if (kind === 'rebuild') {
        const input = await this.planner.read(plan, this.position);
        await this.runGraph(plan, input, (output) => {
          this.poison.assertSameTaken(plan, output);
        });
        this.position = positionRead(this.position, plan, input);
        rebuilt.push(plan.batchId);
      } else {
        this.open.push(plan);
        const result = await this.finish(plan, IN_STEP);
        if (result.outcome !== 'committed') return result;
        finished.push(result);
      }
    }
    return { outcome: 'resumed', rebuilt, finished, skips };
  }

  /** How long until the next batch, or the next look at idle sources, is due; 0 when a plan is open. */
  msUntilNextBatch(): number {
    if (this.hasOpenPlan || this.chosen !== undefined) return 0;
    if (!hasInterval(this.timing.trigger)) return idlePollMs(this.idleLooks);
    return msUntilTick(this.timing, this.position.batchTimeMs, this.ports.clock.nowMs());
  }

  /**
   * Looks whether there is a batch to run now; call before `runBatch`. `idle`: there is no data, which only matters to a
   * trigger without interval. `finished`: all that the trigger asks for is done.
   */
  async prepare(): Promise<'ready' | 'idle' | 'finished'> {
    const { trigger } = this.timing;
    if (hasInterval(trigger) || this.hasOpenPlan || this.chosen !== undefined) return 'ready';
    if (trigger === 'once') return this.committed > 0 ? 'finished' : 'ready';
    if (trigger === 'available-now') {
      await this.planner.fixEnd(this.position);
      if (this.ports.log.isRedriveWanted !== true && this.planner.reachedEnd(this.position)) return 'finished';
    }
    const plan = await this.choose();
    if (!hasInput(plan) && !this.isHeartbeatDue()) {
      this.idleLooks += 1;
      return 'idle';
    }
    this.idleLooks = 0;
    this.chosen = plan;
    return 'ready';
  }

  /** Whether a plan is durable and not yet committed. */
  get hasOpenPlan(): boolean {
    return this.open.length > 0;
  }

  /** Whether the graph runs a batch ahead of the last committed one. Its state is that batch's then: no snapshot can be taken. */
  get isAhead(): boolean {
    return this.ahead !== undefined;
  }

  get lastBatchId(): number {
    return this.position.batchId;
  }

  /** Runs one batch, the oldest open one if there is one. */
  async runBatch(options: BatchOptions): Promise<CommittedBatch | RunAgain | HeldBack | Fenced> {
    const [open] = this.open;
    if (open !== undefined) return this.finish(open, options);
    const skip = this.isFirst && this.timing.downtime === 'skip';
    const written = await this.write(this.chosen ?? (await this.choose(skip)), this.position);
    if (written.outcome !== 'planned') return written;
    this.chosen = undefined;
    this.isFirst = false;
    return this.finish(written.plan, options);
  }

  /** Freezes the state as of the last committed batch. No batch runs meanwhile; its blocks are pulled while later ones do. */
  async snapshot(kind: StateSnapshot['kind']): Promise<StateSnapshot> {
    const { timeline, batchId, batchTimeMs, offsets, identities } = this.position;
    if (batchTimeMs === undefined) throw new Error('A job without a committed batch has nothing to check-point.');
    if (this.isAhead) throw new Error('The state is not that of the last committed batch.');
    const pendingPlans = [...this.open];
    const blocks = await this.ports.graph.snapshot(kind);
    return { timeline, batchId, batchTimeMs, offsets, identities, pendingPlans, kind, next: () => blocks.next() };
  }

  private async finish(plan: BatchPlan, options: BatchOptions): Promise<CommittedBatch | RunAgain | Fenced> {
    const ranAhead = this.ahead;
    this.ahead = undefined;
    const probe = this.poison.probeOf(plan);
    if (probe.kind === 'prefix') return this.runPart(plan, probe.records);
    let executed: Executed;
    try {
      executed = await (ranAhead ?? this.execute(plan, this.position, options));
    } catch (error) {
      return this.poison.runAgain(plan, () => this.planner.read(plan, this.position), error);
    }
    return this.deliver(plan, executed, options);
  }

  /** Runs a batch with its first records only, to find the one at which it fails. Nothing of it goes to the sinks. */
  private async runPart(plan: BatchPlan, records: number): Promise<RunAgain | Fenced> {
    const input = await this.planner.read(plan, this.position);
    const { timeline, batchId, batchTimeMs } = plan;
    const sources = firstRecords(this.poison.remaining(plan, input).sources, records);
    try {
      await this.ports.graph.run({ timeline, batchId, batchTimeMs, sources, isProbe: true });
    } catch (error) {
      return this.poison.runAgain(plan, () => Promise.resolve(input), error);
    }
    return this.poison.wentWell(plan, input);
  }

  /** Hands what a batch gave to the sinks, and commits it. */
  private async deliver(plan: BatchPlan, executed: Executed, options: BatchOptions): Promise<CommittedBatch | Fenced> {
    const { clock, log } = this.ports;
    const { startedMs, fullness, after, output, letters } = executed;
    if ((await this.poison.settle(plan, letters)) !== undefined) return { outcome: 'fenced' };
    if (options.runAhead && (await this.runAhead(plan, after, fullness)) === 'fenced') return { outcome: 'fenced' };
    await this.writeToSinks(plan, output);

    const doneMs = clock.nowMs();
    const commit: BatchCommit = {
      timeline: plan.timeline,
      batchId: plan.batchId,
      nextOffsets: after.offsets,
      identities: after.identities,
      recordsIn: output.recordsIn,
      recordsOut: [...output.sinks.values()].reduce((sum, { rows }) => sum + rows, 0),
      recordsSkipped: output.recordsSkipped,
      ...(letters.length === 0 ? {} : { recordsDeadLettered: letters.length, deadLetters: letters }),
      ...(plan.redriven === undefined ? {} : { sourcesRead: this.ports.sources.map(({ uid }) => uid) }),
      processingMs: Math.max(0, doneMs - startedMs),
      schedulingDelayMs: Math.max(0, startedMs - plan.batchTimeMs),
    };
    // Of a batch that ran beside another one only the time counts in which it was alone: what it adds.
    const processingMs = Math.max(0, doneMs - Math.max(startedMs, this.lastDoneMs));
    this.planner.limiter.note({ ...commit, ...fullness, atMs: doneMs, processingMs });
    const next = options.planAhead && !this.isAhead ? await this.chooseNext(after) : undefined;
    const written = await (next === undefined ? log.commit(commit) : log.commit(commit, next));
    if (written.outcome === 'fenced') return written;

    this.position = after;
    this.lastDoneMs = doneMs;
    this.open.shift();
    if (next !== undefined && written.nextPlanned) this.open.push(next);
    this.committed += 1;
    return { outcome: 'committed', plan, commit, output, bytesPerBatch: this.planner.limiter.bytesPerBatch };
  }

  /** Has the graph run the batch after `plan` while the sinks take this one's rows, if it is due and was planned. */
  private async runAhead(plan: BatchPlan, after: Position, fullness: Fullness): Promise<'fenced' | undefined> {
    if (!this.planner.canPlanAhead || !this.isNextDue(plan, fullness)) return undefined;
    const next = await this.chooseNext(after);
    if (next === undefined) return undefined;
    const written = await this.write(next, after);
    if (written.outcome === 'fenced') return 'fenced';
    if (written.outcome === 'held_back') return undefined;
    this.ahead = this.execute(written.plan, after, { planAhead: true });
    // What goes wrong is that batch's, and told when its turn has come.
    this.ahead.catch(() => undefined);
    return undefined;
  }

  /** Makes the plan of the batch after `before` durable. */
  private async write(chosen: BatchPlan, before: Position): ReturnType<BatchLog['plan']> {
    const written = await this.ports.log.plan(chosen);
    if (written.outcome !== 'planned') return written;
    assertFollows(before, written.plan);
    this.open.push(written.plan);
    return written;
  }

  /** Reads what the plan names, begins to read what comes after it, and runs the graph. */
  private async execute(
    plan: BatchPlan,
    before: Position,
    { planAhead }: Pick<BatchOptions, 'planAhead'>,
  ): Promise<Executed> {
    const startedMs = this.ports.clock.nowMs();
    const input = await this.planner.read(plan, before);
    const after = positionRead(before, plan, input);
    const fullness = this.planner.fullness(plan, input);
    if (planAhead && this.isNextDue(plan, fullness)) this.planner.beginAhead(after);
    return this.runGraph(plan, input, (output, remaining) => {
      return { startedMs, fullness, after, output, letters: this.poison.lettersOf(plan, remaining, output) };
    });
  }

  /** Whether the batch after `plan` will have to run as soon as this one is done. */
  private isNextDue({ batchTimeMs }: BatchPlan, { hasMore }: Fullness): boolean {
    const dueMs = nextTick(this.timing.intervalMs, batchTimeMs);
    return isNextDueAtOnce(this.timing, { dueMs, nowMs: this.ports.clock.nowMs(), hasMore });
  }

  /**
   * The plan of the batch after the one that is being committed; undefined where that is not due, has no data, or cannot
   * be chosen: then it is chosen again when its turn has come, and what is wrong is that batch's.
   */
  private chooseNext(after: Position): Promise<BatchPlan | undefined> {
    return this.tryToChoose(after).catch(() => undefined);
  }

  private async tryToChoose(after: Position): Promise<BatchPlan | undefined> {
    const { trigger } = this.timing;
    if (hasInterval(trigger)) {
      const isDue = msUntilTick(this.timing, after.batchTimeMs, this.ports.clock.nowMs()) === 0;
      return isDue ? this.planner.choose(after) : undefined;
    }
    if (trigger === 'once' || (trigger === 'available-now' && this.planner.reachedEnd(after))) return undefined;
    const plan = await this.planner.choose(after);
    return hasInput(plan) ? plan : undefined;
  }

  private isHeartbeatDue(): boolean {
    const { batchTimeMs } = this.position;
    return (
      this.timing.trigger === 'asap' &&
      (batchTimeMs === undefined || this.ports.clock.nowMs() - batchTimeMs >= HEARTBEAT_MS)
    );
  }

  /** @param judge what it needs of the input it must take: that is given back behind it */
  private async runGraph<T>(
    plan: BatchPlan,
    input: BatchInput,
    judge: (output: GraphOutput, remaining: RemainingInput) => T,
  ): Promise<T> {
    const { timeline, batchId, batchTimeMs } = plan;
    const remaining = this.poison.remaining(plan, input);
    const { sources, taken } = remaining;
    const ran = await this.ports.graph.run({ timeline, batchId, batchTimeMs, sources });
    const output = taken.length === 0 ? ran : { ...ran, recordsIn: ran.recordsIn + taken.length };
    const judged = judge(output, remaining);
    for (const { chunks } of input) for (const { release } of chunks) release?.();
    return judged;
  }

  /** The plan of the batch after the last committed one, with what is to be read again: no plan is open. */
  private async choose(skip = false): Promise<BatchPlan> {
    const plan = await this.planner.choose(this.position, { skip });
    const { log, sources } = this.ports;
    if (log.isRedriveWanted !== true || log.toRedrive === undefined) return plan;
    const redriven = await log.toRedrive(sources.map(({ uid }) => uid));
    return redriven.length === 0 ? plan : { ...plan, redriven };
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
