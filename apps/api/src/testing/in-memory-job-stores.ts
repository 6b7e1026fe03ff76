import {
  AT_REST_STATUSES,
  decideOrder,
  JobStores,
  NO_UPGRADE_OPTIONS,
  nextStatus,
  OWNED_STATUSES,
  planUpgrade,
  stillHolds,
  type BatchPosition,
  type BatchRecord,
  type Bundle,
  type BundleDigest,
  type Checkpoint,
  type CheckpointId,
  type DecisionId,
  type Deployed,
  type Job,
  type JobConfig,
  type JobEventRecord,
  type JobId,
  type JobOrder,
  type JobStatus,
  type JobStore,
  type NewRevision,
  type Ordered,
  type Page,
  type PlanId,
  type RequestId,
  type RestoreDecision,
  type Revision,
  type Run,
  type RunId,
  type StartMode,
  type TenantId,
  type TraceParent,
  type UpgradeAnswer,
  type UpgradeFacts,
  type UpgradePlanRecord,
} from '@tidemark/domain';
import { isAfter } from '../inspect/batch-position.js';

type By = {
  readonly actor: string;
  readonly trace: TraceParent;
  readonly expectedVersion?: number | undefined;
  readonly requestId?: RequestId | undefined;
  readonly startMode?: StartMode | undefined;
};

/** Everything of one tenant, open to the tests that fill it and look into it. Lists are oldest first. */
export class InMemoryTenant {
  readonly bundles: Bundle[] = [];
  readonly jobs: Job[] = [];
  readonly revisions: Revision[] = [];
  readonly runs: Run[] = [];
  readonly batches: (BatchRecord & { readonly jobId: JobId })[] = [];
  readonly checkpoints: Checkpoint[] = [];
  readonly decisions: RestoreDecision[] = [];
  readonly plans: UpgradePlanRecord[] = [];
  readonly events: JobEventRecord[] = [];
  /** The trace that each change was made with, in order. */
  readonly traces: TraceParent[] = [];
  /** Where each start was told to begin that was told so. */
  readonly startModes: StartMode[] = [];
  /** The job that each repeatable request has made or changed. */
  readonly requests = new Map<RequestId, JobId>();
}

/** The tenants' stores of one process, for tests. */
export class InMemoryJobStores extends JobStores {
  private readonly tenants = new Map<TenantId, InMemoryTenant>();

  tenant(id: TenantId): InMemoryTenant {
    const known = this.tenants.get(id) ?? new InMemoryTenant();
    this.tenants.set(id, known);
    return known;
  }

  override forTenant(tenantId: TenantId): InMemoryJobStore {
    return new InMemoryJobStore(tenantId, this.tenant(tenantId));
  }
}

class InMemoryJobStore implements JobStore {
  constructor(
    private readonly tenantId: TenantId,
    private readonly data: InMemoryTenant,
  ) {}

  async saveBundle(bundle: Bundle): Promise<void> {
    this.data.bundles.push(bundle);
  }

  async findBundle(digest: BundleDigest): Promise<Bundle | undefined> {
    return this.data.bundles.find((bundle) => bundle.digest === digest);
  }

  async listBundles(page: Page<BundleDigest>): Promise<readonly Bundle[]> {
    return newestFirst(this.data.bundles, ({ digest }) => digest, page);
  }

  async create(
    order: {
      readonly id: JobId;
      readonly name: string;
      readonly bundleDigest: BundleDigest;
      readonly config: JobConfig;
    },
    by: By,
  ): ReturnType<JobStore['create']> {
    const made = this.data.jobs.find(({ id }) => id === this.data.requests.get(by.requestId ?? ''));
    if (made !== undefined) return { outcome: 'created', job: made };
    const taken = this.data.jobs.find(({ name }) => name === order.name);
    if (taken !== undefined) return { outcome: 'name_taken', jobId: taken.id };
    const job = submittedJob(this.tenantId, order);
    this.data.jobs.push(job);
    this.data.traces.push(by.trace);
    if (by.requestId !== undefined) this.data.requests.set(by.requestId, job.id);
    this.pushRevision(job.id, 1, order);
    return { outcome: 'created', job };
  }

  async find(id: JobId): Promise<Job | undefined> {
    return this.data.jobs.find((job) => job.id === id);
  }

  async findByName(name: string): Promise<Job | undefined> {
    return this.data.jobs.find((job) => job.name === name);
  }

  async list(page: Page<JobId> & { readonly status?: JobStatus }): Promise<readonly Job[]> {
    const jobs = this.data.jobs.filter(({ status }) => page.status === undefined || status === page.status);
    return newestFirst(jobs, ({ id }) => id, page);
  }

  async upgradeFacts(id: JobId): Promise<UpgradeFacts | undefined> {
    const job = await this.find(id);
    return job === undefined ? undefined : this.factsOf(job);
  }

