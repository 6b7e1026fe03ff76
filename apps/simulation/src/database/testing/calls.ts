import {
  JOB_ORDERS,
  NO_UPGRADE_OPTIONS,
  type BatchPlan,
  type BundleDigest,
  type BundleManifest,
  type CheckpointId,
  type CompletedCheckpoint,
  type Fence,
  type JobId,
  type NewCheckpoint,
  type RunEnd,
  type RunId,
  type RunnerId,
  type StartMode,
} from '@tidemark/domain';
import { aConfig, aDigest, BUNDLES } from '../../job/bundles.js';
import { identityAt, SOURCE } from '../../job/records.js';
import type { Chance } from '../../world/chance.js';
import type { Both } from './both.js';

/** What was answered by Postgres, and by memory. */
export type Answers = readonly [postgres: unknown, memory: unknown];

/** What calls refer to: everything that was ever told. */
export class Known {
  readonly jobs: JobId[] = [];
  readonly runners: RunnerId[] = [];
  readonly runs: RunId[] = [];
  readonly fences: Fence[] = [];
  readonly checkpoints: NewCheckpoint[] = [];
  readonly retired: CheckpointId[] = [];
  requests = 0;
  /** With which a savepoint was asked for last. */
  savepointRequest = 'savepoint-0';
}

interface Scene {
  readonly both: Both;
  readonly known: Known;
  readonly chance: Chance;
}

const BY = { actor: 'test', trace: undefined };
export const WRITTEN: CompletedCheckpoint = {
  ...{ manifestSha256: 'b'.repeat(64), stateRows: 1, stateBytes: 1, kind: 'full', files: 1, bytesWritten: 1 },
  ...{ manifestBytes: 1, pauseMs: 1 },
};
type Ends = { readonly [K in RunEnd['kind']]: readonly Extract<RunEnd, { kind: K }>[] };

/** Where a code may lie with what is outside or with the job itself, there is one of each. */
const ENDS_BY_KIND = {
  drained: [
    { kind: 'drained', reason: 'stop' },
    { kind: 'drained', reason: 'redeploy' },
    { kind: 'drained', reason: 'runner_shutdown' },
  ],
  finished: [{ kind: 'finished' }],
  cancelled: [{ kind: 'cancelled' }],
  failed: [
    { kind: 'failed', code: 'internal_fault', reason: 'x' },
    { kind: 'failed', code: 'sink_unavailable', reason: 'x' },
  ],
  back_off: [
    { kind: 'back_off', code: 'internal_fault', reason: 'x' },
    { kind: 'back_off', code: 'sink_unavailable', reason: 'x' },
  ],
  unhealthy: [{ kind: 'unhealthy', code: 'revision_unhealthy', reason: 'x' }],
  ask: [
    { kind: 'ask', code: 'checkpoint_unreadable', reason: 'x' },
    { kind: 'ask', code: 'offsets_expired', reason: 'x' },
  ],
  // Nothing is poison in memory: a run that ends like this is refused there.
  run_again: [],
} as const satisfies Ends;
const ENDS: readonly RunEnd[] = Object.values<readonly RunEnd[]>(ENDS_BY_KIND).flat();

const bundleOf = ({ memory }: Both, digest: BundleDigest): BundleManifest => {
  const manifest = memory.database.tables.bundles.get(digest);
  if (manifest === undefined) throw new Error(`There is no bundle ${digest}.`);
  return manifest;
};

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/** The newest that is known, more often than others. */
const recent = <T>(chance: Chance, items: readonly T[]): T | undefined =>
  chance.happens(0.75) ? items.at(-1) : chance.of(items);

function aPlan({ both, chance }: Scene, { jobId }: Fence, ahead: number): BatchPlan {
  const job = both.memory.database.tables.job(jobId);
  const last = job.lastTimeline === job.timeline ? (job.lastBatchId ?? 0) : job.baseBatchId;
  const batchId = last + ahead;
  const timeline = chance.happens(0.9) ? job.timeline : Math.max(1, job.timeline - 1);
  const ranges = { [SOURCE]: { a: { from: batchId, to: batchId + 1 + chance.below(3) } } };
  const skipped = chance.happens(0.2) ? { skipped: { [SOURCE]: { b: { from: 0, to: batchId } } } } : {};
  return { timeline, batchId, batchTimeMs: batchId * 500, ranges, ...skipped };
}

