import {
  checkpointPath,
  encodeBlock,
  InMemoryObjectStore,
  writeCheckpoint,
  type CheckpointChain,
} from '@tidemark/checkpoint';
import { bundlePaths, type Bundle, type BundleDigest, type StateShape, type TenantId } from '@tidemark/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeBundleInspector, UuidIds } from '../testing/in-memory-ports.js';
import { aCheckpoint } from '../testing/history.js';
import { TrialBounds, TryConversion, type Depth, type Trial } from './try-conversion.js';

const ids = new UuidIds();
const digest = 'c'.repeat(64) as BundleDigest;
const ROWS = 7;
const shape: StateShape = {
  kind: 'fold',
  key: 'json',
  value: 'json',
  codec: { name: 'fold', version: 1 },
  parameters: {},
};

let objects: InMemoryObjectStore;
let inspector: FakeBundleInspector;
let read: string[];
beforeEach(() => {
  objects = new InMemoryObjectStore();
  inspector = new FakeBundleInspector();
  inspector.convert = async ({ verdicts, blocks }) => {
    for (const { uid } of verdicts) for await (const block of blocks(uid)) expect(block.length).toBeGreaterThan(0);
  };
  read = [];
  const get = objects.get.bind(objects);
  objects.get = (path) => {
    read.push(path);
    return get(path);
  };
});

/** A trial of a base and a delta of three operators, with so many blocks each, of which two change their form. */
async function aTrial(depth: Depth, blocks: number): Promise<Trial> {
  const tenantId = ids.next('tenant');
  const jobId = ids.next('job');
  const shapes = { left: shape, old: shape, same: shape };
  let parent: CheckpointChain | undefined;
  let manifestSha256 = '';
  for (const batchId of [3, 4]) {
    const path = checkpointPath({ tenantId, jobId, timeline: 1, batchId, epoch: 1, unique: `u${batchId}` });
    const left = Object.keys(shapes)
      .flatMap((uid) => Array.from({ length: blocks }, () => aBlock(uid)))
      .values();
    const { written, chain } = await writeCheckpoint(objects, {
      ...{ path, engineVersion: '1', tenantId, jobId, revision: 1, bundleDigest: digest, shapes, parent },
      snapshot: { timeline: 1, batchId, batchTimeMs: 0, offsets: {}, next: async () => left.next().value },
      pendingPlans: [],
    });
    parent = chain;
    ({ manifestSha256 } = written);
  }
  await objects.put(bundlePaths(tenantId, digest).code, Buffer.from('code'));
  const of = { id: ids.next('checkpoint'), tenantId, jobId };
  return {
    depth,
    bundle: { tenantId, digest } as Bundle,
    limits: { memoryMb: 64, cpuMsPerBatch: 1_000 },
    checkpoint: aCheckpoint(of, { path: parent?.path ?? '', manifestSha256, shapes }),
    verdicts: [
      { uid: 'left', verdict: 'evolve', changes: [] },
      { uid: 'right', verdict: 'migrate', from: 'old', steps: [1] },
      { uid: 'same', verdict: 'as_is' },
    ],
  };
}

function aBlock(uid: string) {
  const rows = Array.from({ length: ROWS }, (_, index) => ({ slot: 3, key: `"k${index}"`, values: ['1'] }));
  const columns = [{ name: 'value', type: 'json' }] as const;
  const bytes = encodeBlock({ table: 'state', clear: false, columns, rows, deleted: [] });
  return { uid, bytes, rows: ROWS, deleted: 0 };
}

