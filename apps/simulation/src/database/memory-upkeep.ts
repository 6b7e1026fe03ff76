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
import { holdTimelineOf, type Database, type Transact } from './database.js';
import type { CheckpointRow } from './tables.js';

type Found = Parameters<CheckpointUpkeep['noteOrphans']>[0];

/** What keeps rows and objects in step, as one scheduler process has it. */
export class MemoryUpkeep extends CheckpointUpkeep {
  constructor(
    private readonly database: Database,
    private readonly transact: Transact,
  ) {
    super();
  }

  override judgeQuotas(): Promise<void> {
    return Promise.resolve();
  }

  override nextToVerify({
    againAfterMs,
    except,
  }: Parameters<CheckpointUpkeep['nextToVerify']>[0]): Promise<CheckpointToVerify | undefined> {
    return this.transact('next to verify', () => nextToVerify(this.database, againAfterMs, except));
  }

  override noteVerified(id: CheckpointId): Promise<void> {
    return this.transact('verified', () => {
      const row = this.database.tables.checkpoints.get(id);
      if (row?.status !== 'complete') return;
      row.verifiedAt = new Date(this.database.nowMs());
      row.holds += 1;
    });
  }

  override markUnreadable(id: CheckpointId): Promise<boolean> {
    return this.transact('unreadable', () => {
      holdTimelineOf(this.database, id);
      const row = this.database.tables.checkpoints.get(id);
      if (row?.status !== 'complete') return false;
      this.database.watch.unreadable?.(row);
      row.status = 'corrupt';
      return true;
    });
  }

  override sweepPosition(): Promise<SweepPosition | undefined> {
    return this.transact('sweep position', () => this.database.tables.sweep);
  }

  override moveSweep(to: SweepPosition | undefined): Promise<void> {
    return this.transact('move sweep', () => {
      this.database.tables.sweep = to;
    });
  }

  override async listTenants(after: TenantId | undefined, limit: number): Promise<readonly TenantId[]> {
    return this.database.tables.tenants
      .filter((id) => id > (after ?? ''))
      .sort()
      .slice(0, limit);
  }

  override async listJobs(tenantId: TenantId): Promise<readonly JobId[]> {
    return [...this.database.tables.jobs.values()].filter((job) => job.tenantId === tenantId).map(({ id }) => id);
  }

  override listComplete({
    jobId,
  }: Parameters<CheckpointUpkeep['listComplete']>[0]): Promise<
    readonly Pick<Checkpoint, 'id' | 'path' | 'bundleDigest'>[]
  > {
    return this.transact('list complete', () =>
      this.database.tables
        .checkpointsOf(jobId)
        .filter(({ status }) => status === 'complete')
        .map(({ id, path, bundleDigest }) => ({ id, path, bundleDigest })),
    );
  }

  override noteOrphans(found: Found): Promise<readonly ObjectGroup[]> {
    return this.transact('note orphans', () => noteOrphans(this.database, found));
  }
}

function noteOrphans({ tables, nowMs }: Database, { jobId, part, groups, graceMs }: Found): readonly ObjectGroup[] {
  const known = new Set([...tables.checkpoints.values()].map(({ path }) => path));
  const isOrphan = ({ path }: ObjectGroup): boolean =>
    part === 'checkpoints' ? !known.has(path) : !tables.jobs.has(jobId);
  const orphans = groups.filter(isOrphan);
  const paths = new Set(orphans.map(({ path }) => path));
  for (const [path, row] of tables.orphans) {
    if (row.jobId === jobId && row.part === part && !paths.has(path)) tables.orphans.delete(path);
  }
  const due: ObjectGroup[] = [];
  for (const group of orphans) {
    const before = tables.orphans.get(group.path);
    const isSame = before !== undefined && group.objects.every((object) => before.objects.includes(object));
    const foundAtMs = isSame ? before.foundAtMs : nowMs();
    tables.orphans.set(group.path, { jobId, part, objects: group.objects, foundAtMs });
    if (foundAtMs <= nowMs() - graceMs) due.push(group);
  }
  return due;
}

function nextToVerify(
  { tables, nowMs }: Database,
  againAfterMs: number,
  except: readonly CheckpointId[],
): CheckpointToVerify | undefined {
  const complete = [...tables.checkpoints.values()].filter(
    ({ status, manifestSha256 }) => status === 'complete' && manifestSha256 !== undefined,
  );
  const isFresh = ({ verifiedAt }: CheckpointRow): boolean =>
    verifiedAt !== undefined && verifiedAt.getTime() >= nowMs() - againAfterMs;
  const lastOf = (jobId: JobId): number =>
    Math.max(-1, ...complete.filter((row) => row.jobId === jobId).map(({ verifiedAt }) => verifiedAt?.getTime() ?? -1));
  const due = complete.filter((row) => !isFresh(row) && !except.includes(row.id));
  const newest = [...Map.groupBy(due, ({ jobId }) => jobId).values()].flatMap((rows) =>
    rows.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1)).slice(0, 1),
  );
  const [row] = newest.sort((a, b) => lastOf(a.jobId) - lastOf(b.jobId) || (a.id < b.id ? -1 : 1));
  if (row === undefined) return undefined;
  const { id, tenantId, jobId, path, bundleDigest, buildsOn, manifestSha256 = '' } = row;
  const known = [...tables.checkpoints.values()]
    .filter((base) => base.status === 'complete' && buildsOn.includes(base.path) && isFresh(base))
    .map((base) => base.path);
  return { id, tenantId, jobId, path, bundleDigest, manifestSha256, known };
}
