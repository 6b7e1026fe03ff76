import type { BatchPlan, Checkpoint, Fence, JobId } from '@tidemark/domain';
import type { JobRow, Tables } from '../database/tables.js';
import type { Input } from '../job/ends.js';
import { SOURCE } from '../job/records.js';
import type { Findings } from './invariants.js';
import { skippedBy, type Timeline, type Timelines } from './timelines.js';

/**
 * I17: what a plan passes over came in a downtime. Whatever was read on a timeline that the job has left is to be read again,
 * also what another job had read when this one was forked from it.
 */
export class SkipAudit {
  /** Up to where partitions are to be read again. */
  private readonly reached = new Map<JobId, Map<string, number>>();
  /** Runs that have planned a batch. */
  private readonly running = new Set<string>();

  constructor(
    private readonly findings: Findings,
    private readonly timelines: Timelines,
    private readonly tables: Tables,
    private readonly input: Input,
  ) {}

  left(jobId: JobId, { committed }: Timeline): void {
    const reached = this.reachedBy(jobId);
    for (const [partition, at] of Object.entries(committed[SOURCE] ?? {})) note(reached, partition, at);
  }

  forked(jobId: JobId, { jobId: of }: Pick<Checkpoint, 'jobId'>, stands: Timeline): void {
    this.left(jobId, stands);
    const reached = this.reachedBy(jobId);
    for (const [partition, at] of this.reachedBy(of)) note(reached, partition, at);
  }

  /** A plan that nobody has written before. */
  planned(job: JobRow, { epoch, runId }: Fence, plan: BatchPlan): void {
    const run = `${job.id}/${epoch}`;
    const isFirst = !this.running.has(run);
    this.running.add(run);
    const skipped = skippedBy(plan);
    if (skipped.length === 0) return;
    const { timeline, batchId, batchTimeMs } = plan;
    const name = `batch ${batchId} on timeline ${timeline} of ${job.id}`;
    const check = (holds: boolean, what: string): void => {
      this.findings.check('I17', holds, () => `${name} ${what}`);
    };
    const { manifest } = this.tables.revision(job.id, this.tables.runs.get(runId)?.revision ?? job.revision);
    check(manifest.flow?.downtime === 'skip', 'passes over input, and its code is not to');
    check(isFirst, 'passes over input, and is not the first of its run');
    const before = this.timelines.get(job.id, timeline).plans.get(batchId - 1)?.plan;
    check(before !== undefined, 'passes over input, and is the first of its timeline');
    const { batchIntervalMs } = manifest;
    const missed = Math.floor(batchTimeMs / batchIntervalMs) - Math.floor((before?.batchTimeMs ?? 0) / batchIntervalMs);
    check(missed >= 2, 'passes over input, and no tick besides its own was missed');
    for (const { partition, from, to } of skipped) {
      const again = this.reachedBy(job.id).get(partition) ?? 0;
      check(from >= again, `passes over ${partition} from ${from}, which was read up to ${again} before`);
      check(
        to <= (this.input.ends.get(partition) ?? 0),
        `passes over ${partition} up to ${to}, which is not there yet`,
      );
    }
  }

  private reachedBy(jobId: JobId): Map<string, number> {
    const reached = this.reached.get(jobId) ?? new Map<string, number>();
    this.reached.set(jobId, reached);
    return reached;
  }
}

const note = (reached: Map<string, number>, partition: string, at: number): void =>
  void reached.set(partition, Math.max(at, reached.get(partition) ?? 0));
