import { ObjectStore, progressInStore, type CheckpointChain } from '@tidemark/checkpoint';
import type { RunnerConfig } from '@tidemark/config';
import {
  Clock,
  DEFAULT_FLOW,
  furthest,
  isAhead,
  IdSource,
  RunStore,
  Timers,
  type RunEnd,
  type RunMessage,
  type RunnerId,
} from '@tidemark/domain';
import { MicroBatchEngine } from '@tidemark/engine';
import { inSpan, measure, METRICS, SPANS } from '@tidemark/observability';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Checkpointer } from '../checkpoint/checkpointer.js';
import { RUNNER_CONFIG } from '../config.js';
import { JobOpener, type OpenedJob } from '../restore/job-opener.js';
import { restoreState, type Restored } from '../restore/restore-state.js';
import { ActiveRun } from './active-run.js';
import { ActiveRuns } from './active-runs.js';
import { beginCheckpoint, runBatches, type BatchesEnd } from './batch-loop.js';
import { FencedBatchLog } from './fenced-batch-log.js';
import { skipEvent } from './flow-events.js';
import { endOfAbandonment, endOfDecision, endOfError, endOfPoison, inOurWords, isInputGone } from './run-end.js';
import { recordBatch, recordClaim, recordRunEnd } from './run-metrics.js';
import { StartGate, type Leave } from './start-gate.js';

const END_RETRY_MS = 500;
const END_IN_FULL_ATTEMPTS = 5;

/** Steps 3 to 5 of a job's life: claim it, restore it, run its batches with checkpoints, and let go of it. */
@Injectable()
export class RunJob {
  private readonly logger = new Logger(RunJob.name);
  private readonly starts: StartGate;

  constructor(
    private readonly runs: RunStore,
    private readonly active: ActiveRuns,
    private readonly objects: ObjectStore,
    private readonly opener: JobOpener,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly ids: IdSource,
    @Inject(RUNNER_CONFIG) private readonly config: Pick<RunnerConfig, 'deadLettersMax'>,
  ) {
    this.starts = new StartGate(timers);
  }

  /** Resolves when the run is over, or at once when there is nothing to claim. */
  async run(message: RunMessage, runnerId: RunnerId): Promise<void> {
    const place = this.starts.enter();
    const started = place instanceof Promise ? await place : place;
    try {
      await this.claimAndRun(message, runnerId, started);
    } finally {
      started();
    }
  }

  private async claimAndRun(message: RunMessage, runnerId: RunnerId, started: Leave): Promise<void> {
    if (this.active.closed) return;
    const { tenantId, jobId, runId, traceparent: parent } = message;
    const claimed = await inSpan(SPANS.claim, { parent, attributes: { tenantId, jobId, runId, runnerId } }, () =>
      this.runs.claim(runId, runnerId),
    );
    if (claimed === undefined) return;
    recordClaim(claimed);
    const run = new ActiveRun(claimed, this.timers);
    await this.active.during(run, async () => {
      const end = await this.live(run, started);
      const written = end === undefined ? 'fenced' : await this.letGo(run, end);
      recordRunEnd(end, { abandoned: run.abandoned, written });
    });
  }

  /** A source or a sink may hang: a run that is abandoned is over at once, and what it waits for is left behind. */
  private live(run: ActiveRun, started: Leave): Promise<RunEnd | undefined> {
    const abandoned = run.untilAbandoned().then(endOfAbandonment);
    return Promise.race([this.openAndRun(run, started), abandoned]);
  }

  private async openAndRun(run: ActiveRun, started: Leave): Promise<RunEnd | undefined> {
    let opened: OpenedJob | undefined;
    try {
      if (await this.hasRegressed(run)) return undefined;
      opened = await this.opener.open(run.claimed, (graph) => {
        run.whenAbandoned(() => {
          graph.kill();
        });
      });
      return await this.restoreAndRun(run, opened, started);
    } catch (error) {
      if (run.abandoned !== undefined) return endOfAbandonment(run.abandoned);
      const end = endOfError(error, run.claimed.revision.config.restorePolicy);
      this.logger.warn(error instanceof Error ? error : String(error), { ...run.claimed.fence, end });
      return end;
    } finally {
      await opened?.close();
    }
  }

  /**
   * Whether the object store, or this process, has seen more of the job than the database knows. Asked before anything of the
   * job is opened: the same batches would be planned anew, and sinks hold what came of the first plans.
   */
  private async hasRegressed({ claimed }: ActiveRun): Promise<boolean> {
    const { fence, progress } = claimed;
    const seen = [await progressInStore(this.objects, fence), this.active.lastProgressOf(fence.jobId)];
    const ahead = seen.filter((one) => one !== undefined).filter((one) => isAhead(one, progress));
    if (ahead.length === 0 || !(await this.runs.noteProgress(fence, ahead.reduce(furthest)))) return false;
    this.logger.error('The database knows less of a job than there is of it (state_regressed).', { ...fence, ahead });
    return true;
  }

