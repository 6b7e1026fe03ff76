import {
  CheckpointUpkeep,
  type Checkpoint,
  type CheckpointId,
  type CheckpointToVerify,
  type JobId,
  type ObjectGroup,
  type SweepPosition,
  type TenantId,
} from '@tidemark/domain';

type Complete = Pick<Checkpoint, 'id' | 'path' | 'bundleDigest'>;

/** Holds what the test puts into it. Every group without a row is an orphan that is due at once. */
export class ScriptedUpkeep extends CheckpointUpkeep {
  judged = 0;
  due: CheckpointToVerify[] = [];
  readonly verified: CheckpointId[] = [];
  readonly unreadable: (readonly [CheckpointId, string])[] = [];
  position: SweepPosition | undefined;
  tenants: TenantId[] = [];
  jobs = new Map<TenantId, JobId[]>();
  complete: Complete[] = [];
  /** Paths of groups that have a row, or are too young. */
  kept: string[] = [];
  readonly looked: JobId[] = [];

  override async judgeQuotas(): Promise<void> {
    this.judged += 1;
  }

  override async nextToVerify({
    except,
  }: Parameters<CheckpointUpkeep['nextToVerify']>[0]): Promise<CheckpointToVerify | undefined> {
    const done = [...this.verified, ...this.unreadable.map(([id]) => id), ...except];
    return this.due.find(({ id }) => !done.includes(id));
  }

  override async noteVerified(id: CheckpointId): Promise<void> {
    this.verified.push(id);
  }

  override async markUnreadable(id: CheckpointId, reason: string): Promise<boolean> {
    this.unreadable.push([id, reason]);
    return true;
  }

  override async sweepPosition(): Promise<SweepPosition | undefined> {
    return this.position;
  }

  override async moveSweep(to: SweepPosition | undefined): Promise<void> {
    this.position = to;
  }

  override async listTenants(after: TenantId | undefined, limit: number): Promise<readonly TenantId[]> {
    return this.tenants.filter((id) => after === undefined || id > after).slice(0, limit);
  }

  override async listJobs(tenantId: TenantId): Promise<readonly JobId[]> {
    return this.jobs.get(tenantId) ?? [];
  }

  override async listComplete({ jobId }: { readonly jobId: JobId }): Promise<readonly Complete[]> {
    return this.complete.filter(({ path }) => path.includes(jobId));
  }

  override async noteOrphans(found: Parameters<CheckpointUpkeep['noteOrphans']>[0]): Promise<readonly ObjectGroup[]> {
    if (found.part === 'checkpoints') this.looked.push(found.jobId);
    return found.groups.filter(({ path }) => !this.kept.includes(path));
  }
}