describe('trying to convert real state', () => {
  // A renamed operator is asked for by the uid that its state has now.
  beforeEach(() => {
    inspector.convert = async ({ blocks }) => {
      for (const uid of ['left', 'old']) for await (const block of blocks(uid)) expect(block).toBeDefined();
    };
  });

  it('takes every block of every operator that changes its form, of all checkpoints that it builds on', async () => {
    const trial = await aTrial('all', 30);
    expect(await new TryConversion(objects, inspector).run(trial)).toEqual({
      ...{ rows: 2 * 60 * ROWS, ofRows: 2 * 60 * ROWS, isCutShort: false },
    });
  });

  it('takes a sample of each, and says of how much', async () => {
    const trial = await aTrial('sample', 30);
    expect(await new TryConversion(objects, inspector).run(trial)).toEqual({
      ...{ rows: 2 * 10 * ROWS, ofRows: 2 * 60 * ROWS, isCutShort: false },
    });
    const small = await aTrial('sample', 5);
    expect(await new TryConversion(objects, inspector).run(small)).toMatchObject({ rows: 2 * 10 * ROWS });
  });

  it('ends when its time is up, and says how far it came', async () => {
    const trial = await aTrial('all', 2);
    const trials = new TryConversion(objects, inspector, new TrialBounds(10, 0));
    expect(await trials.run(trial)).toEqual({ rows: ROWS, ofRows: 2 * 4 * ROWS, isCutShort: true });
  });

  it('is not cut short by the time that its last block took', async () => {
    const trial = await aTrial('all', 1);
    inspector.convert = async ({ blocks }) => {
      for await (const block of blocks('left')) expect(block).toBeDefined();
    };
    const ofOne = { ...trial, verdicts: trial.verdicts.slice(0, 1), checkpoint: await onlyTheBase(trial) };
    const trials = new TryConversion(objects, inspector, new TrialBounds(10, 0));
    expect(await trials.run(ofOne)).toEqual({ rows: ROWS, ofRows: ROWS, isCutShort: false });
  });

  it('reads no file of an operator that stays as it is', async () => {
    const trial = await aTrial('all', 1);
    await new TryConversion(objects, inspector).run(trial);
    // The manifest, the code, and a file in each of two checkpoints of each of two operators.
    expect(read).toHaveLength(2 + 2 * 2);
  });

  it('converts nothing, and waits for nobody, where nothing changes its form', async () => {
    const trial = await aTrial('all', 1);
    inspector.convert = () => Promise.reject(new Error('no'));
    const verdicts = trial.verdicts.filter(({ verdict }) => verdict === 'as_is');
    expect(await new TryConversion(objects, inspector).run({ ...trial, verdicts })).toEqual({
      ...{ rows: 0, ofRows: 0, isCutShort: false },
    });
  });

  it('passes a damaged file on as what it is', async () => {
    const trial = await aTrial('all', 1);
    const get = objects.get.bind(objects);
    objects.get = async (path) => (path.endsWith('.tmb.zst') ? Buffer.from('damaged') : get(path));
    await expect(new TryConversion(objects, inspector).run(trial)).rejects.toMatchObject({
      code: 'checkpoint_unreadable',
    });
  });
});

describe('several trials', () => {
  it('are let in two at once, one of each tenant; the others wait and have nothing in memory yet', async () => {
    const trials = new TryConversion(objects, inspector);
    const [flood, other, third] = [await aTrial('all', 1), await aTrial('all', 1), await aTrial('all', 1)];
    const inside: TenantId[] = [];
    const ends: (() => void)[] = [];
    const seen: (readonly TenantId[])[] = [];
    const tenants = [flood, other, third].map(({ bundle }) => bundle.tenantId);
    const named = (trial: Trial): Trial => {
      const memoryMb = tenants.indexOf(trial.bundle.tenantId);
      return { ...trial, limits: { ...trial.limits, memoryMb } };
    };
    inspector.convert = async ({ limits }) => {
      const tenantId = tenants[limits.memoryMb] ?? flood.bundle.tenantId;
      inside.push(tenantId);
      seen.push([...inside]);
      await new Promise<void>((end) => ends.push(end));
      inside.splice(inside.indexOf(tenantId), 1);
    };
    const under = [flood, flood, other, third].map((trial) => trials.run(named(trial)));
    await expect.poll(() => seen.length).toBe(2);
    expect([...inside].sort()).toEqual(tenants.slice(0, 2).sort());
    expect(read.filter((path) => path.includes(third.bundle.tenantId))).toEqual([]);
    for (let ended = 0; ended < 4; ended += 1) {
      await expect.poll(() => ends.length).toBeGreaterThan(ended);
      ends[ended]?.();
    }
    await Promise.all(under);
    expect(seen).toHaveLength(4);
    for (const at of seen) expect(new Set(at).size).toBe(at.length);
    expect(Math.max(...seen.map((at) => at.length))).toBe(2);
  });

  it('of one tenant are refused beyond those that may wait, and let in again afterwards', async () => {
    const trials = new TryConversion(objects, inspector);
    const trial = await aTrial('all', 1);
    const { convert } = inspector;
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    inspector.convert = () => opened;
    const under = Array.from({ length: 9 }, () => trials.run(trial));
    await expect(trials.run(trial)).rejects.toMatchObject({
      code: 'too_many_at_once',
      params: { what: 'deep upgrade plans', max: 8 },
    });
    open();
    await Promise.all(under);
    inspector.convert = convert;
    expect(await trials.run({ ...trial, verdicts: trial.verdicts.slice(0, 1) })).toMatchObject({ rows: 2 * ROWS });
  });
});

/** A checkpoint with one block of each operator. */
async function onlyTheBase({ checkpoint }: Trial): Promise<Trial['checkpoint']> {
  const { tenantId, jobId } = checkpoint;
  const path = checkpointPath({ tenantId, jobId, timeline: 1, batchId: 9, epoch: 1, unique: 'base' });
  const left = [aBlock('left')].values();
  const { written } = await writeCheckpoint(objects, {
    ...{ path, engineVersion: '1', tenantId, jobId, revision: 1, bundleDigest: digest, parent: undefined },
    snapshot: { timeline: 1, batchId: 9, batchTimeMs: 0, offsets: {}, next: async () => left.next().value },
    ...{ shapes: { left: shape }, pendingPlans: [] },
  });
  return { ...checkpoint, path, manifestSha256: written.manifestSha256 };
}
