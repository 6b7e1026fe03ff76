import {
  checkpointPath,
  encodeBlock,
  InMemoryObjectStore,
  writeCheckpoint,
  type CheckpointChain,
} from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import {
  bundlePaths,
  type BundleDigest,
  type CheckpointId,
  type CheckpointToVerify,
  type JobId,
  type TenantId,
} from '@tidemark/domain';
import { METRICS } from '@tidemark/observability';
import { RecordedMetrics } from '@tidemark/observability/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScriptedUpkeep } from '../testing/scripted-upkeep.js';
import { VerifyCheckpoints } from './verify-checkpoints.js';

const tenantId = 'tnt_0192f0c1a2b37c4d8e5f60718293a4b5' as TenantId;
const jobId = 'job_0192f0c1a2b37c4d8e5f60718293a4b6' as JobId;
const bundleDigest = 'a'.repeat(64) as BundleDigest;
const goOn = new AbortController().signal;
const GENEROUS = 1_000_000;

class CountingStore extends InMemoryObjectStore {
  readonly got: string[] = [];
  broken = false;

  override async get(path: string): Promise<Uint8Array> {
    if (this.broken) throw new Error('the disk does not answer');
    this.got.push(path);
    return super.get(path);
  }
}

let upkeep: ScriptedUpkeep;
let objects: CountingStore;

beforeEach(async () => {
  vi.useFakeTimers();
  upkeep = new ScriptedUpkeep();
  objects = new CountingStore();
  await objects.put(bundlePaths(tenantId, bundleDigest).code, new Uint8Array());
});
afterEach(() => {
  vi.useRealTimers();
});

const verifier = (bytesPerSecond = GENEROUS): VerifyCheckpoints =>
  new VerifyCheckpoints(upkeep, objects, { verify: { bytesPerSecond, againAfterMs: 1_000 } } as SchedulerConfig);

async function stored(batchId: number, parent?: CheckpointChain) {
  const id = `ckp_${batchId}` as CheckpointId;
  const path = checkpointPath({ tenantId, jobId, timeline: 1, batchId, epoch: 1, unique: String(batchId) });
  const bytes = encodeBlock({
    table: 'state',
    clear: false,
    columns: [{ name: 'value', type: 'json' }],
    rows: [{ slot: 1, key: '"a"', values: [String(batchId)] }],
    deleted: [],
  });
  const blocks = [{ uid: 'counts', bytes, rows: 1, deleted: 0 }].values();
  const shape = { kind: 'fold', key: 'json', value: 'json', codec: { name: 'x', version: 1 }, parameters: {} } as const;
  const { written, chain } = await writeCheckpoint(objects, {
    ...{ path, engineVersion: '0', tenantId, jobId, revision: 1, bundleDigest, parent, pendingPlans: [] },
    snapshot: { timeline: 1, batchId, batchTimeMs: 1, offsets: {}, next: async () => blocks.next().value },
    shapes: { counts: shape },
  });
  const { manifestSha256 } = written;
  const checkpoint: CheckpointToVerify = { id, tenantId, jobId, path, bundleDigest, manifestSha256, known: [] };
  return { checkpoint, chain };
}

async function damage(path: string): Promise<void> {
  const bytes = await objects.get(path);
  await objects.remove(path);
  await objects.put(
    path,
    bytes.map((byte, index) => (index === 5 ? byte ^ 1 : byte)),
  );
}

