import {
  decideOrder,
  JobStores,
  type Bundle,
  type BundleDigest,
  type Deployed,
  type Job,
  type JobConfig,
  type JobId,
  type JobOrder,
  type JobStatus,
  type JobStore,
  type NewRevision,
  type Ordered,
  type Page,
  type RequestId,
  type StartMode,
  type TenantId,
  type UpgradeAnswer,
  type UpgradeFacts,
  type UpgradePlanRecord,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { toBundle, toJob, toUpgradePlan } from '../mapping.js';
import { BundleRow, JobRow, OutboxRow, RunRow, TOPICS, UpgradePlanRow } from '../rows/index.js';
import { changeJob, isAtRest, isOwned, lockJob, type By, type Decide } from './change-job.js';
import { insertJob } from './create-job.js';
import { JobHistory } from './job-history.js';
import { keepNewest } from './keep-newest.js';
import { readPage } from '../read-page.js';
import { pinByAnotherJob } from '../scheduling/checkpoint-pins.js';
import { pendingRollback, supersedeRollback } from '../scheduling/pending-rollback.js';
import { goneBeforeStart } from './hold-start.js';
import { addRevision, decideUpgrade, readUpgradeFacts } from './upgrades.js';

/** What an order of its own is refused with; the other outcomes are those of any change. */
type NotOrdered = Extract<Ordered, { outcome: 'refused' | 'in_use' | 'checkpoint_gone' }>;

@Injectable()
export class TypeOrmJobStores extends JobStores {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override forTenant(tenantId: TenantId): JobStore {
    return new TypeOrmJobStore(this.dataSource.manager, tenantId);
  }
}

class TypeOrmJobStore extends JobHistory implements JobStore {
  constructor(manager: EntityManager, tenantId: TenantId) {
    super(manager, tenantId);
  }

  async saveBundle(bundle: Bundle): Promise<void> {
    const { digest, bytes, manifest } = bundle;
    await this.manager
      .createQueryBuilder()
      .insert()
      .into(BundleRow)
      .values({ tenantId: this.tenantId, digest, bytes, manifest: manifest as object })
      .orIgnore()
      .execute();
  }

  async findBundle(digest: BundleDigest): Promise<Bundle | undefined> {
    const row = await this.manager.findOneBy(BundleRow, { tenantId: this.tenantId, digest });
    return row === null ? undefined : toBundle(row);
  }

  async listBundles({ after, limit }: Page<BundleDigest>): Promise<readonly Bundle[]> {
    const query = this.manager
      .createQueryBuilder(BundleRow, 'b')
      .where('b.tenant_id = :tenantId', { tenantId: this.tenantId });
    if (after !== undefined) {
      query.andWhere(
        '(b.created_at, b.digest) < (SELECT a.created_at, a.digest FROM bundles a WHERE a.tenant_id = :tenantId AND a.digest = :after)',
        { after },
      );
    }
    query.orderBy('b.created_at', 'DESC').addOrderBy('b.digest', 'DESC').limit(limit);
    return (await readPage(query)).map(toBundle);
  }

  async create(
    job: { readonly id: JobId; readonly name: string; readonly bundleDigest: BundleDigest; readonly config: JobConfig },
    by: Omit<By, 'expectedVersion'>,
  ): ReturnType<JobStore['create']> {
    const { id, name } = job;
    const created = await this.manager.transaction((tx) => insertJob(tx, { ...job, tenantId: this.tenantId }, by));
    const made = created ? await this.find(id) : await this.findByRequest(by.requestId);
    if (made !== undefined) return { outcome: 'created', job: made };
    const other = await this.findByName(name);
    if (other === undefined) throw new Error(`The job "${name}" was removed while it was being created.`);
    return { outcome: 'name_taken', jobId: other.id };
  }

  async find(id: JobId): Promise<Job | undefined> {
    return this.joined(await this.manager.findOneBy(JobRow, { id, tenantId: this.tenantId }));
  }

  async findByName(name: string): Promise<Job | undefined> {
    return this.joined(await this.manager.findOneBy(JobRow, { name, tenantId: this.tenantId }));
  }

  async list({ after, limit, status }: Page<JobId> & { readonly status?: JobStatus }): Promise<readonly Job[]> {
    const query = this.manager
      .createQueryBuilder(JobRow, 'j')
      .where('j.tenant_id = :tenantId', { tenantId: this.tenantId });
    if (after !== undefined) query.andWhere('j.id < :after', { after });
    if (status !== undefined) query.andWhere('j.status = :status', { status });
    const rows = await readPage(query.orderBy('j.id', 'DESC').limit(limit));
    const runs = await this.runsById(rows.flatMap(({ currentRunId }) => (currentRunId === null ? [] : [currentRunId])));
    return rows.map((row) => toJob(row, runs.get(row.currentRunId ?? '')));
  }

  async upgradeFacts(id: JobId): Promise<UpgradeFacts | undefined> {
    return this.manager.transaction('REPEATABLE READ', async (tx) => {
      const row = await tx.findOneBy(JobRow, { id, tenantId: this.tenantId });
      return row === null ? undefined : readUpgradeFacts(tx, row);
    });
  }

  async savePlan(plan: Omit<UpgradePlanRecord, 'tenantId' | 'createdAt'>): Promise<UpgradePlanRecord> {
    const { config, options, plan: said, checkpointId, ...columns } = plan;
    const row = { ...columns, tenantId: this.tenantId, checkpointId: checkpointId ?? null };
    return this.manager.transaction(async (tx) => {
      await tx.insert(UpgradePlanRow, { ...row, config, options, plan: said as object });
      await keepNewest(tx, 'upgrade_plans', row);
      return toUpgradePlan(await tx.findOneByOrFail(UpgradePlanRow, { id: plan.id }));
    });
  }

  addRevision(id: JobId, revision: NewRevision, by: By): Promise<Deployed> {
    return this.change(id, by, (tx, row) => addRevision(tx, row, revision, by));
  }

  decideUpgrade(id: JobId, answer: UpgradeAnswer, by: By): Promise<Deployed> {
    return this.change(id, by, (tx, row) => decideUpgrade(tx, row, answer, by));
  }

  async order(id: JobId, order: JobOrder, by: By): Promise<Ordered> {
    return this.change<NotOrdered>(id, by, async (tx, row, status) => {
      const decision = decideOrder({ desired: row.desired as Job['desired'], status }, order);
      if (decision.kind === 'refused') return { outcome: 'refused', status, event: decision.event };
      const { startMode } = by;
      if (startMode !== undefined && !isAtRest(row, status)) return { outcome: 'in_use', status };
      if (decision.kind === 'as_it_is') return 'as_it_is';
      const checkpointId = await goneBeforeStart(tx, row, startMode);
      if (checkpointId !== undefined) return { outcome: 'checkpoint_gone', checkpointId };
      const left = startMode === undefined ? undefined : await supersedeRollback(tx, row);
      await appendEvents(tx, { tenantId: this.tenantId, jobId: id }, [
        { type: `job.${order}_ordered`, data: { actor: by.actor, ...shownMode(startMode) } },
      ]);
      return {
        set: {
          desired: decision.desired,
          startMode: startMode ?? pendingRollback(row) ?? null,
          // One that goes on would lead back to before what is ordered here.
          ...(startMode === undefined ? {} : { probation: null }),
          ...(left === undefined ? {} : { revision: left }),
          ...(order === 'start' ? { attempts: 0, retryAt: null, startTrigger: 'resume' } : {}),
        },
        event: decision.event,
        supersedes: decision.event !== undefined,
      };
    });
  }

  async remove(id: JobId, { expectedVersion }: { readonly expectedVersion?: number | undefined }): Promise<Ordered> {
    return this.manager.transaction(async (tx): Promise<Ordered> => {
      const row = await lockJob(tx, this.tenantId, id);
      if (row === null) return { outcome: 'not_found' };
      if (expectedVersion !== undefined && expectedVersion !== row.version) return { outcome: 'changed_meanwhile' };
      const job = toJob(row, undefined);
      if (isOwned(job.status)) return { outcome: 'refused', status: job.status, event: 'delete' };
      const pin = await pinByAnotherJob(tx, id);
      if (pin !== undefined) return { outcome: 'pinned', ...pin };
      await tx.delete(JobRow, { id, tenantId: this.tenantId });
      await tx.insert(OutboxRow, { topic: TOPICS.jobDeleted, payload: { tenantId: this.tenantId, jobId: id } });
      return { outcome: 'ordered', job };
    });
  }

  private async change<R extends { readonly outcome: string }>(
    id: JobId,
    by: By,
    decide: Decide<R>,
  ): Promise<R | Exclude<Ordered, NotOrdered>> {
    const outcome = await changeJob(this.manager, { tenantId: this.tenantId, id }, by, decide);
    if (outcome !== 'changed') return outcome;
    const job = await this.find(id);
    return job === undefined ? { outcome: 'not_found' } : { outcome: 'ordered', job };
  }

  private async findByRequest(requestId: RequestId | undefined): Promise<Job | undefined> {
    if (requestId === undefined) return undefined;
    return this.joined(await this.manager.findOneBy(JobRow, { tenantId: this.tenantId, requestId }));
  }

  private async joined(row: JobRow | null): Promise<Job | undefined> {
    if (row === null) return undefined;
    const runs = await this.runsById(row.currentRunId === null ? [] : [row.currentRunId]);
    return toJob(row, runs.get(row.currentRunId ?? ''));
  }

  private async runsById(ids: readonly string[]): Promise<Map<string, RunRow>> {
    if (ids.length === 0) return new Map();
    const runs = await this.manager
      .createQueryBuilder(RunRow, 'r')
      .where('r.tenant_id = :tenantId AND r.id = ANY(:ids)', { tenantId: this.tenantId, ids })
      .getMany();
    return new Map(runs.map((run) => [run.id, run]));
  }
}

/** Where a start was ordered to begin, without the offsets that were found for it: the decision has those. */
const shownMode = (startMode: StartMode | undefined): object =>
  startMode === undefined
    ? {}
    : {
        from: startMode.mode,
        ...(startMode.mode === 'checkpoint' ? { checkpointId: startMode.checkpointId } : {}),
        ...(startMode.mode === 'timestamp' ? { timestampMs: startMode.timestampMs } : {}),
      };
