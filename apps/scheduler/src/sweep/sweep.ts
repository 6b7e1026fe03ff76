import { checkpointsFolder, MANIFEST_NAME, ObjectStore, walFolder } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import { bundlePaths, CheckpointUpkeep, isId, type JobId, type SweepPosition, type TenantId } from '@tidemark/domain';
import { count, METRICS } from '@tidemark/observability';
import { Inject, Injectable } from '@nestjs/common';
import { SCHEDULER_CONFIG } from '../config.js';
import { inTurn, throwAll } from '../in-turn.js';
import { groupObjects } from './group-objects.js';

type Job = { readonly tenantId: TenantId; readonly jobId: JobId };

/** Parts of the store whose objects belong to jobs, in the order in which they are swept. */
const PARTS = {
  checkpoints: { folderOf: checkpointsFolder, tenantFolder: (tenantId: TenantId) => tenantId as string },
  wal: { folderOf: walFolder, tenantFolder: (tenantId: TenantId) => `wal/${tenantId}` },
} as const;
type Part = keyof typeof PARTS;
const PART_NAMES = Object.keys(PARTS) as Part[];

const TENANTS_PAGE = 100;
/** Jobs, and objects, that one pass looks at: it ends with the job that reaches either. */
const JOBS_MAX_PER_PASS = 20;
const OBJECTS_MAX_PER_PASS = 10_000;

/**
 * Looks slowly through the whole object store, job by job, for objects without a row and for rows without their objects.
 *
 * Objects without a row are what a crash, or a run that had lost its job and did not know, has left. They are removed
 * once they have been known for the grace period, the manifest last. Rows without a manifest are marked, and never
 * restored. Only tenants that the database knows are looked at: a store that belongs to another database is left alone.
 */
@Injectable()
export class Sweep {
  constructor(
    private readonly upkeep: CheckpointUpkeep,
    private readonly objects: ObjectStore,
    @Inject(SCHEDULER_CONFIG) private readonly config: SchedulerConfig,
  ) {}

  /** A bounded part of a round through the store; the next pass goes on behind it. Ends early when `signal` says so. */
  async pass(signal: AbortSignal): Promise<void> {
    let jobs = 0;
    let objects = 0;
    const errors: unknown[] = [];
    for await (const { part, ...job } of this.jobsAfter(await this.upkeep.sweepPosition())) {
      if (signal.aborted) return;
      try {
        objects += await this.sweepJob(part, job, signal);
      } catch (error) {
        // What is wrong with one job must not keep the sweep from the others.
        errors.push(error);
      }
      await this.upkeep.moveSweep({ part, ...job });
      jobs += 1;
      if (jobs >= JOBS_MAX_PER_PASS || objects >= OBJECTS_MAX_PER_PASS) return throwAll(errors);
    }
    await this.upkeep.moveSweep(undefined);
    throwAll(errors);
  }

  /** Every job that has a row or objects, of one part of the store after the other, from behind `position` on. */
  private async *jobsAfter(position: SweepPosition | undefined): AsyncGenerator<Job & { readonly part: Part }> {
    const from = PART_NAMES.findIndex((part) => part === position?.part);
    for (const part of PART_NAMES.slice(Math.max(0, from))) {
      const behind = part === position?.part ? position : undefined;
      if (behind !== undefined) yield* this.jobsOf(part, behind.tenantId, behind.jobId);
      let tenants = await this.upkeep.listTenants(behind?.tenantId, TENANTS_PAGE);
      while (tenants.length > 0) {
        for (const tenantId of tenants) yield* this.jobsOf(part, tenantId, undefined);
        tenants = await this.upkeep.listTenants(tenants.at(-1), TENANTS_PAGE);
      }
    }
  }

  private async *jobsOf(
    part: Part,
    tenantId: TenantId,
    after: JobId | undefined,
  ): AsyncGenerator<Job & { readonly part: Part }> {
    const stored = (await this.objects.folders(PARTS[part].tenantFolder(tenantId))).filter((name) => isId('job', name));
    const known = part === 'checkpoints' ? await this.upkeep.listJobs(tenantId) : [];
    for (const jobId of [...new Set([...stored, ...known])].sort()) {
      if (after === undefined || jobId > after) yield { part, tenantId, jobId };
    }
  }

  /** Rows before objects, and objects before rows: each is held only against what was there before it. */
  private async sweepJob(part: Part, job: Job, signal: AbortSignal): Promise<number> {
    const complete = part === 'checkpoints' ? await this.upkeep.listComplete(job) : [];
    const found = await this.objects.list(PARTS[part].folderOf(job));
    const groups = groupObjects(found);
    const graceMs = this.config.sweep.graceMs;
    const orphans = await this.upkeep.noteOrphans({ ...job, part, groups, graceMs });
    // Exactly what was found: nothing that came since.
    const remove = async (path: string): Promise<void> => this.objects.remove(path);
    await inTurn(orphans, ({ objects }) => inTurn([...objects].sort(manifestLast), remove, signal), signal);

    const present = new Set(found);
    for (const { id, path, bundleDigest } of complete) {
      if (present.has(`${path}/${MANIFEST_NAME}`)) continue;
      // A store that is not there, or not ours, must not cost a job its checkpoints: the job's code would be gone too.
      await this.objects.get(bundlePaths(job.tenantId, bundleDigest).code);
      if (await this.upkeep.markUnreadable(id, `${MANIFEST_NAME}: it is missing`)) {
        count(METRICS.checkpointsUnreadable, { foundBy: 'sweep' });
      }
    }
    return found.length;
  }
}

const isManifest = (path: string): boolean => path.endsWith(`/${MANIFEST_NAME}`);
const manifestLast = (a: string, b: string): number => Number(isManifest(a)) - Number(isManifest(b));
