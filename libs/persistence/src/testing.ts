import { setTimeout as delay } from 'node:timers/promises';
import {
  DEFAULT_HEALTH,
  NO_UPGRADE_OPTIONS,
  type BundleDigest,
  type BundleManifest,
  type CheckpointId,
  type ClaimedRun,
  type Fence,
  type JobConfig,
  type JobId,
  type JobStore,
  type NewCheckpoint,
  type NewRevision,
  type RunnerId,
  type RunStore,
  type TenantId,
  type CompletedCheckpoint,
  type IdSource,
} from '@tidemark/domain';
import { v7 } from 'uuid';
import type { DataSource } from 'typeorm';
import { TypeOrmAuditRetention } from './audit/typeorm-audit-retention.js';
import { TypeOrmAuditTrail } from './audit/typeorm-audit-trail.js';
import { TypeOrmInstallations } from './installation/typeorm-installations.js';
import { TypeOrmDeadLetterStores } from './dead-letters/typeorm-dead-letter-stores.js';
import { TypeOrmJobStores } from './jobs/typeorm-job-stores.js';
import { TypeOrmOffsetStores } from './jobs/typeorm-offset-stores.js';
import { TypeOrmRecoveryStores } from './recovery/typeorm-recovery-stores.js';
import { TypeOrmRunStore } from './runs/typeorm-run-store.js';
import { TypeOrmCheckpointUpkeep } from './scheduling/typeorm-checkpoint-upkeep.js';
import { TypeOrmRetentionStore } from './scheduling/typeorm-retention-store.js';
import { TypeOrmSchedulingStore } from './scheduling/typeorm-scheduling-store.js';
import { TypeOrmTenantStore } from './tenants/typeorm-tenant-store.js';
import { UuidIdSource } from './uuid-id-source.js';

export type { DataSource } from 'typeorm';
export { UuidIdSource } from './uuid-id-source.js';
export { pinCheckpoint, releasePins } from './scheduling/checkpoint-pins.js';

const plain = (): string => v7().replaceAll('-', '');

export const aRunnerId = (): RunnerId => `rnr_${plain()}` as RunnerId;
export const aCheckpointId = (): CheckpointId => `ckp_${plain()}` as CheckpointId;
export const aJobId = (): JobId => `job_${plain()}` as JobId;

export const aConfig = (more: Partial<JobConfig> = {}): JobConfig => ({
  restorePolicy: 'ask',
  checkpointIntervalMs: 10_000,
  limits: { memoryMb: 256, cpuMsPerBatch: 10_000 },
  health: DEFAULT_HEALTH,
  ...more,
});

export const aManifest = (more: Partial<BundleManifest> = {}): BundleManifest => ({
  definition: 1,
  name: 'a-job',
  batchIntervalMs: 500,
  poison: 'fail',
  nodes: [],
  shapes: {},
  ...more,
});

/** The next revision of a job. */
export const aRevision = (more: Partial<NewRevision> = {}): NewRevision => ({
  bundleDigest: aDigest(),
  manifest: aManifest(),
  config: aConfig(),
  options: NO_UPGRADE_OPTIONS,
  ...more,
});

export const aDigest = (letter = 'a'): BundleDigest => letter.repeat(64) as BundleDigest;

/** A checkpoint that builds on nothing; its path is its id. */
export const aCheckpoint = (id: string, batchId: number, more: Partial<NewCheckpoint> = {}): NewCheckpoint => ({
  id: id as CheckpointId,
  timeline: 1,
  batchId,
  batchTimeMs: batchId * 500,
  revision: 1,
  bundleDigest: aDigest(),
  path: id,
  buildsOn: [],
  offsets: { numbers: { '0': batchId * 10 } },
  shapes: {},
  ...more,
});

export const aWrittenCheckpoint: CompletedCheckpoint = {
  manifestSha256: 'b'.repeat(64),
  stateRows: 1,
  stateBytes: 1,
  kind: 'full',
  files: 1,
  bytesWritten: 1,
  manifestBytes: 1,
  pauseMs: 1.5,
};

