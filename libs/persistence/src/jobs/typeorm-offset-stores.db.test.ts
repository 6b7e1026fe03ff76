import type {
  BatchPlan,
  CheckpointId,
  ClaimedRun,
  JobConfig,
  JobId,
  OffsetEdit,
  SavepointId,
  SourceOffsets,
  StateShape,
  TenantId,
} from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import {
  aCheckpoint,
  aConfig,
  aDigest,
  aManifest,
  aRevision,
  aRunnerId,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  claimNext,
  stores,
} from '../testing.js';

const by = { actor: 'somebody', trace: undefined };
const keep = { ...by, state: 'keep', dryRun: false } as const;
const shape = (parameters: StateShape['parameters'] = {}): StateShape => ({
  kind: 'fold',
  key: 'json',
  value: 'json',
  codec: { name: 'json', version: 1 },
  parameters,
});
const SHAPES = { totals: shape() };
const identitiesOf = ({ a = {}, b = {} }: { a?: { x?: number }; b?: { x?: number } }) => ({
  a: { x: `a/${a.x ?? 0}` },
  b: { x: `b/${b.x ?? 0}` },
});

/** A job with two sources, of which each batch reads ten and one hundred. */
class RunningJob {
  private constructor(
    readonly dataSource: DataSource,
    readonly tenant: TenantId,
    readonly id: JobId,
    public claimed: ClaimedRun,
    private readonly runner: ReturnType<typeof aRunnerId>,
  ) {}

  static async start(dataSource: DataSource, config: Partial<JobConfig> = {}): Promise<RunningJob> {
    const tenant = await aTenant(dataSource, aManifest({ shapes: SHAPES }));
    const id = await aSubmittedJob(dataSource, tenant, config);
    const { runs } = stores(dataSource);
    const runner = aRunnerId();
    await runs.registerRunner({ id: runner, host: 'here', pid: 1, slots: 4, sandbox: {} });
    return new RunningJob(dataSource, tenant, id, await claimNext(stores(dataSource), runner), runner);
  }

  get store() {
    return stores(this.dataSource).jobs.forTenant(this.tenant);
  }

  get offsets() {
    return stores(this.dataSource).offsets.forTenant(this.tenant);
  }

  /** Commits these batches on the timeline that was claimed. */
  async commit(...batchIds: readonly number[]): Promise<void> {
    const { runs } = stores(this.dataSource);
    const { fence, base } = this.claimed;
    for (const batchId of batchIds) {
      const plan = planOf(base.timeline, batchId);
      await runs.writeBatch(fence, { kind: 'plan', plan });
      const nextOffsets = offsetsAfter(batchId);
      const commit = { timeline: base.timeline, batchId, nextOffsets, identities: identitiesOf(nextOffsets) };
      const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs: 1, schedulingDelayMs: 0 };
      await runs.writeBatch(fence, { kind: 'commit', commit: { ...commit, ...counts }, next: undefined });
    }
  }

  async checkpoint(batchId: number): Promise<CheckpointId> {
    const { runs } = stores(this.dataSource);
    const { fence, base } = this.claimed;
    const id = `ckp_${String(base.timeline * 1_000 + batchId).padStart(32, '0')}` as CheckpointId;
    const offsets = offsetsAfter(batchId);
    const more = { timeline: base.timeline, offsets, identities: identitiesOf(offsets), shapes: SHAPES };
    await runs.beginCheckpoint(fence, aCheckpoint(id, batchId, more));
    await runs.completeCheckpoint(fence, id, aWrittenCheckpoint);
    return id;
  }

  async stop(): Promise<void> {
    const { runs } = stores(this.dataSource);
    await this.store.order(this.id, 'stop', by);
    await runs.end(this.claimed.fence, { kind: 'drained', reason: 'stop' });
  }

  async startAgain(startMode?: Parameters<RunningJob['store']['order']>[2]['startMode']): Promise<ClaimedRun> {
    await this.store.order(this.id, 'start', { ...by, startMode });
    this.claimed = await claimNext(stores(this.dataSource), this.runner);
    return this.claimed;
  }

  /** Ends the run by a fault that is tried again, and begins the next. */
  async loseSandbox(): Promise<void> {
    const { runs } = stores(this.dataSource);
    await runs.end(this.claimed.fence, { kind: 'back_off', code: 'sandbox_lost', reason: 'gone' });
    await this.dataSource.query('UPDATE jobs SET retry_at = NULL');
    this.claimed = await claimNext(stores(this.dataSource), this.runner);
  }

  edit(
    set: SourceOffsets,
    more: Partial<OffsetEdit> = {},
    how: Partial<Parameters<RunningJob['offsets']['edit']>[2]> = {},
  ) {
    return this.offsets.edit(this.id, { set, identities: {}, forget: {}, ...more }, { ...keep, ...how });
  }

  get events() {
    return this.store.listEvents(this.id, { limit: 100 });
  }
}

