import { readCheckpoint, type ObjectStore } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import type { CheckpointId, JobId, RunEnd, RunnerId, TenantId } from '@tidemark/domain';
import {
  aJobId,
  aRevision,
  aSubmittedJob,
  pinCheckpoint,
  releasePins,
  UuidIdSource,
  type DataSource,
  type Stores,
} from '@tidemark/persistence/testing';
import { expect } from 'vitest';
import { Collect } from '../collect/collect.js';
import { Sweep } from '../sweep/sweep.js';
import { VerifyCheckpoints } from '../verify/verify-checkpoints.js';
import { KeptJob, type KeptJobPorts } from './kept-job.js';
import { SimulatedCrash, Steps, stepped, SteppedStore, type Crash } from './steps.js';

const BY = { actor: 'test', trace: undefined };
const JOBS_MAX = 5;
const GRACE_HOURS = 24;
const HOUR_MS = 3_600_000;
const CONFIG = {
  keep: { checkpoints: 3, batches: 0, events: 10, runs: 10 },
  sweep: { graceMs: GRACE_HOURS * HOUR_MS },
  verify: { bytesPerSecond: 1e9, againAfterMs: 48 * HOUR_MS },
} as SchedulerConfig;

export interface Row {
  readonly id: CheckpointId;
  readonly job_id: JobId;
  readonly timeline: number;
  readonly path: string;
  readonly builds_on: string[];
  readonly manifest_sha256: string | null;
  readonly status: string;
  readonly kind: string;
  readonly verified_at: Date | null;
}

/** Some jobs of one tenant, the processes that look after their checkpoints, and what must hold of them at any time. */
export class KeptWorld {
  readonly jobs: KeptJob[] = [];
  private readonly ids = new UuidIdSource();
  private hours = 0;
  private readonly putAtHours = new Map<string, number>();
  private readonly orphanSinceHours = new Map<string, number>();
  /** Timelines that have had a complete checkpoint: from then on there is always one. */
  private readonly restorable = new Set<string>();
  private readonly files = new Map<CheckpointId, readonly string[]>();
  private readonly savepoints: { readonly id: CheckpointId; readonly jobId: JobId }[] = [];
  /** By owner. */
  private readonly pinned = new Map<string, { readonly id: CheckpointId; readonly forJobId: JobId }>();

  constructor(
    readonly tenantId: TenantId,
    private readonly runnerId: RunnerId,
    readonly dataSource: DataSource,
    readonly stores: Stores,
    private readonly objects: ObjectStore,
  ) {}

  async addJob(): Promise<void> {
    await this.claimNew(await aSubmittedJob(this.dataSource, this.tenantId));
  }

  private async claimNew(jobId: JobId): Promise<KeptJob> {
    const [outcome] = await this.stores.scheduling.scheduleDueJobs(10);
    if (outcome?.outcome !== 'scheduled') throw new Error('The job was not due.');
    const claimed = await this.stores.runs.claim(outcome.runId, this.runnerId);
    if (claimed === undefined) throw new Error('The run could not be claimed.');
    const job = new KeptJob(jobId, this.runnerId, claimed);
    this.jobs.push(job);
    return job;
  }

  /** What a process works with; dies where `crash` says so. */
  ports(steps = new Steps()): KeptJobPorts & Pick<Stores, 'upkeep'> {
    const { runs, scheduling, upkeep } = this.stores;
    const put = (path: string): void => {
      this.putAtHours.set(path, this.hours);
    };
    const ports = {
      runs: stepped(runs, steps),
      scheduling: stepped(scheduling, steps),
      upkeep: stepped(upkeep, steps),
    };
    return { ...ports, objects: new SteppedStore(this.objects, steps, { put }) };
  }

  async take(job: KeptJob, keys: number, steps?: Steps, savepoint?: number): Promise<CheckpointId | undefined> {
    const id = await survives(() => job.take(this.ports(steps), keys, savepoint));
    if (id === 'crashed') await this.restart(job, { lost: true });
    return id === 'crashed' ? undefined : id;
  }

  async collect(crash?: Crash): Promise<void> {
    const { scheduling, upkeep, objects } = this.ports(new Steps(crash));
    await survives(() => new Collect(scheduling, upkeep, objects, CONFIG).pass(new AbortController().signal));
  }

  async verify(crash?: Crash): Promise<void> {
    const { upkeep, objects } = this.ports(new Steps(crash));
    await survives(() => new VerifyCheckpoints(upkeep, objects, CONFIG).pass(new AbortController().signal));
  }