/** All stores over one connection pool, as one process has them. */
export function stores(dataSource: DataSource, ids: IdSource = new UuidIdSource()) {
  return {
    jobs: new PatientJobStores(dataSource),
    offsets: new TypeOrmOffsetStores(dataSource),
    recovery: new TypeOrmRecoveryStores(dataSource),
    runs: new TypeOrmRunStore(dataSource),
    scheduling: new TypeOrmSchedulingStore(dataSource, ids),
    tenants: new TypeOrmTenantStore(dataSource),
    upkeep: new TypeOrmCheckpointUpkeep(dataSource),
    deadLetters: new TypeOrmDeadLetterStores(dataSource),
    retention: new TypeOrmRetentionStore(dataSource),
    audit: new TypeOrmAuditTrail(dataSource),
    auditRetention: new TypeOrmAuditRetention(dataSource),
    installations: new TypeOrmInstallations(dataSource, new UuidIdSource()),
  };
}

export type Stores = ReturnType<typeof stores>;

/**
 * Job stores that read events when all transactions of the server that are open now have ended. Such a transaction hides
 * newer events for a while, and tests that run side by side share a server.
 */
class PatientJobStores extends TypeOrmJobStores {
  constructor(private readonly connections: DataSource) {
    super(connections);
  }

  override forTenant(tenantId: TenantId): JobStore {
    const store = super.forTenant(tenantId);
    const listEvents: JobStore['listEvents'] = store.listEvents.bind(store);
    store.listEvents = async (id, page) => {
      await transactionsEnded(this.connections);
      return listEvents(id, page);
    };
    return store;
  }
}

async function transactionsEnded(dataSource: DataSource): Promise<void> {
  const [now] = await dataSource.query<{ next: string }[]>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text next');
  const ended = 'SELECT 1 WHERE pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8';
  while ((await dataSource.query<unknown[]>(ended, [now?.next])).length === 0) await delay(5);
}

/** A tenant with one bundle. */
export async function aTenant(dataSource: DataSource, manifest: BundleManifest = aManifest()): Promise<TenantId> {
  const id = `tnt_${plain()}` as TenantId;
  await stores(dataSource).tenants.ensureTenant({ id, name: id, createdAt: new Date(0) });
  await stores(dataSource)
    .jobs.forTenant(id)
    .saveBundle({ tenantId: id, digest: aDigest(), bytes: 1, manifest, createdAt: new Date(0) });
  return id;
}

export async function aSubmittedJob(
  dataSource: DataSource,
  tenantId: TenantId,
  config: Partial<JobConfig> = {},
): Promise<JobId> {
  const id = aJobId();
  const job = { id, name: id, bundleDigest: aDigest(), config: aConfig(config) };
  await stores(dataSource).jobs.forTenant(tenantId).create(job, { actor: 'test', trace: undefined });
  return id;
}

/** A live runner that has claimed the tenant's next due job. */
export async function aClaimedRun(dataSource: DataSource, runnerId: RunnerId = aRunnerId()) {
  const { runs, scheduling } = stores(dataSource);
  await runs.registerRunner({ id: runnerId, host: 'here', pid: 1, slots: 4, sandbox: {} });
  return { claimed: await claimNext({ runs, scheduling }, runnerId), runs, scheduling, runnerId };
}

/** Schedules the next due job and claims it for a runner that is registered already. */
export async function claimNext(
  { runs, scheduling }: Pick<Stores, 'runs' | 'scheduling'>,
  runnerId: RunnerId,
): Promise<ClaimedRun> {
  const [scheduled] = await scheduling.scheduleDueJobs(1);
  if (scheduled?.outcome !== 'scheduled') throw new Error('No job was due.');
  const claimed = await runs.claim(scheduled.runId, runnerId);
  if (claimed === undefined) throw new Error('The run could not be claimed.');
  return claimed;
}

/** Plans and commits a batch of the ten records before number `batchId * 10` of the source `numbers`. */
export async function takeBatch(
  runs: RunStore,
  fence: Fence,
  { timeline = 1, batchId }: { readonly timeline?: number; readonly batchId: number },
): Promise<void> {
  const ranges = { numbers: { '0': { from: (batchId - 1) * 10, to: batchId * 10 } } };
  await runs.writeBatch(fence, { kind: 'plan', plan: { timeline, batchId, batchTimeMs: batchId * 500, ranges } });
  const counts = { recordsIn: 10, recordsOut: 1, recordsSkipped: 0, processingMs: 4, schedulingDelayMs: 0 };
  const commit = { timeline, batchId, nextOffsets: { numbers: { '0': batchId * 10 } }, ...counts };
  await runs.writeBatch(fence, { kind: 'commit', commit, next: undefined });
}
