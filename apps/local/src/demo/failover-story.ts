import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, Checkpoint, Job, RestoreDecision, Tidemark } from '@tidemark/sdk';
import { findByName } from '../example/ensure-job.js';
import { FAILOVER_EXAMPLE, type FlightDelays } from '../example/flight-delays.js';
import { grouped, shortId } from '../view/screen.js';

export interface FailoverStage {
  readonly tidemark: Tidemark;
  readonly flightDelays: FlightDelays;
  readonly instanceFile: string;
  readonly pidOf: (runnerId: string) => Promise<number | undefined>;
  readonly write: (line: string) => void;
  readonly signal: AbortSignal;
}

const FLIGHTS = 150_000;
const CHECKPOINT_INTERVAL_MS = 4_000;
/** So many batches stand between the last checkpoint and the kill, to have something to run again. */
const BATCHES_PAST_CHECKPOINT = 3;
const BATCHES_AFTER = 6;
const PATIENCE_MS = 30_000;
const POLL_MS = 50;

/** A runner is killed while it has a job. Who goes on, from where, how fast, and are the numbers right? */
export class FailoverStory {
  constructor(private readonly stage: FailoverStage) {}

  /** @returns whether the recount agrees */
  async tell(): Promise<boolean> {
    const job = await this.submit();
    const before = await this.waitForCheckpoint(job.id);
    const victim = await this.kill(before.job);
    await this.tellTakeOver(before.job.epoch, victim, job.id);
    await this.watchSomeBatches(job.id);
    return this.recount(job.id);
  }

  private async submit(): Promise<Job> {
    const { tidemark, flightDelays, signal } = this.stage;
    await this.removeEarlierJob();
    await flightDelays.prepare(FAILOVER_EXAMPLE, FLIGHTS);
    const bundle = await flightDelays.bundle(FAILOVER_EXAMPLE);
    const startedAt = performance.now();
    const config = { checkpointIntervalMs: CHECKPOINT_INTERVAL_MS };
    const job = await tidemark.jobs.submit({ name: FAILOVER_EXAMPLE.name, bundle, config });
    await tidemark.jobs.waitFor(job.id, ({ lastBatch }) => lastBatch !== null, { timeoutMs: PATIENCE_MS, signal });
    const tookMs = performance.now() - startedAt;
    this.step('Submit', `${job.name} is ${job.id}; its first batch was committed ${tookMs.toFixed(0)} ms later`);
    return job;
  }

  private async removeEarlierJob(): Promise<void> {
    const { tidemark, flightDelays, signal } = this.stage;
    const earlier = await findByName(tidemark, FAILOVER_EXAMPLE.name);
    if (earlier !== undefined) {
      if (earlier.status !== 'cancelled') await tidemark.jobs.cancel(earlier.id);
      const isOver = ({ status }: Job): boolean => status === 'cancelled';
      await tidemark.jobs.waitFor(earlier.id, isOver, { timeoutMs: PATIENCE_MS, signal });
      await tidemark.jobs.delete(earlier.id);
    }
    await flightDelays.removeOutput(FAILOVER_EXAMPLE);
  }

  private async waitForCheckpoint(jobId: string): Promise<{ readonly job: Job; readonly checkpoint: Checkpoint }> {
    const { tidemark } = this.stage;
    const found = await this.poll('a checkpoint', async () => {
      const job = await tidemark.jobs.get(jobId);
      const checkpoint = await this.newestCheckpoint(jobId);
      const past = (job.lastBatch?.batchId ?? 0) - (checkpoint?.batchId ?? Number.POSITIVE_INFINITY);
      return checkpoint !== undefined && past >= BATCHES_PAST_CHECKPOINT ? { job, checkpoint } : undefined;
    });
    const { job, checkpoint } = found;
    this.step(
      'Running',
      `batch ${job.lastBatch?.batchId ?? 0} on runner ${shortId(job.currentRun?.runnerId ?? '')}, epoch ${job.epoch}`,
    );
    const size = `${grouped(checkpoint.stateRows)} rows, ${grouped(checkpoint.stateBytes)} bytes`;
    this.step('Checkpoint', `batch ${checkpoint.batchId} is the newest (${size})`);
    return found;
  }