  /** A whole round, unless it crashes. Nothing that is younger than the grace period may be removed. */
  async sweep(crash?: Crash): Promise<void> {
    const steps = new Steps(crash);
    const objects = new SteppedStore(this.objects, steps, {
      remove: (path) => {
        expect(this.hours - (this.putAtHours.get(path) ?? this.hours)).toBeGreaterThanOrEqual(GRACE_HOURS);
      },
    });
    const sweep = new Sweep(stepped(this.stores.upkeep, steps), objects, CONFIG);
    let rounds = (await this.stores.upkeep.sweepPosition()) === undefined ? 1 : 2;
    while (rounds > 0) {
      if ((await survives(() => sweep.pass(new AbortController().signal))) === 'crashed') return;
      if ((await this.stores.upkeep.sweepPosition()) === undefined) rounds -= 1;
    }
    await this.expectNoOldOrphan();
  }

  /** Ends the run, or loses it, and starts the job again; `meanwhile` happens twice while it restores. */
  async restart(
    job: KeptJob,
    how: { readonly lost: boolean; readonly end?: RunEnd; readonly meanwhile?: () => Promise<void> },
  ): Promise<void> {
    const { runs, scheduling } = this.stores;
    const { fence } = job.claimed;
    if (how.lost) await runs.disown(fence.runId, job.runnerId);
    else await runs.end(fence, how.end ?? { kind: 'drained', reason: 'runner_shutdown' });
    await this.dataSource.query('UPDATE jobs SET retry_at = NULL, attempts = 0 WHERE id = $1', [job.jobId]);
    const outcomes = await scheduling.scheduleDueJobs(10);
    const scheduled = outcomes.find((outcome) => outcome.outcome === 'scheduled' && outcome.jobId === job.jobId);
    if (scheduled?.outcome !== 'scheduled') throw new Error(`The job was not scheduled: ${JSON.stringify(outcomes)}`);
    await how.meanwhile?.();
    const claimed = await runs.claim(scheduled.runId, job.runnerId);
    if (claimed === undefined) throw new Error('The run could not be claimed.');
    job.claimed = claimed;
    await how.meanwhile?.();
    const restored = await job.restore(this.ports());
    const { timeline } = claimed.base;
    if (this.restorable.has(`${job.jobId}/${timeline}`)) expect(restored).toBeDefined();
    expect(await runs.markRunning(claimed.fence)).toBe('done');
  }

  /** Orders the job back to one of its checkpoints while its run has it; that ends, or is lost, and the next begins there. */
  async rollBack(job: KeptJob, which: number, how: Parameters<KeptWorld['restart']>[1]): Promise<void> {
    const row = await this.completeOf(job, which);
    if (row !== undefined) await this.goTo(job, row.id, how);
  }

  /** Back to the tip of the timeline that the last rollback has left. */
  async undo(job: KeptJob, how: Parameters<KeptWorld['restart']>[1]): Promise<void> {
    const recovery = this.stores.recovery.forTenant(this.tenantId);
    const [last] = await recovery.listRollbacks(job.jobId, { limit: 1 });
    if (last === undefined) return;
    const tip = await recovery.tipOf(job.jobId, last.from.timeline);
    // A timeline that was left before its first checkpoint has none.
    if (tip !== undefined) await this.goTo(job, tip.id, how);
  }

  private async goTo(
    job: KeptJob,
    checkpointId: CheckpointId,
    how: Parameters<KeptWorld['restart']>[1],
  ): Promise<void> {
    const recovery = this.stores.recovery.forTenant(this.tenantId);
    const { timeline } = job.claimed.base;
    const id = this.ids.next('rollback');
    expect(await recovery.orderRollback(job.jobId, { id, checkpointId }, BY)).toMatchObject({ outcome: 'ordered' });
    await how.meanwhile?.();
    await this.restart(job, how);
    expect(job.claimed.checkpoint?.id).toBe(checkpointId);
    expect(job.claimed.base.timeline).toBe(timeline + 1);
    expect(await recovery.findRollback(job.jobId, id)).toMatchObject({ status: 'begun', timeline: timeline + 1 });
  }

  /** Gives the job its next revision, which begins with the state of the one before. */
  async upgrade(job: KeptJob, how: Parameters<KeptWorld['restart']>[1]): Promise<void> {
    const { outcome } = await this.stores.jobs.forTenant(this.tenantId).addRevision(job.jobId, aRevision(), BY);
    expect(outcome).toBe('ordered');
    await this.restart(job, { ...how, ...(how.lost ? {} : { end: { kind: 'drained', reason: 'redeploy' } }) });
  }

  /** The job's run ends because it is worse: a revision on probation goes back by itself, another one tries again. */
  async fail(job: KeptJob): Promise<void> {
    const [row] = await this.dataSource.query<{ back: CheckpointId | null }[]>(
      `SELECT CASE WHEN (probation->>'revision')::integer = revision THEN probation->'back'->>'checkpointId' END AS back
         FROM jobs WHERE id = $1`,
      [job.jobId],
    );
    const end = { kind: 'unhealthy', code: 'revision_unhealthy', reason: 'it is a test' } as const;
    await this.restart(job, { lost: false, end });
    if (row?.back !== null) expect(job.claimed.checkpoint?.id).toBe(row?.back);
  }