  async savePlan(plan: Omit<UpgradePlanRecord, 'tenantId' | 'createdAt'>): Promise<UpgradePlanRecord> {
    const record = { ...plan, tenantId: this.tenantId, createdAt: new Date(0) };
    this.data.plans.push(record);
    return record;
  }

  async findPlan(id: JobId, planId: PlanId): Promise<UpgradePlanRecord | undefined> {
    return ofJob(this.data.plans, id).find((plan) => plan.id === planId);
  }

  async listPlans(id: JobId, page: Page<PlanId>): Promise<readonly UpgradePlanRecord[]> {
    return newestFirst(ofJob(this.data.plans, id), (plan) => plan.id, page);
  }

  async addRevision(id: JobId, revision: NewRevision, by: By): Promise<Deployed> {
    return this.change<Deployed>(id, by, (job) => {
      if (job.status === 'cancelled') return { outcome: 'refused', status: job.status, event: 'restart' };
      const plan = planUpgrade(this.factsOf(job), revision);
      if (revision.expected !== undefined && !stillHolds(revision.expected, { revision: job.revision, plan }))
        return { outcome: 'plan_outdated', plan };
      if (plan.outcome === 'refuse') return { outcome: 'upgrade_refused', objections: plan.objections };
      const number = Math.max(...ofJob(this.data.revisions, id).map((one) => one.number)) + 1;
      this.pushRevision(id, number, revision);
      const { objections } = plan;
      return plan.outcome === 'ask' ? { upgrade: { revision: number, objections } } : { revision: number };
    });
  }

  async decideUpgrade(id: JobId, answer: UpgradeAnswer, by: By): Promise<Deployed> {
    return this.change<Deployed>(id, by, ({ upgrade, revision }) => {
      if (upgrade === undefined) return { outcome: 'nothing_to_decide' };
      return { upgrade: undefined, revision: answer === 'reset' ? upgrade.revision : revision };
    });
  }

  private factsOf(job: Job): UpgradeFacts {
    const revision = ofJob(this.data.revisions, job.id).find(({ number }) => number === job.revision);
    const bundle = this.data.bundles.find(({ digest }) => digest === revision?.bundleDigest);
    if (bundle === undefined) throw new Error('The job has no bundle.');
    const { manifest } = bundle;
    const stored = job.lastBatch && { checkpointId: undefined, shapes: manifest.shapes, rows: 0, bytes: 0 };
    return { revision: job.revision, manifest, stored, committedOffsets: job.lastBatch?.offsets, processingMs: [] };
  }

  async order(id: JobId, order: JobOrder, by: By): Promise<Ordered> {
    const { startMode } = by;
    const status = (await this.find(id))?.status;
    if (startMode !== undefined && status !== undefined) {
      if (!(AT_REST_STATUSES as readonly JobStatus[]).includes(status)) return { outcome: 'in_use', status };
      this.data.startModes.push(startMode);
    }
    return this.change<Ordered>(id, by, (job) => {
      const decision = decideOrder(job, order);
      if (decision.kind === 'as_it_is') return {};
      if (decision.kind === 'refused') return { outcome: 'refused', status: job.status, event: decision.event };
      const status = decision.event === undefined ? undefined : nextStatus(job.status, decision.event);
      return { desired: decision.desired, status: status ?? job.status };
    });
  }

  async remove(id: JobId, { expectedVersion }: { readonly expectedVersion?: number | undefined }): Promise<Ordered> {
    const job = await this.find(id);
    if (job === undefined) return { outcome: 'not_found' };
    if (expectedVersion !== undefined && expectedVersion !== job.version) return { outcome: 'changed_meanwhile' };
    if ((OWNED_STATUSES as readonly JobStatus[]).includes(job.status)) {
      return { outcome: 'refused', status: job.status, event: 'delete' };
    }
    this.data.jobs.splice(this.data.jobs.indexOf(job), 1);
    return { outcome: 'ordered', job };
  }

  async findRevision(id: JobId, number: number): Promise<Revision | undefined> {
    return this.data.revisions.find((revision) => revision.jobId === id && revision.number === number);
  }

  async listRevisions(id: JobId, page: Page<number>): Promise<readonly Revision[]> {
    return newestFirst(ofJob(this.data.revisions, id), ({ number }) => number, page);
  }

  async findRun(id: JobId, runId: RunId): Promise<Run | undefined> {
    return ofJob(this.data.runs, id).find((run) => run.id === runId);
  }

  async listRuns(id: JobId, page: Page<RunId>): Promise<readonly Run[]> {
    return newestFirst(ofJob(this.data.runs, id), (run) => run.id, page);
  }