  private async restoreAndRun(run: ActiveRun, job: OpenedJob, started: Leave): Promise<RunEnd | undefined> {
    const { claimed } = run;
    const startedMs = this.timers.elapsedMs();
    const restored = await this.restore(run, job);
    if (restored.outcome === 'held') return endOfDecision(restored.decision);
    if (restored.outcome === 'fenced') return undefined;
    if (restored.outcome === 'start_over') {
      return { kind: 'back_off', code: 'checkpoint_unreadable', reason: restored.reason };
    }

    const { position, checkpoint, chain, base } = restored;
    if (base.after !== undefined) {
      for (const sink of job.sinks) await sink.beginTimeline?.(position.timeline, base.after);
    }
    const log = new FencedBatchLog(this.runs, run, position.timeline, this.config.deadLettersMax);
    const ports = { log, graph: job.graph, sources: job.sources, sinks: job.sinks, clock: this.clock };
    const { flow = DEFAULT_FLOW, batchIntervalMs: intervalMs } = claimed.manifest;
    const engine = new MicroBatchEngine(ports, { ...flow, intervalMs }, position, base);
    const resumed = await engine.resume();
    if (resumed.outcome === 'run_again') return endOfPoison(resumed);
    if (resumed.outcome === 'fenced' || (await this.runs.markRunning(claimed.fence)) === 'fenced') return undefined;
    started();
    resumed.finished.forEach(recordBatch);
    const tookMs = this.timers.elapsedMs() - startedMs;
    measure(METRICS.restoreDuration, {}, tookMs / 1_000);
    const replay = {
      checkpointId: checkpoint?.id ?? null,
      fromBatchId: position.batchId,
      rebuilt: resumed.rebuilt,
      finished: resumed.finished.map(({ plan }) => plan.batchId),
      ms: Math.round(tookMs),
    };
    await this.runs.appendEvents(claimed.fence, [
      { type: 'run.restored', data: { runId: claimed.fence.runId, ...replay } },
      ...resumed.skips.map(skipEvent),
    ]);
    return this.runToTheEnd(run, engine, { overdue: resumed.rebuilt.length > 0, chain });
  }

  private restore(run: ActiveRun, job: OpenedJob): Promise<Restored> {
    const { fence, trace } = run.claimed;
    const { tenantId, jobId, runId, epoch } = fence;
    return inSpan(SPANS.restore, { parent: trace, attributes: { tenantId, jobId, runId, epoch } }, () =>
      restoreState(run.claimed, {
        ...{ runs: this.runs, objects: this.objects, graph: job.graph },
        ahead: job.takeCheckpoint?.(),
      }),
    );
  }

  private async runToTheEnd(
    run: ActiveRun,
    engine: MicroBatchEngine,
    start: { readonly overdue: boolean; readonly chain: CheckpointChain | undefined },
  ): Promise<RunEnd | undefined> {
    const { runs, objects, ids } = this;
    const checkpointer = new Checkpointer(run, { runs, objects, ids }, start);
    const ended = await this.runBatches(run, engine, checkpointer);
    await checkpointer.settle();
    if (ended.outcome === 'fenced') return undefined;
    if (ended.outcome === 'run_again') return endOfPoison(ended);
    // What it has kept is what it is left for: no checkpoint of it is wanted.
    if (ended.outcome === 'unhealthy') return { kind: 'unhealthy', code: 'revision_unhealthy', reason: ended.reason };
    const isDrained = ended.outcome === 'drained';
    if (isDrained && (await runs.markDraining(run.claimed.fence)) === 'fenced') return undefined;
    if (engine.lastBatchId > 0) {
      await beginCheckpoint(run, engine, checkpointer);
      await checkpointer.settle();
    }
    return isDrained ? { kind: 'drained', reason: ended.reason } : { kind: 'finished' };
  }

  /** Input that is gone is found before a batch is planned: what was done until then is kept, to go on from elsewhere. */
  private async runBatches(run: ActiveRun, engine: MicroBatchEngine, checkpointer: Checkpointer): Promise<BatchesEnd> {
    try {
      return await runBatches(run, { engine, checkpointer, runs: this.runs });
    } catch (error) {
      await checkpointer.settle();
      if (isInputGone(error) && engine.lastBatchId > 0 && !engine.hasOpenPlan && !engine.isAhead) {
        await beginCheckpoint(run, engine, checkpointer);
        await checkpointer.settle();
      }
      throw error;
    }
  }

  /**
   * The end must be heard: until then the job counts as owned by this runner. Losing the lease also ends this. After
   * some refusals it is said in our own words only, in case the tenant's cannot be written.
   */
  private async letGo(run: ActiveRun, end: RunEnd): Promise<'done' | 'fenced'> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.runs.end(run.claimed.fence, attempt > END_IN_FULL_ATTEMPTS ? inOurWords(end) : end);
      } catch (error) {
        if (run.abandoned === 'lease_lost') return 'fenced';
        this.logger.warn(
          `The end of a run could not be written: ${error instanceof Error ? error.message : String(error)}`,
        );
        await new Promise<void>((resolve) => void this.timers.after(END_RETRY_MS, resolve));
      }
    }
  }
}