const offsetsAfter = (batchId: number) => ({ a: { x: batchId * 10 }, b: { x: batchId * 100 } });
const planOf = (timeline: number, batchId: number): BatchPlan => ({
  timeline,
  batchId,
  batchTimeMs: batchId * 500,
  ranges: {
    a: { x: { from: (batchId - 1) * 10, to: batchId * 10 } },
    b: { x: { from: (batchId - 1) * 100, to: batchId * 100 } },
  },
});

/** Stopped cleanly after batch 3, with checkpoints of batches 1 and 3. */
async function aStoppedJob(dataSource: DataSource, config: Partial<JobConfig> = {}) {
  const job = await RunningJob.start(dataSource, config);
  await job.commit(1);
  const first = await job.checkpoint(1);
  await job.commit(2, 3);
  const last = await job.checkpoint(3);
  await job.stop();
  return { job, first, last };
}

describe('the offsets of a job', () => {
  postgresTest('are those of the last commit, with the batch that read each last', async ({ dataSource }) => {
    const { job } = await aStoppedJob(dataSource);

    expect(await job.offsets.read(job.id)).toEqual({
      timeline: 1,
      batchId: 3,
      offsets: offsetsAfter(3),
      identities: identitiesOf(offsetsAfter(3)),
      readBy: { a: { x: 3 }, b: { x: 3 } },
    });
    const { offsets } = stores(dataSource);
    expect(await offsets.forTenant(await aTenant(dataSource)).read(job.id)).toBeUndefined();
  });

  postgresTest('that were edited begin a new timeline, with the state of the last commit', async ({ dataSource }) => {
    const { job, last } = await aStoppedJob(dataSource);

    expect(await job.edit({ a: { x: 5 } }, { identities: { a: { x: 'pinned' } } })).toEqual({
      outcome: 'edited',
      changes: [{ source: 'a', partition: 'x', before: 30, after: 5 }],
      timeline: 2,
      checkpointId: last,
      abandoned: [],
    });
    const edited = { a: { x: 5 }, b: { x: 300 } };
    const pinned = { a: { x: 'pinned' }, b: { x: 'b/300' } };
    expect(await job.offsets.read(job.id)).toMatchObject({
      timeline: 2,
      batchId: 3,
      offsets: edited,
      identities: pinned,
    });
    const { checkpoint, base, decision } = await job.startAgain();
    const after = { timeline: 1, batchId: 3 };
    expect(base).toEqual({ timeline: 2, after, batchId: 3, batchTimeMs: 1_500, offsets: edited, identities: pinned });
    expect(checkpoint).toMatchObject({ id: last, timeline: 1 });
    expect(decision).toMatchObject({
      actor: 'somebody',
      verdict: { outcome: 'start', from: { kind: 'checkpoint', checkpointId: last }, reasonCode: 'TIMELINE_BASE' },
    });
    expect((await job.events).filter(({ type }) => type === 'offsets.edited')).toMatchObject([
      { data: { actor: 'somebody', changes: [{ source: 'a', partition: 'x', before: 30, after: 5 }], state: 'kept' } },
    ]);
  });

  postgresTest('stay what they were set to through crashes, resets and another edit', async ({ dataSource }) => {
    const { job, last } = await aStoppedJob(dataSource, { restorePolicy: 'reset_keep_offsets' });
    await job.edit({ a: { x: 5 } });
    await job.startAgain();
    await job.loseSandbox();
    expect(job.claimed.checkpoint?.id).toBe(last);

    // Its state turns out to be unreadable: the policy keeps the offsets, which are the edited ones.
    const { runs } = stores(dataSource);
    const rejected = await runs.rejectCheckpoint(job.claimed.fence, last, 'damaged');
    expect(rejected).toMatchObject({
      decision: { verdict: { from: { kind: 'offsets_only' }, reasonCode: 'OFFSETS_PRESERVED' } },
      base: { timeline: 3, batchId: 3, offsets: { a: { x: 5 }, b: { x: 300 } } },
    });
    await job.stop();
    expect(await job.edit({ b: { x: 1 } })).toMatchObject({ timeline: 4, checkpointId: undefined });
    expect(await job.offsets.read(job.id)).toMatchObject({ offsets: { a: { x: 5 }, b: { x: 1 } } });
  });

  postgresTest(
    'that were set are in no savepoint, and no fork begins with them, before a checkpoint has them',
    async ({ dataSource }) => {
      const { job, last } = await aStoppedJob(dataSource);
      const recovery = stores(dataSource).recovery.forTenant(job.tenant);
      const savepoint = (n: number) =>
        recovery.requestSavepoint(job.id, { id: `sav_${n}` as SavepointId, label: 'now' }, by);
      await job.edit({ a: { x: 5 } });

      expect(await savepoint(1)).toMatchObject({ outcome: 'no_state', lastBatchId: 3, areOffsetsSet: true });
      expect(await recovery.newestOf(job.id)).toBeUndefined();

      await job.edit({ a: { x: 30 } }, { identities: { a: { x: 'another file' } } });
      expect(await savepoint(1)).toMatchObject({ outcome: 'no_state' });
      expect(await recovery.newestOf(job.id)).toBeUndefined();

      await job.startAgain();
      const written = await job.checkpoint(3);
      await job.stop();
      expect((await recovery.newestOf(job.id))?.id).toBe(written);
      expect(await savepoint(1)).toMatchObject({ savepoint: { status: 'complete', checkpointId: written } });
      expect(written).not.toBe(last);
    },
  );

  postgresTest('that were set back to those of the checkpoint are in it', async ({ dataSource }) => {
    const { job, last } = await aStoppedJob(dataSource);
    const recovery = stores(dataSource).recovery.forTenant(job.tenant);
    await job.edit({ a: { x: 5 } });
    await job.edit({ a: { x: 30 } }, { identities: { a: { x: 'a/30' } } });

    expect((await recovery.newestOf(job.id))?.id).toBe(last);
    expect(await recovery.requestSavepoint(job.id, { id: 'sav_1' as SavepointId, label: 'now' }, by)).toMatchObject({
      savepoint: { status: 'complete', checkpointId: last },
    });
  });

  postgresTest('that are forgotten are those of partitions that nobody has seen', async ({ dataSource }) => {
    const { job } = await aStoppedJob(dataSource);

    await job.edit({}, { forget: { b: 'all' } });

    const { base } = await job.startAgain();
    expect(base).toMatchObject({ offsets: { a: { x: 30 } }, identities: { a: { x: 'a/30' } } });
    expect(Object.keys(base.offsets)).toEqual(['a']);
  });

  postgresTest('are left alone by a dry run, and by an edit that changes nothing', async ({ dataSource }) => {
    const { job, last } = await aStoppedJob(dataSource);
    const before = await job.store.find(job.id);

    expect(await job.edit({ a: { x: 5 } }, {}, { dryRun: true })).toMatchObject({ timeline: 2, checkpointId: last });
    expect(await job.edit({ a: { x: 30 } }, { identities: { a: { x: 'a/30' } } })).toMatchObject({
      changes: [],
      timeline: 1,
    });

    expect(await job.store.find(job.id)).toEqual(before);
    expect((await job.events).some(({ type }) => type === 'offsets.edited')).toBe(false);
  });

  postgresTest('that are edited again before a batch leave no timeline on the way between', async ({ dataSource }) => {
    const { job } = await aStoppedJob(dataSource);
    for (const x of [5, 6, 7]) await job.edit({ a: { x } });

    expect(
      await dataSource.query('SELECT timeline, base_timeline, base_batch_id FROM timelines ORDER BY timeline'),
    ).toEqual([2, 3, 4].map((timeline) => ({ timeline, base_timeline: 1, base_batch_id: 3 })));
  });

  postgresTest('can be set to what they are, of another file', async ({ dataSource }) => {
    const { job } = await aStoppedJob(dataSource);

    expect(await job.edit({ a: { x: 30 } }, { identities: { a: { x: 'new' } } })).toMatchObject({ timeline: 2 });
    expect((await job.startAgain()).base.identities).toEqual({ a: { x: 'new' }, b: { x: 'b/300' } });
  });

  postgresTest('are refused while a run owns the job, or is about to', async ({ dataSource }) => {
    const job = await RunningJob.start(dataSource);

    expect(await job.edit({ a: { x: 5 } })).toEqual({ outcome: 'refused', status: 'restoring' });
    await job.stop();
    await job.store.order(job.id, 'start', by);
    expect(await job.edit({ a: { x: 5 } })).toEqual({ outcome: 'refused', status: 'scheduled' });
  });

  postgresTest('are refused where the state would not be that of the last commit', async ({ dataSource }) => {
    const job = await RunningJob.start(dataSource);
    await job.commit(1, 2);
    await job.checkpoint(1);
    await job.stop();

    expect(await job.edit({ a: { x: 5 } })).toEqual({ outcome: 'no_checkpoint', newestBatchId: 1, lastBatchId: 2 });
    expect(await job.edit({ a: { x: 5 } }, {}, { state: 'empty' })).toMatchObject({
      outcome: 'edited',
      checkpointId: undefined,
    });
    const { checkpoint, base } = await job.startAgain();
    expect([checkpoint, base.offsets]).toEqual([undefined, { a: { x: 5 }, b: { x: 200 } }]);
  });

  postgresTest('are refused when the job has changed since it was seen', async ({ dataSource }) => {
    const { job } = await aStoppedJob(dataSource);
    const expectedVersion = (await job.store.find(job.id))?.version ?? 0;

    await job.edit({ a: { x: 5 } }, {}, { expectedVersion });
    expect(await job.edit({ a: { x: 6 } }, {}, { expectedVersion })).toEqual({ outcome: 'changed_meanwhile' });
  });

  postgresTest('name the batches that were planned and never committed', async ({ dataSource }) => {
    const { job } = await aStoppedJob(dataSource);
    await job.startAgain();
    await stores(dataSource).runs.writeBatch(job.claimed.fence, { kind: 'plan', plan: planOf(1, 4) });
    await job.stop();

    expect(await job.edit({ a: { x: 5 } })).toMatchObject({ abandoned: [4] });
  });

  postgresTest('keep the checkpoint that their timeline begins with from being collected', async ({ dataSource }) => {
    const job = await RunningJob.start(dataSource);
    await job.commit(1, 2, 3, 4, 5);
    const oldest = await job.checkpoint(1);
    const second = await job.checkpoint(2);
    for (const batchId of [3, 4, 5]) await job.checkpoint(batchId);
    await job.stop();
    await job.startAgain({ mode: 'checkpoint', checkpointId: oldest });

    const { scheduling } = stores(dataSource);
    const retired = (await scheduling.retireCheckpoints({ perTimeline: 0 })).map(({ id }) => id);
    expect(retired).toContain(second);
    await stores(dataSource).runs.markRunning(job.claimed.fence);
    expect((await scheduling.retireCheckpoints({ perTimeline: 0 })).map(({ id }) => id)).not.toContain(oldest);
    expect((await job.store.findCheckpoint(job.id, oldest))?.status).toBe('complete');
  });
});

