// A job that runs while upgrades of it are planned.
import { rm } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { cadenceOf } from './cadence.mjs';
import { feedFiles } from './feed.mjs';

const CHECKPOINT_MS = 1_000;
const WAIT_MS_MAX = 60_000;
/** Committed before the first plan, and after each one before its batches are looked at. */
const BATCHES_FIRST = 10;
const BATCHES_AFTER = 2;

export class LiveJob {
  constructor(instance, id, feed, intervalMs) {
    this.instance = instance;
    this.jobs = instance.tidemark.jobs;
    this.id = id;
    this.feed = feed;
    this.intervalMs = intervalMs;
  }

  /** Submits the job and resolves once it has a checkpoint. */
  static async start(instance, { bundle, nodes }, intervalMs) {
    const sources = nodes.filter(({ kind }) => kind === 'source');
    const feed = feedFiles(instance.files, sources);
    try {
      const config = { checkpointIntervalMs: CHECKPOINT_MS };
      const { id } = await instance.tidemark.jobs.submit({ bundle, config });
      const live = new LiveJob(instance, id, feed, intervalMs);
      await live.until(({ lastBatch }) => (lastBatch?.batchId ?? 0) >= BATCHES_FIRST);
      await live.hasCheckpoint();
      return live;
    } catch (error) {
      feed.stop();
      throw error;
    }
  }

  /**
   * Plans an upgrade. `gaps` and `delaysMs` are of the batches that were due between the order and the answer, and of the
   * first ones after it.
   */
  async plan(order) {
    const before = (await this.jobs.get(this.id)).lastBatch.batchId;
    const startedMs = performance.now();
    const plan = await this.jobs.planUpgrade(this.id, order);
    const tookMs = performance.now() - startedMs;
    return { plan, tookMs, ...(await this.cadenceSince(before)) };
  }

  /** The same of `count` batches during which nothing is asked of the job. */
  async rest(count) {
    const before = (await this.jobs.get(this.id)).lastBatch.batchId;
    return this.cadenceSince(before, count);
  }

  /** Ends the job, and removes what it read and wrote. */
  async end() {
    this.feed.stop();
    await this.jobs.cancel(this.id);
    await this.jobs.waitFor(this.id, ({ status }) => status === 'cancelled', { timeoutMs: WAIT_MS_MAX });
    await this.jobs.delete(this.id);
    await rm(this.instance.files, { recursive: true, force: true });
  }

  async cadenceSince(before, count = BATCHES_AFTER) {
    const reached = (await this.jobs.get(this.id)).lastBatch.batchId;
    await this.until(({ lastBatch }) => lastBatch.batchId >= reached + count);
    const batches = [];
    for await (const batch of this.jobs.batches(this.id, { limit: 100 })) {
      if (batch.batchId <= reached + count) batches.unshift(batch);
      if (batch.batchId <= before) break;
    }
    return cadenceOf(batches, this.intervalMs);
  }

  until(predicate) {
    const isSo = (job) => {
      if (job.status === 'failed' || job.status === 'awaiting_decision' || job.currentRun?.attempt > 1) {
        throw new Error(`the job is ${job.status}: ${job.reason?.message}`);
      }
      return predicate(job);
    };
    return this.jobs.waitFor(this.id, isSo, { timeoutMs: WAIT_MS_MAX });
  }

  async hasCheckpoint() {
    const complete = async () =>
      (await this.jobs.checkpoints(this.id, { limit: 10 })).items.some(({ status }) => status === 'complete');
    while (!(await complete())) {
      const { lastBatch } = await this.jobs.get(this.id);
      await this.until((job) => job.lastBatch.batchId > lastBatch.batchId);
    }
  }
}
