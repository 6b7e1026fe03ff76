import { AT_REST_STATUSES, ATTEMPTS_MAX, type CheckpointId, type JobStatus } from '@tidemark/domain';
import type { CheckpointRow, JobRow } from '../database/tables.js';
import { SOURCE } from '../job/records.js';
import { insist } from '../world/faults.js';
import type { World } from '../world/world.js';
import type { Broken, Invariant } from './invariants.js';
import { sameOffsets } from './timelines.js';

/** I12 and L1 to L4: what must have come about once nothing happens to a world any more. */
export class Recovery {
  /** Checkpoints that were unfinished, or not quite collected, when things stopped happening. */
  private readonly unfinished: readonly CheckpointId[];

  constructor(private readonly world: World) {
    const { checkpoints } = world.database.tables;
    this.unfinished = [...checkpoints.values()].filter(isUnfinished).map(({ id }) => id);
  }

  /** What is not as it must come to be. */
  ill(): Broken | undefined {
    const { tables } = this.world.database;
    for (const id of this.world.jobs) {
      const job = tables.jobs.get(id);
      const ill = job === undefined ? { invariant: 'I12' as const, what: `${id} is not there` } : this.illOf(job);
      if (ill !== undefined) return ill;
    }
    if (tables.outbox.length > 0) return { invariant: 'L4', what: `the outbox holds ${tables.outbox.length} entries` };
    for (const id of this.unfinished) {
      const row = tables.checkpoints.get(id);
      if (row !== undefined && isUnfinished(row)) return { invariant: 'L3', what: `${id} is ${row.status}` };
    }
    return undefined;
  }

  /**
   * What a person does who looks after the jobs: answers what waits, and starts what waits for a good reason without its
   * state.
   */
  attend(): void {
    const { world } = this;
    for (const [id, job] of world.database.tables.jobs) {
      if (job.upgrade !== null) insist(world, () => world.control().decideUpgrade(id, 'abandon'));
      if (job.desired !== 'running') continue;
      if (job.status !== 'awaiting_decision' && job.status !== 'failed') continue;
      const isExplained = world.auditor.starts.isHeld(id) || job.attempts >= ATTEMPTS_MAX;
      world.findings.check('L1', isExplained, () => `${id} is ${job.status}, and nobody knows why`);
      insist(world, () => world.control().order(id, 'start', { mode: 'offsets-only' }));
    }
  }

  private illOf(job: JobRow): Broken | undefined {
    const { id, status, desired, currentRunId } = job;
    const is = (invariant: Invariant, what: string): Broken => ({ invariant, what: `${id} is ${status}: ${what}` });
    if (desired !== 'running') {
      if (currentRunId !== null) return is('L2', 'somebody owns it');
      const isDone = desired === 'cancelled' ? status === 'cancelled' : AT_REST.includes(status);
      return isDone ? undefined : is('I12', `it was ordered to be ${desired}`);
    }
    if (status !== 'running') return is('L1', 'it does not run');
    if (!this.isReadToTheEnd(job)) return is('L1', 'its input is not read');
    const { runs, savepoints } = this.world.database.tables;
    const run = currentRunId === null ? undefined : runs.get(currentRunId);
    if (run?.revision !== job.revision) return is('I12', `revision ${job.revision} was deployed and does not run`);
    const open = savepoints.find(({ jobId, status: is }) => jobId === id && is === 'requested');
    return open === undefined ? undefined : is('I12', `savepoint ${open.number} was asked for and is not there`);
  }

  private isReadToTheEnd({ timeline, lastTimeline, lastOffsets }: JobRow): boolean {
    // Of a partition without records there is no offset.
    const ends = [...this.world.input.ends].filter(([, at]) => at > 0);
    return lastTimeline === timeline && sameOffsets(lastOffsets ?? {}, { [SOURCE]: Object.fromEntries(ends) });
  }
}

const AT_REST: readonly JobStatus[] = AT_REST_STATUSES;

const isUnfinished = ({ status }: CheckpointRow): boolean => status === 'pending' || status === 'deleted';