  private async kill(job: Job): Promise<string> {
    const runnerId = job.currentRun?.runnerId ?? undefined;
    const pid = runnerId === undefined ? undefined : await this.stage.pidOf(runnerId);
    if (runnerId === undefined || pid === undefined)
      throw new Error('The runner that has the job is none of this instance.');
    process.kill(pid, 'SIGKILL');
    this.step('Kill', `kill -9 ${pid}, which was runner ${shortId(runnerId)}`);
    return runnerId;
  }

  private async tellTakeOver(oldEpoch: number, victim: string, jobId: string): Promise<void> {
    const { tidemark } = this.stage;
    const { batches, first } = await this.poll('the first batch after it', async () => {
      const { items } = await tidemark.jobs.batches(jobId, { limit: 100 });
      const committed = items.filter(({ commit }) => (commit?.epoch ?? 0) > oldEpoch);
      const oldest = committed.at(-1);
      return oldest === undefined ? undefined : { batches: items, first: oldest };
    });
    const decision = (await tidemark.jobs.decisions(jobId, { limit: 1 })).items[0];
    const { epoch, currentRun } = await tidemark.jobs.get(jobId);
    this.step(
      'Take over',
      `runner ${shortId(currentRun?.runnerId ?? '')} has the job now, epoch ${epoch}; ${shortId(victim)} is fenced off`,
    );
    if (decision !== undefined) this.tellDecision(decision, batches, oldEpoch);
    const last = batches.find(({ commit }) => commit !== null && (commit.epoch ?? 0) <= oldEpoch);
    const gapMs = committedMs(first) - (last === undefined ? Number.NaN : committedMs(last));
    this.step(
      'Gap',
      `${grouped(gapMs)} ms between the last commit before and the first one after; batches are 500 ms apart`,
    );
  }

  private tellDecision(decision: RestoreDecision, batches: readonly Batch[], oldEpoch: number): void {
    const chosen = decision.candidates.find(({ verdict }) => verdict === 'chosen');
    this.step('Decision', `${decision.trigger}: ${decision.reason}`);
    if (chosen === undefined) return;
    const again = batches
      .filter(({ batchId, plannedByEpoch }) => batchId > chosen.batchId && plannedByEpoch <= oldEpoch)
      .map(({ batchId }) => batchId)
      .sort((a, b) => a - b);
    const range = again.length === 0 ? 'no batch' : `batches ${again[0] ?? ''} to ${again.at(-1) ?? ''}`;
    this.step('Run again', `${range}, from the state of batch ${chosen.batchId}; the sinks drop what they have`);
  }

  private async watchSomeBatches(jobId: string): Promise<void> {
    const { tidemark, signal } = this.stage;
    const now = (await tidemark.jobs.get(jobId)).lastBatch?.batchId ?? 0;
    const goneOn = ({ lastBatch }: Job): boolean => (lastBatch?.batchId ?? 0) >= now + BATCHES_AFTER;
    await tidemark.jobs.waitFor(jobId, goneOn, { timeoutMs: PATIENCE_MS, signal });
    await tidemark.jobs.stop(jobId);
    const stopped = await tidemark.jobs.waitFor(jobId, ({ status }) => status === 'stopped', {
      timeoutMs: PATIENCE_MS,
      signal,
    });
    const checkpoint = await this.newestCheckpoint(jobId);
    this.step(
      'Stop',
      `after batch ${stopped.lastBatch?.batchId ?? 0}, with a checkpoint of batch ${checkpoint?.batchId ?? 'none'}`,
    );
  }

  private async recount(jobId: string): Promise<boolean> {
    const { flightDelays, instanceFile } = this.stage;
    const { ok, report } = await flightDelays.recount(FAILOVER_EXAMPLE, { id: jobId, instanceFile });
    for (const line of report.split('\n')) this.step('Recount', line);
    return ok;
  }

  private async newestCheckpoint(jobId: string): Promise<Checkpoint | undefined> {
    const { items } = await this.stage.tidemark.jobs.checkpoints(jobId, { limit: 5 });
    return items.find(({ status }) => status === 'complete');
  }

  private async poll<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    while (performance.now() < until) {
      this.stage.signal.throwIfAborted();
      const found = await look();
      if (found !== undefined) return found;
      await sleep(POLL_MS);
    }
    throw new Error(`Waited ${PATIENCE_MS / 1000} s for ${what}, in vain.`);
  }

  private step(title: string, line: string): void {
    this.stage.write(`${title.padEnd(11)} ${line}`);
  }
}

const committedMs = ({ commit }: Batch): number => Date.parse(commit?.committedAt ?? '');