const withFence =
  (call: (scene: Scene, fence: Fence) => Promise<Answers>) =>
  (scene: Scene): Promise<Answers> | undefined => {
    const { tables } = scene.both.memory.database;
    const owner = scene.known.fences.findLast(({ jobId, runId }) => tables.job(jobId).currentRunId === runId);
    const fence = scene.chance.happens(0.85)
      ? (owner ?? scene.known.fences.at(-1))
      : scene.chance.of(scene.known.fences);
    return fence === undefined ? undefined : call(scene, fence);
  };

const withJob =
  (call: (scene: Scene, jobId: JobId) => Promise<Answers>) =>
  (scene: Scene): Promise<Answers> | undefined => {
    const jobId = scene.chance.of(scene.known.jobs);
    return jobId === undefined ? undefined : call(scene, jobId);
  };

const withCheckpoint =
  (call: (scene: Scene, checkpoint: NewCheckpoint) => Promise<Answers>) =>
  (scene: Scene): Promise<Answers> | undefined => {
    const checkpoint = recent(scene.chance, scene.known.checkpoints);
    return checkpoint === undefined ? undefined : call(scene, checkpoint);
  };

/** By name: how often it is called against the others, and what it asks both; undefined where there is nothing to ask about. */
export const CALLS: {
  readonly [name: string]: readonly [weight: number, call: (scene: Scene) => Promise<Answers> | undefined];
} = {
  create: [
    2,
    async ({ both, known, chance }) => {
      const config = aConfig(chance.of(['ask', 'reset_keep_offsets', 'fail'] as const) ?? 'ask');
      const [id, bundleDigest] = [both.ids.next('job'), BUNDLES.first];
      if (known.jobs.length > 1) return [undefined, undefined];
      known.jobs.push(id);
      const { outcome } = await both.postgres.jobs
        .forTenant(both.tenantId)
        .create({ id, name: id, bundleDigest, config }, BY);
      return [outcome, await both.memory.control.create({ id, tenantId: both.tenantId, bundleDigest, config })];
    },
  ],
  register: [
    1,
    async ({ both, known }) => {
      const isThere = [...both.memory.database.tables.runners.values()].some(({ status }) => status === 'alive');
      if (isThere) return [undefined, undefined];
      const runner = { id: both.ids.next('runner'), host: '', pid: 1, slots: 1, sandbox: {} };
      known.runners.push(runner.id);
      return [await both.postgres.runs.registerRunner(runner), await both.memory.runs.registerRunner(runner)];
    },
  ],
  'retire runner': [
    0.3,
    async ({ both, known }) => {
      const id = known.runners.at(-1);
      if (id === undefined) return [undefined, undefined];
      return [await both.postgres.runs.retireRunner(id), await both.memory.runs.retireRunner(id)];
    },
  ],
  schedule: [
    8,
    async ({ both, known }) => {
      const answers = [
        await both.postgres.scheduling.scheduleDueJobs(5),
        await both.memory.scheduling.scheduleDueJobs(5),
      ] as const;
      for (const one of answers[1]) if (one.outcome === 'scheduled') known.runs.push(one.runId);
      return answers;
    },
  ],
  claim: [
    8,
    async ({ both, known, chance }) => {
      const [runId, runnerId] = [recent(chance, known.runs), recent(chance, known.runners)];
      if (runId === undefined || runnerId === undefined) return [undefined, undefined];
      const postgres = await both.postgres.runs.claim(runId, runnerId);
      const memory = await both.memory.runs.claim(runId, runnerId);
      if (memory !== undefined) known.fences.push(memory.fence);
      const shown = (claimed: typeof memory) =>
        claimed &&
        plain({
          ...claimed.fence,
          base: claimed.base,
          checkpoint: claimed.checkpoint?.id,
          from: claimed.decision.verdict,
        });
      return [shown(postgres), shown(memory)];
    },
  ],
  running: [
    5,
    withFence(async ({ both }, fence) => [
      await both.postgres.runs.markRunning(fence),
      await both.memory.runs.markRunning(fence),
    ]),
  ],
  draining: [
    1,
    withFence(async ({ both }, fence) => [
      await both.postgres.runs.markDraining(fence),
      await both.memory.runs.markDraining(fence),
    ]),
  ],
  healthy: [
    1,
    withFence(async ({ both }, fence) => {
      const { revision } = both.memory.database.tables.job(fence.jobId);
      return [
        await both.postgres.runs.markHealthy(fence, revision),
        await both.memory.runs.markHealthy(fence, revision),
      ];
    }),
  ],
  heartbeat: [
    2,
    async ({ both, known, chance }) => {
      const id = recent(chance, known.runners);
      if (id === undefined) return [undefined, undefined];
      const shown = (answer: Awaited<ReturnType<typeof both.memory.runs.heartbeat>>) =>
        plain(answer.outcome === 'lost' ? answer : [...answer.orders].sort());
      return [shown(await both.postgres.runs.heartbeat(id)), shown(await both.memory.runs.heartbeat(id))];
    },
  ],
  plan: [
    10,
    withFence(async (scene, fence) => {
      const entry = { kind: 'plan', plan: aPlan(scene, fence, 1) } as const;
      const { postgres, memory } = scene.both;
      return [plain(await postgres.runs.writeBatch(fence, entry)), plain(await memory.runs.writeBatch(fence, entry))];
    }),
  ],
  commit: [
    10,
    withFence(async (scene, fence) => {
      const { timeline, batchId, ranges } = aPlan(scene, fence, 1);
      const at = ranges[SOURCE]?.['a']?.to ?? 0;
      const nextOffsets = { [SOURCE]: { a: at } };
      const identities = { [SOURCE]: { a: identityAt('a', at) } };
      const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs: 1, schedulingDelayMs: 0 };
      const commit = { timeline, batchId, nextOffsets, identities, ...counts };
      const next = scene.chance.happens(0.5) ? { ...aPlan(scene, fence, 2), timeline } : undefined;
      const entry = { kind: 'commit', commit, next } as const;
      const { postgres, memory } = scene.both;
      return [plain(await postgres.runs.writeBatch(fence, entry)), plain(await memory.runs.writeBatch(fence, entry))];
    }),
  ],
  'read batches': [
    1,
    withFence(async ({ both, chance }, fence) => {
      const [timeline, after] = [1 + chance.below(3), chance.below(4)];
      const { postgres, memory } = both;
      return [
        plain(await postgres.runs.readBatches(fence, timeline, after)),
        plain(await memory.runs.readBatches(fence, timeline, after)),
      ];
    }),
  ],
  'begin checkpoint': [
    8,
    withFence(async ({ both, known, chance }, fence) => {
      const job = both.memory.database.tables.job(fence.jobId);
      const id = both.ids.next('checkpoint');
      const base = chance.happens(0.5) ? recent(chance, known.checkpoints) : undefined;
      const { bundleDigest, manifest } = both.memory.database.tables.revision(job.id, job.revision);
      const batchId = job.lastBatchId ?? 0;
      const checkpoint: NewCheckpoint = {
        ...{ id, path: `${fence.tenantId}/${id}`, timeline: job.timeline, batchId, batchTimeMs: batchId * 500 },
        ...{ revision: job.revision, bundleDigest, offsets: job.lastOffsets ?? {}, shapes: manifest.shapes },
        identities: job.lastIdentities,
        buildsOn: base === undefined ? [] : [...base.buildsOn, base.path],
      };
      const { postgres, memory } = both;
      const answers = [
        await postgres.runs.beginCheckpoint(fence, checkpoint),
        await memory.runs.beginCheckpoint(fence, checkpoint),
      ] as const;
      if (answers[1] === 'done') known.checkpoints.push(checkpoint);
      return answers;
    }),
  ],
  'complete checkpoint': [
    8,
    withFence(async ({ both, known, chance }, fence) => {
      const { checkpoints } = both.memory.database.tables;
      const pending = known.checkpoints.findLast((one) => checkpoints.get(one.id)?.status === 'pending');
      const id = (chance.happens(0.85) ? pending : recent(chance, known.checkpoints))?.id ?? ('' as CheckpointId);
      const wanted = both.memory.database.tables.job(fence.jobId).savepointWanted;
      const written = { ...WRITTEN, savepoint: wanted ?? undefined };
      const { postgres, memory } = both;
      return [
        await postgres.runs.completeCheckpoint(fence, id, written),
        await memory.runs.completeCheckpoint(fence, id, written),
      ];
    }),
  ],
  'reject checkpoint': [
    2,
    withFence(async ({ both, known, chance }, fence) => {
      const id = recent(chance, known.checkpoints)?.id ?? ('' as CheckpointId);
      const shown = (answer: Awaited<ReturnType<typeof both.memory.runs.rejectCheckpoint>>) =>
        answer.outcome === 'fenced'
          ? answer
          : plain({
              ...{ base: answer.base, wasKnown: answer.wasKnown },
              ...{ checkpoint: answer.checkpoint?.id, verdict: answer.decision.verdict },
            });
      return [
        shown(await both.postgres.runs.rejectCheckpoint(fence, id, 'x')),
        shown(await both.memory.runs.rejectCheckpoint(fence, id)),
      ];
    }),
  ],
  end: [
    3,
    withFence(async ({ both, chance }, fence) => {
      const end = chance.of(ENDS) ?? { kind: 'cancelled' };
      const { status } = both.memory.database.tables.job(fence.jobId);
      // A run does not come to these ends before it runs.
      const isEarly = status === 'restoring' && end.kind === 'finished';
      if (isEarly || (status === 'draining' && end.kind === 'finished')) return [undefined, undefined];
      return [await both.postgres.runs.end(fence, end), await both.memory.runs.end(fence, end)];
    }),
  ],
  disown: [
    1,
    async ({ both, known, chance }) => {
      const [runId, runnerId] = [recent(chance, known.runs), recent(chance, known.runners)];
      if (runId === undefined || runnerId === undefined) return [undefined, undefined];
      return [await both.postgres.runs.disown(runId, runnerId), await both.memory.runs.disown(runId, runnerId)];
    },
  ],
  'end lost runs': [
    2,
    async ({ both }) => [
      plain(await both.postgres.scheduling.endLostRuns(1e9)),
      plain(await both.memory.scheduling.endLostRuns(1e9)),
    ],
  ],
  'queued runs': [
    1,
    async ({ both }) => [
      plain(await both.postgres.scheduling.longQueuedRuns(0, 9)),
      plain(await both.memory.scheduling.longQueuedRuns(0, 9)),
    ],
  ],
  retire: [
    4,
    async ({ both, known, chance }) => {
      const keep = { perTimeline: chance.below(3) };
      const sorted = (rows: readonly { readonly id: CheckpointId }[]) => rows.map(({ id }) => id).sort();
      const memory = sorted(await both.memory.scheduling.retireCheckpoints(keep));
      known.retired.push(...memory);
      return [sorted(await both.postgres.scheduling.retireCheckpoints(keep)), memory];
    },
  ],
  forget: [
    2,
    async ({ both, known }) => [
      await both.postgres.scheduling.forgetCheckpoints(known.retired),
      await both.memory.scheduling.forgetCheckpoints(known.retired),
    ],
  ],
  prune: [
    2,
    async ({ both, chance }) => {
      const ask = { keep: chance.below(3), limit: 1 + chance.below(4), perTimeline: 1 + chance.below(2) };
      return [await both.postgres.scheduling.pruneBatches(ask), await both.memory.scheduling.pruneBatches(ask)];
    },
  ],
  verify: [
    2,
    async ({ both }) => {
      const ask = { againAfterMs: 1e9, except: [] };
      const memory = await both.memory.upkeep.nextToVerify(ask);
      const postgres = await both.postgres.upkeep.nextToVerify(ask);
      if (memory !== undefined) {
        await both.postgres.upkeep.noteVerified(memory.id);
        await both.memory.upkeep.noteVerified(memory.id);
      }
      return [postgres?.id, memory?.id];
    },
  ],
  unreadable: [
    1,
    withCheckpoint(async ({ both }, { id }) => [
      await both.postgres.upkeep.markUnreadable(id, 'x'),
      await both.memory.upkeep.markUnreadable(id),
    ]),
  ],
  order: [
    3,
    withJob(async ({ both, known, chance }, jobId) => {
      const order = chance.happens(0.05) ? 'cancel' : (chance.of(JOB_ORDERS.slice(0, 2)) ?? 'start');
      const checkpointId = chance.happens(0.5) ? recent(chance, known.checkpoints)?.id : undefined;
      const elsewhere: StartMode =
        checkpointId === undefined ? { mode: 'offsets-only' } : { mode: 'checkpoint', checkpointId };
      const startMode = order === 'start' && chance.happens(0.4) ? elsewhere : undefined;
      const { outcome } = await both.postgres.jobs.forTenant(both.tenantId).order(jobId, order, { ...BY, startMode });
      return [outcome, await both.memory.control.order(jobId, order, startMode)];
    }),
  ],
  deploy: [
    2,
    withJob(async ({ both, known, chance }, jobId) => {
      known.requests += 1;
      const requestId = `deploy-${chance.happens(0.8) ? known.requests : known.requests - 1}`;
      const bundleDigest = chance.of([BUNDLES.fits, BUNDLES.fits, BUNDLES.doesNotFit]) ?? aDigest('b');
      const config = aConfig(chance.of(['ask', 'reset_keep_offsets', 'fail'] as const) ?? 'ask');
      const manifest = bundleOf(both, bundleDigest);
      const revision = { bundleDigest, config, manifest, options: NO_UPGRADE_OPTIONS };
      const { outcome } = await both.postgres.jobs
        .forTenant(both.tenantId)
        .addRevision(jobId, revision, { ...BY, requestId });
      return [outcome, await both.memory.control.addRevision(jobId, { bundleDigest, config, requestId })];
    }),
  ],
  'answer an upgrade': [
    2,
    withJob(async ({ both, chance }, jobId) => {
      const answer = chance.happens(0.6) ? 'reset' : 'abandon';
      const { outcome } = await both.postgres.jobs.forTenant(both.tenantId).decideUpgrade(jobId, answer, BY);
      return [outcome, await both.memory.control.decideUpgrade(jobId, answer)];
    }),
  ],
  'roll back': [
    4,
    withCheckpoint(async ({ both, known, chance }, { id: checkpointId }) => {
      const jobId = chance.of(known.jobs) ?? ('' as JobId);
      known.requests += 1;
      const requestId = `rollback-${chance.happens(0.8) ? known.requests : known.requests - 1}`;
      const id = both.ids.next('rollback');
      const { outcome } = await both.postgres.recovery
        .forTenant(both.tenantId)
        .orderRollback(jobId, { id, checkpointId }, { ...BY, requestId });
      return [outcome, await both.memory.control.rollBack(jobId, { rollbackId: id, checkpointId, requestId })];
    }),
  ],
  savepoint: [
    3,
    withJob(async ({ both, known, chance }, jobId) => {
      known.requests += 1;
      const requestId = chance.happens(0.8) ? `savepoint-${known.requests}` : known.savepointRequest;
      known.savepointRequest = requestId;
      const id = both.ids.next('savepoint');
      const { outcome } = await both.postgres.recovery
        .forTenant(both.tenantId)
        .requestSavepoint(jobId, { id, label: id }, { ...BY, requestId });
      return [outcome, await both.memory.control.requestSavepoint(jobId, id, requestId)];
    }),
  ],
  'let go of a savepoint': [
    1,
    withJob(async ({ both, chance }, jobId) => {
      const ofJob = both.memory.database.tables.savepoints.filter((one) => one.jobId === jobId);
      const id = recent(chance, ofJob)?.id;
      if (id === undefined) return [undefined, undefined];
      const postgres = await both.postgres.recovery.forTenant(both.tenantId).releaseSavepoint(jobId, id, BY);
      return [postgres, await both.memory.control.releaseSavepoint(jobId, id)];
    }),
  ],
  fork: [
    1,
    withCheckpoint(async ({ both, known }, { id: checkpointId }) => {
      const { database, control } = both.memory;
      const of = database.tables.checkpoints.get(checkpointId)?.jobId ?? known.jobs[0] ?? ('' as JobId);
      if (known.jobs.length > 2) return [undefined, undefined];
      const id = both.ids.next('job');
      const { revision } = database.tables.checkpoints.get(checkpointId) ?? { revision: 1 };
      const { bundleDigest, config, manifest } = database.tables.revision(of, revision);
      const fork = { id, name: id, bundleDigest, config, manifest, options: NO_UPGRADE_OPTIONS, checkpointId };
      const { outcome } = await both.postgres.recovery.forTenant(both.tenantId).fork(of, fork, BY);
      const memory = await control.fork(of, { id, checkpointId });
      if (memory === 'forked') known.jobs.push(id);
      return [outcome, memory];
    }),
  ],
};
