import { InMemoryObjectStore } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import { bundlePaths, type BundleDigest, type CheckpointId, type JobId, type TenantId } from '@tidemark/domain';
import { METRICS } from '@tidemark/observability';
import { RecordedMetrics } from '@tidemark/observability/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptedUpkeep } from '../testing/scripted-upkeep.js';
import { groupObjects } from './group-objects.js';
import { Sweep } from './sweep.js';

const tenantId = 'tnt_1' as TenantId;
const jobIdOf = (number: number): JobId => `job_${String(number).padStart(32, '0')}` as JobId;
const digest = 'a'.repeat(64) as BundleDigest;
const goOn = new AbortController().signal;

/** Notes what is removed, in order; removing what is named `stuck` fails. */
class NotingStore extends InMemoryObjectStore {
  readonly removed: string[] = [];

  override async remove(path: string): Promise<void> {
    if (path.includes('stuck')) throw new Error(`${path} cannot be removed`);
    this.removed.push(path);
    await super.remove(path);
  }
}

let upkeep: ScriptedUpkeep;
let objects: NotingStore;
let sweep: Sweep;

beforeEach(async () => {
  upkeep = new ScriptedUpkeep();
  upkeep.tenants = [tenantId];
  objects = new NotingStore();
  sweep = new Sweep(upkeep, objects, { sweep: { graceMs: 1 } } as SchedulerConfig);
  await objects.put(bundlePaths(tenantId, digest).code, new Uint8Array());
});

async function anAttempt(job: number, unique = 'x'): Promise<string> {
  const path = `${tenantId}/${jobIdOf(job)}/t1/b1-e1-${unique}`;
  for (const name of ['manifest.json', 'state/1.tmb.zst', 'state/2.tmb.zst']) {
    await objects.put(`${path}/${name}`, new Uint8Array());
  }
  return path;
}

/** As many passes as a whole round takes. */
async function round(): Promise<number> {
  for (let passes = 1; ; passes += 1) {
    await sweep.pass(goOn);
    if (upkeep.position === undefined) return passes;
  }
}

describe('sweeping', () => {
  it('removes what belongs to no row, the manifest last, and nothing else', async () => {
    const [orphan, kept] = [await anAttempt(1), await anAttempt(2)];
    upkeep.kept = [kept];

    await round();

    expect(objects.removed).toEqual(
      ['state/1.tmb.zst', 'state/2.tmb.zst', 'manifest.json'].map((name) => `${orphan}/${name}`),
    );
    expect(await objects.list(tenantId)).toHaveLength(3);
  });

  it('removes records that were stored for a job that is gone', async () => {
    await objects.put(`wal/${tenantId}/${jobIdOf(1)}/lines/1`, new Uint8Array());

    await round();

    expect(objects.removed).toEqual([`wal/${tenantId}/${jobIdOf(1)}/lines/1`]);
  });

  it('leaves alone what belongs to a tenant of another database, and what is no job', async () => {
    await objects.put(`tnt_9/${jobIdOf(1)}/t1/b1-e1-x/manifest.json`, new Uint8Array());
    await objects.put(`${tenantId}/notes/1`, new Uint8Array());

    await round();

    expect(objects.removed).toEqual([]);
  });

  it('looks at a bounded number of jobs in a pass, and at each once in a round, also after a crash', async () => {
    const jobs = Array.from({ length: 45 }, (_, index) => index + 1);
    for (const job of jobs) upkeep.kept.push(await anAttempt(job));

    await sweep.pass(goOn);
    expect(upkeep.looked).toHaveLength(20);
    sweep = new Sweep(upkeep, objects, { sweep: { graceMs: 1 } } as SchedulerConfig);
    await round();

    expect(upkeep.looked).toEqual(jobs.map(jobIdOf));
  });

  it('goes on past a job whose objects cannot be removed', async () => {
    await anAttempt(1, 'stuck');
    const orphan = await anAttempt(2);

    await expect(sweep.pass(goOn)).rejects.toThrow('cannot be removed');

    expect(await objects.list(orphan)).toEqual([]);
    expect(upkeep.position).toBeUndefined();
  });

  it('marks the row of a checkpoint whose manifest is not there, also of a job that has no objects at all', async () => {
    const id = 'ckp_1' as CheckpointId;
    const whole = await anAttempt(1);
    upkeep.kept = [whole];
    upkeep.jobs.set(tenantId, [jobIdOf(1), jobIdOf(2)]);
    upkeep.complete = [
      { id: 'ckp_0' as CheckpointId, path: whole, bundleDigest: digest },
      { id, path: `${tenantId}/${jobIdOf(2)}/t1/b1-e1-gone`, bundleDigest: digest },
    ];

    const recorded = RecordedMetrics.start();

    await round();

    expect(upkeep.unreadable).toEqual([[id, 'manifest.json: it is missing']]);
    expect(await recorded.of(METRICS.checkpointsUnreadable)).toEqual([
      { attributes: { 'tidemark.checkpoint.found_by': 'sweep' }, value: 1 },
    ]);
    await recorded.stop();
  });

  it('marks nothing when the store does not even have the code of the job', async () => {
    upkeep.jobs.set(tenantId, [jobIdOf(2)]);
    const path = `${tenantId}/${jobIdOf(2)}/t1/b1-e1-gone`;
    upkeep.complete = [{ id: 'ckp_1' as CheckpointId, path, bundleDigest: digest }];
    objects = new NotingStore();
    sweep = new Sweep(upkeep, objects, { sweep: { graceMs: 1 } } as SchedulerConfig);

    await expect(sweep.pass(goOn)).rejects.toThrow('.js');

    expect(upkeep.unreadable).toEqual([]);
  });

  it('ends early when the process does, and goes on there', async () => {
    await anAttempt(1);

    await sweep.pass(AbortSignal.abort());

    expect(upkeep.looked).toEqual([]);
    expect(objects.removed).toEqual([]);
  });
});

describe('objects that belong together', () => {
  it('are those of one attempt, or of one folder', () => {
    const attempt = 'tnt_1/job_1/t2/b41-e5-0192-abc';
    const paths = [`${attempt}/manifest.json`, `${attempt}/state/1`, 'tnt_1/job_1/x', 'wal/tnt_1/job_1/lines/1'];

    expect(groupObjects(paths)).toEqual([
      { path: attempt, objects: paths.slice(0, 2), progress: { timeline: 2, batchId: 41, epoch: 5 } },
      { path: 'tnt_1/job_1', objects: ['tnt_1/job_1/x'] },
      { path: 'wal/tnt_1/job_1/lines', objects: ['wal/tnt_1/job_1/lines/1'] },
    ]);
  });
});