describe('reading checkpoints back', () => {
  it('notes those whose every byte is as it was written', async () => {
    const { checkpoint: base, chain } = await stored(1);
    const { checkpoint: delta } = await stored(2, chain);
    upkeep.due = [delta, base];

    await verifier().pass(goOn);

    expect(upkeep.verified).toEqual([delta.id, base.id]);
    expect(upkeep.unreadable).toEqual([]);
  });

  it.each(['manifest.json', 'state/1.tmb.zst'])('marks one whose %s is not what it was', async (name) => {
    const { checkpoint } = await stored(1);
    await damage(`${checkpoint.path}/${name}`);
    upkeep.due = [checkpoint];
    const recorded = RecordedMetrics.start();

    await verifier().pass(goOn);

    expect(upkeep.unreadable).toEqual([[checkpoint.id, expect.stringContaining('do not match their SHA-256')]]);
    expect(upkeep.verified).toEqual([]);
    expect(await recorded.of(METRICS.checkpointsUnreadable)).toEqual([
      { attributes: { 'tidemark.checkpoint.found_by': 'verification' }, value: 1 },
    ]);
    await recorded.stop();
  });

  it('marks one that builds on a file that is gone, unless that was read back not long ago', async () => {
    const { checkpoint: base, chain } = await stored(1);
    const { checkpoint: delta } = await stored(2, chain);
    await objects.remove(`${base.path}/state/1.tmb.zst`);
    upkeep.due = [{ ...delta, known: [base.path] }];
    await verifier().pass(goOn);
    expect(upkeep.verified).toEqual([delta.id]);

    upkeep.verified.length = 0;
    upkeep.due = [delta];
    await verifier().pass(goOn);
    expect(upkeep.unreadable).toEqual([[delta.id, expect.stringContaining('it is missing')]]);
  });

  it('marks nothing when the store does not even have the code of the job', async () => {
    const { checkpoint } = await stored(1);
    objects = new CountingStore();
    upkeep.due = [checkpoint];

    await expect(verifier().pass(goOn)).rejects.toThrow('.js');

    expect(upkeep.unreadable).toEqual([]);
  });

  it('goes on past one that cannot be read now, and comes back to it', async () => {
    const [{ checkpoint: one }, { checkpoint: two }] = [await stored(1), await stored(2)];
    upkeep.due = [one, two];
    const verify = verifier();
    objects.broken = true;
    await expect(verify.pass(goOn)).rejects.toThrow('does not answer');
    objects.broken = false;

    await verify.pass(goOn);
    expect(upkeep.verified).toEqual([two.id]);

    vi.advanceTimersByTime(5_000);
    await verify.pass(goOn);
    expect(upkeep.verified).toEqual([two.id, one.id]);
    expect(upkeep.unreadable).toEqual([]);
  });

  it('comes back to one that was read and could not be noted', async () => {
    const { checkpoint } = await stored(1);
    upkeep.due = [checkpoint];
    vi.spyOn(upkeep, 'noteVerified').mockRejectedValueOnce(new Error('the database restarts'));
    const verify = verifier();
    await expect(verify.pass(goOn)).rejects.toThrow('the database restarts');

    for (let seconds = 0; seconds < 10; seconds += 1) {
      vi.advanceTimersByTime(1_000);
      await verify.pass(goOn);
    }
    expect(upkeep.verified).toEqual([checkpoint.id]);
  });

  it('comes back more and more rarely to one that can never be read, at least every ten minutes', async () => {
    const { checkpoint } = await stored(1);
    upkeep.due = [checkpoint];
    const verify = verifier();
    objects.broken = true;
    const triedAtSeconds: number[] = [];
    for (let second = 0; second < 3_000; second += 1) {
      await verify.pass(goOn).catch(() => triedAtSeconds.push(second));
      vi.advanceTimersByTime(1_000);
    }
    const waits = triedAtSeconds.slice(1).map((second, index) => second - (triedAtSeconds[index] ?? 0));
    // It is asked for what is due only every five seconds while nothing was.
    const rest = 5;
    expect(waits.length).toBeGreaterThan(8);
    for (const [index, wait] of waits.entries()) {
      const aside = Math.min(5 * 2 ** index, 600);
      expect(wait).toBeGreaterThanOrEqual(aside);
      expect(wait).toBeLessThanOrEqual(aside + rest);
    }
  });

  it('reads no more than its rate allows on average', async () => {
    upkeep.due = [];
    for (let batchId = 1; batchId <= 12; batchId += 1) upkeep.due.push((await stored(batchId)).checkpoint);
    const verify = verifier(100);
    let seconds = 0;
    for (; upkeep.verified.length < 12; seconds += 1) {
      await verify.pass(goOn);
      vi.advanceTimersByTime(1_000);
    }
    let bytes = 0;
    for (const path of await objects.list(`${tenantId}/${jobId}`)) bytes += (await objects.get(path)).length;
    expect(bytes / seconds).toBeLessThan(150);
    expect(bytes / seconds).toBeGreaterThan(80);
  });

  it('ends early when the process does', async () => {
    upkeep.due = [(await stored(1)).checkpoint];

    await verifier().pass(AbortSignal.abort());

    expect(upkeep.verified).toEqual([]);
  });
});