describe('a start that was told where to begin', () => {
  postgresTest('takes state, offsets and batch of a checkpoint, on a new timeline', async ({ dataSource }) => {
    const { job, first } = await aStoppedJob(dataSource);

    const { checkpoint, base, decision } = await job.startAgain({ mode: 'checkpoint', checkpointId: first });

    expect(checkpoint?.id).toBe(first);
    expect(base).toEqual({
      ...{ timeline: 2, after: { timeline: 1, batchId: 1 }, batchId: 1, batchTimeMs: 500 },
      ...{ offsets: offsetsAfter(1), identities: { a: { x: 'a/10/>30/a/30' }, b: { x: 'b/100/>300/b/300' } } },
    });
    expect(decision).toMatchObject({
      trigger: 'resume',
      actor: 'somebody',
      candidates: [{ checkpointId: first, verdict: 'chosen' }],
      verdict: { from: { checkpointId: first, opens: 'new_timeline' }, reasonCode: 'ASKED_CHECKPOINT' },
    });
  });

  postgresTest('goes back to the tip that was left, and holds for one start alone', async ({ dataSource }) => {
    const { job, first, last } = await aStoppedJob(dataSource);
    await job.startAgain({ mode: 'checkpoint', checkpointId: first });

    // Lost or told nothing, it begins where its timeline does, and opens no other.
    await job.loseSandbox();
    expect(job.claimed).toMatchObject({ checkpoint: { id: first }, base: { timeline: 2, batchId: 1 } });
    await job.stop();
    expect(await job.startAgain()).toMatchObject({ checkpoint: { id: first }, base: { timeline: 2, batchId: 1 } });
    await job.commit(2);
    await job.stop();
    expect(await job.startAgain({ mode: 'checkpoint', checkpointId: last })).toMatchObject({
      checkpoint: { id: last },
      base: { timeline: 3, batchId: 3, offsets: offsetsAfter(3) },
    });
  });

  postgresTest('begins with no state, where the job stands', async ({ dataSource }) => {
    const { job } = await aStoppedJob(dataSource);

    expect(await job.startAgain({ mode: 'offsets-only' })).toMatchObject({
      checkpoint: undefined,
      base: { timeline: 2, batchId: 3, offsets: offsetsAfter(3), identities: identitiesOf(offsetsAfter(3)) },
      decision: { verdict: { reasonCode: 'ASKED_OFFSETS_ONLY', from: { kind: 'offsets_only' } } },
    });
  });

  postgresTest('begins with no state, where the sources have found', async ({ dataSource }) => {
    const { job } = await aStoppedJob(dataSource);
    const offsets = { a: { x: 0, y: 7 } };

    const claimed = await job.startAgain({ mode: 'earliest', offsets, identities: { a: { x: 'found' } } });

    expect(claimed).toMatchObject({ checkpoint: undefined, decision: { verdict: { reasonCode: 'ASKED_EARLIEST' } } });
    expect(claimed.base).toEqual({
      ...{ timeline: 2, after: { timeline: 1, batchId: 3 }, batchId: 3, batchTimeMs: 1_500 },
      ...{ offsets, identities: { a: { x: 'found' } } },
    });
  });

  postgresTest('is refused while the job is not at rest, and taken back by a stop', async ({ dataSource }) => {
    const job = await RunningJob.start(dataSource);
    const startMode = { mode: 'offsets-only' } as const;
    expect(await job.store.order(job.id, 'start', { ...by, startMode })).toEqual({
      outcome: 'in_use',
      status: 'restoring',
    });
    await job.commit(1);
    await job.stop();
    await job.store.order(job.id, 'start', { ...by, startMode });
    await job.store.order(job.id, 'stop', by);
    expect((await job.startAgain()).base.timeline).toBe(1);
  });

  postgresTest('asks, and falls back to no other, where its checkpoint does not fit', async ({ dataSource }) => {
    const { job, first } = await aStoppedJob(dataSource, { restorePolicy: 'reset_keep_offsets' });
    const manifest = aManifest({ shapes: { totals: shape({ windowMs: 1 }) } });
    await job.store.saveBundle({
      ...{ tenantId: job.tenant, digest: aDigest('b'), bytes: 1, createdAt: new Date(0) },
      manifest,
    });
    const config = aConfig({ restorePolicy: 'reset_keep_offsets' });
    await job.store.addRevision(job.id, aRevision({ bundleDigest: aDigest('b'), manifest, config }), by);
    await job.store.order(job.id, 'start', { ...by, startMode: { mode: 'checkpoint', checkpointId: first } });

    expect(await stores(dataSource).scheduling.scheduleDueJobs(1)).toMatchObject([
      { outcome: 'held', status: 'awaiting_decision' },
    ]);
    expect((await job.store.find(job.id))?.timeline).toBe(1);
  });

  postgresTest('is previewed as it will be decided, and nothing is written', async ({ dataSource }) => {
    const { job, first, last } = await aStoppedJob(dataSource);
    const before = await job.store.find(job.id);

    const plain = await job.offsets.preview(job.id, {});
    expect(plain).toMatchObject({ trigger: 'resume', verdict: { from: { checkpointId: last } } });
    const asked = { mode: 'checkpoint', checkpointId: first } as const;
    const preview = await job.offsets.preview(job.id, { startMode: asked });
    expect(await job.offsets.preview(job.id, { revision: 2 })).toBeUndefined();

    expect(await job.store.find(job.id)).toEqual(before);
    expect(await job.store.listDecisions(job.id, { limit: 10 })).toHaveLength(1);
    const { decision } = await job.startAgain(asked);
    expect(decision).toMatchObject(preview ?? {});
  });
});

