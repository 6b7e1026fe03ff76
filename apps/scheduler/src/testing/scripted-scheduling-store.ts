import {
  SchedulingStore,
  type CheckpointId,
  type DeletedJob,
  type JobId,
  type JobStatus,
  type LostRun,
  type OutboxEntry,
  type OutboxPage,
  type RunId,
  type RunMessage,
  type ScheduleOutcome,
  type TenantId,
  type UnneededObjects,
} from '@tidemark/domain';

/** Holds what the test puts into it, and notes what was done, in order. */
export class ScriptedSchedulingStore extends SchedulingStore {
  readonly done: string[] = [];
  outbox: OutboxEntry[] = [];
  waiting: RunMessage[] = [];
  retired: { readonly id: CheckpointId; readonly path: string }[] = [];
  /** Batches that nothing needs any more, each with what it holds. */
  batches: (readonly string[])[] = [];
  unneeded: UnneededObjects[] = [];
  deleted: DeletedJob[] = [];
  private announced = 1;
  leading = true;
  jobs = new Map<JobStatus, number>();
  onEndLost: () => Promise<readonly LostRun[]> = () => Promise.resolve([]);
  onSchedule: () => Promise<readonly ScheduleOutcome[]> = () => Promise.resolve([]);
  onWait: () => Promise<void> = () => Promise.resolve();

  override async whileLeading(work: () => Promise<void>): Promise<boolean> {
    if (this.leading) await work();
    return this.leading;
  }

  override waitForWork(): Promise<void> {
    return this.onWait();
  }

  override async close(): Promise<void> {
    this.done.push('close');
  }

  override endLostRuns(): Promise<readonly LostRun[]> {
    this.done.push('end lost runs');
    return this.onEndLost();
  }

  override scheduleDueJobs(): Promise<readonly ScheduleOutcome[]> {
    this.done.push('schedule due jobs');
    return this.onSchedule();
  }

  override async countJobs(): Promise<ReadonlyMap<JobStatus, number>> {
    return this.jobs;
  }

  override async readOutbox(): Promise<readonly OutboxEntry[]> {
    this.done.push('read outbox');
    return this.outbox;
  }

  override async removeFromOutbox(ids: readonly string[]): Promise<void> {
    this.outbox = this.outbox.filter(({ id }) => !ids.includes(id));
    this.deleted = this.deleted.filter(({ id }) => !ids.includes(id));
    this.unneeded = this.unneeded.filter(({ id }) => !ids.includes(id));
  }

  override async longQueuedRuns(): Promise<readonly RunMessage[]> {
    return this.waiting;
  }

  override async readDeletedJobs(page: OutboxPage): Promise<readonly DeletedJob[]> {
    return pageOf(this.deleted, page);
  }

  override async readUnneededObjects(page: OutboxPage): Promise<readonly UnneededObjects[]> {
    return pageOf(this.unneeded, page);
  }

  override async retireCheckpoints(): Promise<readonly { readonly id: CheckpointId; readonly path: string }[]> {
    return this.retired;
  }

  override async forgetCheckpoints(ids: readonly CheckpointId[]): Promise<void> {
    this.retired = this.retired.filter(({ id }) => !ids.includes(id));
  }

  override async pruneBatches({ limit }: Parameters<SchedulingStore['pruneBatches']>[0]): Promise<number> {
    const dropped = this.batches.splice(0, limit);
    const paths = dropped.flat();
    if (paths.length > 0) this.unneeded.push({ id: String(this.announced++), paths });
    return dropped.length;
  }

  override async pruneRuns(): Promise<void> {
    this.done.push('prune runs');
  }

  override async pruneEvents(): Promise<void> {
    this.done.push('prune events');
  }

  override async pruneDeadLetters(): Promise<void> {
    this.done.push('prune dead letters');
  }

  override async pruneIdempotencyKeys(): Promise<void> {
    this.done.push('prune keys');
  }
}

export const aMessage = (runId = 'run_1', traceparent?: string): RunMessage => ({
  tenantId: 'tnt_1' as TenantId,
  jobId: 'job_1' as JobId,
  runId: runId as RunId,
  ...(traceparent === undefined ? {} : { traceparent }),
});

const pageOf = <T extends { readonly id: string }>(entries: readonly T[], { after, limit }: OutboxPage): readonly T[] =>
  entries.filter(({ id }) => after === undefined || Number(id) > Number(after)).slice(0, limit);