  /** Another job that begins with one of the job's checkpoints. */
  async fork(job: KeptJob, which: number, collects: boolean): Promise<void> {
    const row = await this.completeOf(job, which);
    if (row === undefined || this.jobs.length >= JOBS_MAX) return;
    const id = aJobId();
    const { bundleDigest, manifest, config, options } = aRevision();
    const fork = { id, name: id, bundleDigest, manifest, config, options, checkpointId: row.id };
    const recovery = this.stores.recovery.forTenant(this.tenantId);
    expect(await recovery.fork(job.jobId, fork, BY)).toMatchObject({ outcome: 'forked', job: { id } });
    if (collects) await this.collect();
    const forked = await this.claimNew(id);
    expect(forked.claimed.checkpoint?.id).toBe(row.id);
    expect(await forked.restore(this.ports())).toBe(row.id);
    expect(await this.stores.runs.markRunning(forked.claimed.fence)).toBe('done');
  }

  /** Asks for a savepoint, which the job's run writes. */
  async savepoint(job: KeptJob, keys: number, steps?: Steps): Promise<void> {
    const recovery = this.stores.recovery.forTenant(this.tenantId);
    const asked = await recovery.requestSavepoint(job.jobId, { id: this.ids.next('savepoint'), label: 'a test' }, BY);
    if (asked.outcome !== 'requested') throw new Error(`It was ${asked.outcome}.`);
    const alive = await this.stores.runs.heartbeat(this.runnerId);
    const wanted = alive.outcome === 'alive' ? alive.orders.get(job.claimed.fence.runId)?.savepoint : undefined;
    expect(wanted).toBeGreaterThan(0);
    const id = await this.take(job, keys, steps, wanted);
    const made = await recovery.findSavepoint(job.jobId, asked.savepoint.id);
    if (id !== undefined) expect(made).toMatchObject({ status: 'complete', checkpointId: id });
    if (made?.checkpointId !== undefined) this.savepoints.push({ id: made.checkpointId, jobId: job.jobId });
  }

  private async completeOf(job: KeptJob, which: number): Promise<Row | undefined> {
    const rows = (await this.rows()).filter(({ job_id, status }) => job_id === job.jobId && status === 'complete');
    return rows[which % rows.length];
  }

  /** Pins one of the job's complete checkpoints on behalf of another job. */
  async pin(job: KeptJob, which: number, forJobId: JobId): Promise<void> {
    const row = await this.completeOf(job, which);
    if (row === undefined) return;
    const pin = { tenantId: this.tenantId, jobId: job.jobId, checkpointId: row.id, forJobId, reason: 'for a test' };
    const owner = `test/${row.id}/${forJobId}`;
    expect(await this.dataSource.transaction((tx) => pinCheckpoint(tx, { ...pin, owner }))).toBe('pinned');
    this.pinned.set(owner, { id: row.id, forJobId });
  }

  async release(which: number): Promise<void> {
    const owner = [...this.pinned.keys()][which];
    if (owner === undefined) return;
    await this.dataSource.transaction((tx) => releasePins(tx, owner));
    this.pinned.delete(owner);
  }

  async deleteJob(job: KeptJob): Promise<void> {
    const jobs = this.stores.jobs.forTenant(this.tenantId);
    await jobs.order(job.jobId, 'stop', { actor: 'test', trace: undefined });
    await this.stores.runs.end(job.claimed.fence, { kind: 'drained', reason: 'stop' });
    const pinned = await this.dataSource.query<unknown[]>(
      `SELECT 1 FROM checkpoint_pins p JOIN checkpoints c ON c.id = p.checkpoint_id WHERE c.job_id = $1 AND p.for_job_id <> $1`,
      [job.jobId],
    );
    const { outcome } = await jobs.remove(job.jobId, {});
    expect(outcome).toBe(pinned.length > 0 ? 'pinned' : 'ordered');
    if (outcome === 'ordered') {
      this.forget(job.jobId);
      this.jobs.splice(this.jobs.indexOf(job), 1);
      await this.addJob();
      return;
    }
    await jobs.order(job.jobId, 'start', { actor: 'test', trace: undefined });
    await this.restart(job, { lost: true });
  }

  /** What was held on behalf of a job goes with it. */
  private forget(jobId: JobId): void {
    for (const [owner, { forJobId }] of this.pinned) if (forJobId === jobId) this.pinned.delete(owner);
    const kept = this.savepoints.filter((savepoint) => savepoint.jobId !== jobId);
    this.savepoints.splice(0, Infinity, ...kept);
  }