  async listBatches(id: JobId, page: Page<number> & { readonly timeline?: number }): Promise<readonly BatchRecord[]> {
    const timeline = page.timeline ?? (await this.find(id))?.timeline;
    const batches = ofJob(this.data.batches, id).filter(({ plan }) => plan.timeline === timeline);
    return newestFirst(batches, ({ plan }) => plan.batchId, page);
  }

  async newestCommitted(id: JobId): Promise<BatchPosition | undefined> {
    return this.committed(id).at(-1)?.plan;
  }

  async listCommitted(
    id: JobId,
    { after, limit }: { readonly after: BatchPosition; readonly limit: number },
  ): Promise<readonly BatchRecord[]> {
    const later = this.committed(id).filter(({ plan }) => isAfter(plan, after));
    return later.filter(({ plan }) => plan.timeline === later[0]?.plan.timeline).slice(0, limit);
  }

  /** Oldest first. */
  private committed(id: JobId): readonly BatchRecord[] {
    const committed = ofJob(this.data.batches, id).filter(({ commit }) => commit !== undefined);
    return committed.toSorted(({ plan: a }, { plan: b }) => (isAfter(a, b) ? 1 : -1));
  }

  async findCheckpoint(id: JobId, checkpointId: CheckpointId): Promise<Checkpoint | undefined> {
    return ofJob(this.data.checkpoints, id).find((checkpoint) => checkpoint.id === checkpointId);
  }

  async listCheckpoints(id: JobId, page: Page<CheckpointId>): Promise<readonly Checkpoint[]> {
    return newestFirst(ofJob(this.data.checkpoints, id), (checkpoint) => checkpoint.id, page);
  }

  async listDecisions(id: JobId, page: Page<DecisionId>): Promise<readonly RestoreDecision[]> {
    return newestFirst(ofJob(this.data.decisions, id), (decision) => decision.id, page);
  }

  async listEvents(
    id: JobId,
    { afterSeq, limit, type }: { readonly afterSeq?: string; readonly limit: number; readonly type?: string },
  ): Promise<readonly JobEventRecord[]> {
    const events = ofJob(this.data.events, id).filter((event) => type === undefined || event.type === type);
    if (afterSeq === undefined) return events.slice(-limit);
    return events.filter(({ seq }) => BigInt(seq) > BigInt(afterSeq)).slice(0, limit);
  }

  private change<R extends { readonly outcome: string }>(
    id: JobId,
    by: By,
    decide: (job: Job) => Partial<Job> | R,
  ): R | Exclude<Ordered, { outcome: 'refused' }> {
    const at = this.data.jobs.findIndex((job) => job.id === id);
    const job = this.data.jobs[at];
    if (job === undefined) return { outcome: 'not_found' };
    if (this.data.requests.get(by.requestId ?? '') === id) return { outcome: 'ordered', job };
    if (by.expectedVersion !== undefined && by.expectedVersion !== job.version) return { outcome: 'changed_meanwhile' };
    const change = decide(job);
    if ('outcome' in change) return change;
    const changed: Job = { ...job, ...change, version: job.version + 1 };
    this.data.jobs[at] = changed;
    if (by.requestId !== undefined) this.data.requests.set(by.requestId, id);
    this.data.traces.push(by.trace);
    return { outcome: 'ordered', job: changed };
  }

  private pushRevision(
    jobId: JobId,
    number: number,
    {
      bundleDigest,
      config,
      options = NO_UPGRADE_OPTIONS,
    }: Pick<NewRevision, 'bundleDigest' | 'config'> & Partial<Pick<NewRevision, 'options'>>,
  ): void {
    const { tenantId } = this;
    this.data.revisions.push({ tenantId, jobId, number, bundleDigest, config, options, createdAt: new Date(0) });
  }
}

const submittedJob = (tenantId: TenantId, { id, name }: { readonly id: JobId; readonly name: string }): Job => ({
  id,
  tenantId,
  name,
  desired: 'running',
  status: 'submitted',
  statusSince: new Date(0),
  statusReason: undefined,
  statusCode: undefined,
  revision: 1,
  epoch: 0,
  timeline: 1,
  lastBatch: undefined,
  currentRun: undefined,
  attempts: 0,
  upgrade: undefined,
  version: 1,
  createdAt: new Date(0),
});

const ofJob = <T extends { readonly jobId: JobId }>(items: readonly T[], id: JobId): readonly T[] =>
  items.filter(({ jobId }) => jobId === id);

function newestFirst<T, Cursor extends string | number>(
  oldestFirst: readonly T[],
  cursorOf: (item: T) => Cursor,
  { after, limit }: Page<Cursor>,
): readonly T[] {
  const items = oldestFirst.toReversed();
  const from = after === undefined ? 0 : items.findIndex((item) => cursorOf(item) === after) + 1;
  return items.slice(from, from + limit);
}
