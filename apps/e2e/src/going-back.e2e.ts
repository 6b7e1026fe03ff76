import { createHash } from 'node:crypto';
import type { Checkpoint, Job, RevisionOrder, Rollback } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance } from './instance.js';
import { bundleOf, type BundleOptions } from './job-bundles.js';
import { until } from './until.js';
import { expectEachVisitOnce, writeVisits } from './visits.js';

const WAIT_MS_MAX = 30_000;
const CHECKPOINTS_PER_REVISION = 3;

/** Another look, another form of the totals, another window, and another look again. */
const REVISIONS = [
  ['visits', '1 s', {}, undefined],
  ['visits-renamed', '1 s', { minify: true }, undefined],
  ['visits-migrated', '1 s', {}, undefined],
  ['visits-migrated', '2 s', {}, { resets: ['recent'] }],
  ['visits-migrated', '2 s', { minify: true }, undefined],
] satisfies readonly (readonly [string, string, BundleOptions, RevisionOrder['upgrade']])[];

/** A checkpoint, and the hash of its state when it was written. */
interface Recorded {
  readonly checkpoint: Checkpoint;
  readonly hash: string;
}

describe('a job that goes back to where it was', () => {
  let instance: Instance;
  let job: Job;
  let dataHome: Awaited<ReturnType<typeof aHome>>;
  const recorded: Recorded[] = [];

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    await writeVisits(instance);
    for (const [index, [name, window, options, upgrade]] of REVISIONS.entries()) {
      const bundle = await bundleOf(name, { ...options, constants: { WINDOW: window } });
      const config = { checkpointIntervalMs: 400 };
      const { jobs } = instance.tidemark;
      if (index === 0) {
        job = await jobs.submit({ bundle, config });
        await jobs.setRetention(job.id, { checkpoints: 1_000 });
      } else await jobs.deploy(job.id, { bundle, config, ...(upgrade === undefined ? {} : { upgrade }) });
      await recordCheckpoints(index + 1);
    }
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  function recordedAt(index: number): Recorded {
    const found = recorded[index];
    if (found === undefined) throw new Error('Nothing was recorded.');
    return found;
  }

  const current = (): Promise<Job> => instance.tidemark.jobs.get(job.id);

  async function recordCheckpoints(revision: number): Promise<void> {
    const complete = await until(`revision ${revision} has its checkpoints`, WAIT_MS_MAX, async () => {
      const { items } = await instance.tidemark.jobs.checkpoints(job.id, { limit: 20 });
      const of = items.filter((one) => one.revision === revision && one.status === 'complete');
      return of.length >= CHECKPOINTS_PER_REVISION ? of : undefined;
    });
    for (const checkpoint of complete.slice(-CHECKPOINTS_PER_REVISION)) {
      recorded.push({ checkpoint, hash: await hashOf(checkpoint) });
    }
  }

  /** Of all rows of all operators, in the order that is the same in every checkpoint. */
  async function hashOf({ id, shapes }: Checkpoint): Promise<string> {
    const hash = createHash('sha256');
    for (const operator of Object.keys(shapes).sort()) {
      for await (const row of instance.tidemark.state.list(job.id, id, { operator, limit: 1_000 })) {
        hash.update(JSON.stringify([operator, row.table, row.slot, row.key, row.value, row.internal]));
      }
    }
    return hash.digest('hex');
  }

  async function begun(rollback: Rollback): Promise<Rollback> {
    return until(`${rollback.id} has begun`, WAIT_MS_MAX, async () => {
      const now = await instance.tidemark.recovery.rollback(job.id, rollback.id);
      return now.status === 'ordered' ? undefined : now;
    });
  }

  /** Goes back, and has the job write what it holds in memory before its first batch there. */
  async function goBack(order: () => Promise<Rollback>): Promise<{ rollback: Rollback; written: Checkpoint }> {
    const { recovery, jobs } = instance.tidemark;
    await jobs.stop(job.id);
    await jobs.waitFor(job.id, ({ status }) => status === 'stopped', { timeoutMs: WAIT_MS_MAX });
    const ordered = await order();
    // Asked for before the start, so that it is of where the job comes to.
    const { id } = await recovery.requestSavepoint(job.id, `before the first batch after ${ordered.id}`);
    await jobs.start(job.id);
    const { checkpointId } = await recovery.waitForSavepoint(job.id, id, { timeoutMs: WAIT_MS_MAX });
    const { items } = await jobs.checkpoints(job.id, { limit: 100 });
    const written = items.find((one) => one.id === checkpointId);
    if (written === undefined) throw new Error('The savepoint has no checkpoint.');
    return { rollback: await begun(ordered), written };
  }

  it('restores each of five times three checkpoints with the state that was recorded, and comes back to its tip', async () => {
    const { recovery } = instance.tidemark;
    expect(recorded).toHaveLength(REVISIONS.length * CHECKPOINTS_PER_REVISION);
    expect(new Set(recorded.map(({ hash }) => hash)).size).toBe(recorded.length);
    for (const { checkpoint, hash } of recorded) {
      const { timeline } = await current();
      const back = await goBack(() => recovery.rollBack(job.id, { checkpointId: checkpoint.id }));
      const { revision } = checkpoint;
      expect(back.rollback).toMatchObject({ status: 'begun', to: { revision }, timeline: timeline + 1 });
      expect([back.written.revision, back.written.batchId]).toEqual([revision, checkpoint.batchId]);
      expect(back.written.offsets).toEqual(checkpoint.offsets);
      expect(await hashOf(back.written)).toBe(hash);
      await commitsOn(timeline + 1);

      const tip = await tipOf(timeline);
      const again = await goBack(() => recovery.undoRollback(job.id, back.rollback.id));
      expect(again.rollback).toMatchObject({ undoes: back.rollback.id, to: { timeline, batchId: tip.batchId } });
      expect(await hashOf(again.written)).toBe(await hashOf(tip));
      await commitsOn(timeline + 2);
    }
    await expectEachVisitOnce(instance);
  });

  it('goes back and forth while it runs', async () => {
    const { recovery } = instance.tidemark;
    const before = await current();
    const { id: checkpointId } = recordedAt(0).checkpoint;
    const ordered = await recovery.rollBack(job.id, { checkpointId, reason: 'a try' });
    expect(await begun(ordered)).toMatchObject({ status: 'begun', reason: 'a try' });
    await commitsOn(before.timeline + 1);
    expect(await current()).toMatchObject({ status: 'running', revision: 1 });

    const tip = await tipOf(before.timeline);
    expect(tip.batchId).toBeGreaterThanOrEqual(before.lastBatch?.batchId ?? Infinity);
    await begun(await recovery.undoRollback(job.id, ordered.id));
    await commitsOn(before.timeline + 2);
    const [decision] = (await instance.tidemark.jobs.decisions(job.id, { limit: 1 })).items;
    expect(decision).toMatchObject({ trigger: 'rollback', from: { checkpointId: tip.id } });
    await expectEachVisitOnce(instance);
  });

  it('says beforehand what would be taken back, read again and seen by readers', async () => {
    const { recovery } = instance.tidemark;
    const { checkpoint } = recordedAt(1);
    const preview = await recovery.previewRollback(job.id, { checkpointId: checkpoint.id });
    expect(preview).toMatchObject({
      to: { revision: 1, batchId: checkpoint.batchId },
      start: { outcome: 'start', reasonCode: 'ASKED_CHECKPOINT' },
      problems: [],
      sinks: [
        { sink: 'totals-out', connector: 'files', after: 'truncated' },
        { sink: 'recent-out', connector: 'files', after: 'truncated' },
      ],
    });
    const [change] = preview.changes;
    expect(change).toMatchObject({ source: 'visits', after: checkpoint.offsets['visits']?.['all.jsonl'] });
    expect(change?.recordsAgain).toBeGreaterThan(0);
  });

  it('is made another job of, which begins with its state and its place', async () => {
    const { recovery, jobs } = instance.tidemark;
    const { checkpoint } = recordedAt(2);
    const bundle = await bundleOf('visits', { constants: { WINDOW: '1 s', FOLDERS: 'forked-' } });
    const fork = await recovery.fork(job.id, { name: 'fork', checkpointId: checkpoint.id, bundle });
    await jobs.waitFor(fork.id, ({ lastBatch }) => (lastBatch?.batchId ?? 0) > checkpoint.batchId + 3, {
      timeoutMs: WAIT_MS_MAX,
    });
    const [decision] = (await jobs.decisions(fork.id)).items;
    expect(decision).toMatchObject({
      trigger: 'fork',
      reasonCode: 'TIMELINE_BASE',
      from: { checkpointId: checkpoint.id },
    });
    const { items: batches } = await jobs.batches(fork.id, { limit: 100 });
    const first = batches.at(-1);
    expect(first).toMatchObject({ batchId: checkpoint.batchId + 1 });
    expect(first?.ranges['visits']?.['all.jsonl']?.from).toBe(checkpoint.offsets['visits']?.['all.jsonl']);
    await expectEachVisitOnce(instance, 'forked-totals');
    await jobs.cancel(fork.id);
  });

  /** The newest checkpoint of a timeline that was left. */
  async function tipOf(timeline: number): Promise<Checkpoint> {
    const { items } = await instance.tidemark.jobs.checkpoints(job.id, { limit: 100 });
    const tip = items.find((one) => one.timeline === timeline && one.status === 'complete');
    if (tip === undefined) throw new Error(`Timeline ${timeline} has no checkpoint.`);
    return tip;
  }

  async function commitsOn(timeline: number): Promise<void> {
    await until(`timeline ${timeline} has commits`, WAIT_MS_MAX, async () => {
      const { lastBatch, status, reason } = await current();
      if (status === 'failed') throw new Error(`The job has failed: ${reason?.message ?? ''}`);
      return lastBatch?.timeline === timeline ? true : undefined;
    });
  }
});