  async letPass(hours: number): Promise<void> {
    this.hours += hours;
    const moved = (columns: readonly string[]): string =>
      columns.map((column) => `${column} = ${column} - $1 * interval '1 hour'`).join(', ');
    await this.dataSource.query(`UPDATE orphans SET ${moved(['found_at'])}`, [hours]);
    await this.dataSource.query(`UPDATE checkpoints SET ${moved(['created_at', 'completed_at', 'verified_at'])}`, [
      hours,
    ]);
  }

  rows(): Promise<readonly Row[]> {
    return this.dataSource.query(
      `SELECT id, job_id, timeline, path, builds_on, manifest_sha256, status, kind, verified_at FROM checkpoints ORDER BY batch_id, id`,
    );
  }

  /** What must hold whatever has happened. */
  async check(): Promise<void> {
    const rows = await this.rows();
    const present = new Set(await this.objects.list(this.tenantId));
    const alive = new Set(rows.filter(({ status }) => status !== 'deleted').map(({ path }) => path));
    const complete = rows.filter(({ status }) => status === 'complete');
    expect(rows.filter(({ status }) => status === 'corrupt')).toEqual([]);
    for (const row of complete) {
      expect(present).toContain(`${row.path}/manifest.json`);
      for (const folder of row.builds_on) expect(alive).toContain(folder);
      for (const file of await this.filesOf(row)) expect(present).toContain(file);
    }
    const jobIds = this.jobs.map(({ jobId }) => jobId as string);
    for (const { job_id, timeline } of complete) this.restorable.add(`${job_id}/${timeline}`);
    for (const timeline of this.restorable) {
      if (!jobIds.includes(timeline.split('/')[0] ?? '')) continue;
      expect(complete.map((row) => `${row.job_id}/${row.timeline}`)).toContain(timeline);
    }
    const ids = complete.map(({ id }) => id);
    await this.expectBases(ids);
    for (const { id } of [...this.savepoints, ...this.pinned.values()]) expect(ids).toContain(id);
  }

  /** A timeline that begins with a checkpoint, and has none of its own yet, can be begun again. */
  private async expectBases(complete: readonly CheckpointId[]): Promise<void> {
    const bases = await this.dataSource.query<{ id: CheckpointId }[]>(
      `SELECT j.base_checkpoint_id AS id FROM jobs j
        WHERE j.base_checkpoint_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM checkpoints c
                           WHERE c.job_id = j.id AND c.timeline = j.timeline AND c.status = 'complete')`,
    );
    for (const { id } of bases) expect(complete).toContain(id);
  }

  /** Nothing more happens, and all is cleared up in the end: each object has its row, each row its objects. */
  async settle(): Promise<void> {
    for (const job of this.jobs) await this.restart(job, { lost: true });
    await this.collect();
    await this.verify();
    await this.sweep();
    await this.letPass(GRACE_HOURS);
    await this.sweep();
    await this.check();
    const rows = await this.rows();
    expect(rows.filter(({ status }) => status !== 'complete')).toEqual([]);
    const newest = new Map(rows.map((row) => [`${row.job_id}/${row.timeline}`, row]));
    for (const { verified_at: verifiedAt } of newest.values()) expect(verifiedAt).not.toBeNull();
    expect(await this.orphans()).toEqual([]);
  }

  /** Every state file that a restore of the checkpoint reads. An object never changes, so each is read once. */
  private async filesOf({ id, path, manifest_sha256: sha256 }: Row): Promise<readonly string[]> {
    const known = this.files.get(id);
    if (known !== undefined) return known;
    const { chain } = await readCheckpoint(this.objects, path, sha256 ?? '');
    const files = Object.values(chain?.files ?? {}).flat();
    const paths = files.map((file) => `${file.in}/${file.path}`);
    this.files.set(id, paths);
    return paths;
  }

  private async expectNoOldOrphan(): Promise<void> {
    const orphans = await this.orphans();
    for (const path of this.orphanSinceHours.keys()) if (!orphans.includes(path)) this.orphanSinceHours.delete(path);
    for (const path of orphans) {
      const sinceHours = this.orphanSinceHours.get(path) ?? this.hours;
      this.orphanSinceHours.set(path, sinceHours);
      expect(this.hours - sinceHours).toBeLessThan(GRACE_HOURS);
    }
  }

  private async orphans(): Promise<readonly string[]> {
    const paths = (await this.rows()).map(({ path }) => path);
    const objects = await this.objects.list(this.tenantId);
    return objects.filter((object) => !paths.some((path) => object.startsWith(`${path}/`)));
  }
}

async function survives<T>(work: () => Promise<T>): Promise<T | 'crashed'> {
  try {
    return await work();
  } catch (error) {
    const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
    if (errors.every((each) => each instanceof SimulatedCrash || each instanceof AggregateError)) return 'crashed';
    throw error;
  }
}