describe('an upgrade that does not fit, under the policy reset_keep_offsets', () => {
  postgresTest('goes on at exactly the next offset of every source, on empty state', async ({ dataSource }) => {
    const { job } = await aStoppedJob(dataSource, { restorePolicy: 'reset_keep_offsets' });
    await job.startAgain();
    // Two batches after the last checkpoint, and an open one.
    await job.commit(4, 5);
    await stores(dataSource).runs.writeBatch(job.claimed.fence, { kind: 'plan', plan: planOf(1, 6) });
    await job.stop();
    const manifest = aManifest({ shapes: { totals: shape({ windowMs: 1 }) } });
    await job.store.saveBundle({
      ...{ tenantId: job.tenant, digest: aDigest('b'), bytes: 1, createdAt: new Date(0) },
      manifest,
    });
    const config = aConfig({ restorePolicy: 'reset_keep_offsets' });
    await job.store.addRevision(job.id, aRevision({ bundleDigest: aDigest('b'), manifest, config }), by);

    expect(await job.startAgain()).toMatchObject({
      checkpoint: undefined,
      base: { timeline: 2, batchId: 5, offsets: offsetsAfter(5), identities: identitiesOf(offsetsAfter(5)) },
      decision: { verdict: { reasonCode: 'OFFSETS_PRESERVED', from: { offsets: offsetsAfter(5) } } },
    });
  });
});
