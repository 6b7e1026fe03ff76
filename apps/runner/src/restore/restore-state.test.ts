import { InMemoryObjectStore, writeCheckpoint, type CheckpointChain } from '@tidemark/checkpoint';
import type { Checkpoint, ClaimedRun, OperatorVerdict, RestoreDecision } from '@tidemark/domain';
import type { GraphRuntime, StoredForm } from '@tidemark/engine';
import { METRICS } from '@tidemark/observability';
import { RecordedMetrics } from '@tidemark/observability/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { aBlock, aCheckpoint, aClaimedRun, aDecisionFor, aSnapshot } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { readAhead } from './read-ahead.js';
import { restoreState } from './restore-state.js';

let runs: RecordingRunStore;
let objects: InMemoryObjectStore;
let restored: (readonly [string, Uint8Array])[];
let converted: (readonly [string, StoredForm])[];

const graph: GraphRuntime = {
  restore: async (uid, block) => {
    restored.push([uid, Uint8Array.from(block)]);
  },
  convert: (uid, form, block) => {
    converted.push([uid, form]);
    return Promise.resolve(block);
  },
  run: () => Promise.reject(new Error('no batch is run here')),
  snapshot: () => Promise.reject(new Error('no snapshot is taken here')),
};

beforeEach(() => {
  runs = new RecordingRunStore();
  objects = new InMemoryObjectStore();
  restored = [];
  converted = [];
});

interface Stored extends Checkpoint {
  readonly chain: CheckpointChain;
}

/** A complete checkpoint of this batch in the object store, and its row. */
async function aStoredCheckpoint(batchId: number, parent?: CheckpointChain): Promise<Stored> {
  const { revision, manifest } = aClaimedRun();
  const row = aCheckpoint(batchId, { buildsOn: parent?.folders ?? [] });
  const { written, chain } = await writeCheckpoint(objects, {
    path: row.path,
    engineVersion: '0.0.0',
    tenantId: row.tenantId,
    jobId: row.jobId,
    revision: 1,
    bundleDigest: revision.bundleDigest,
    snapshot: aSnapshot(batchId),
    parent,
    shapes: manifest.shapes,
    pendingPlans: [],
  });
  const { manifestSha256, stateRows, stateBytes } = written;
  return {
    ...row,
    manifestSha256,
    stateRows,
    stateBytes,
    ownBytes: written.bytesWritten + written.manifestBytes,
    chain,
  };
}

function claimedFrom(checkpoint: Checkpoint): ClaimedRun {
  return { ...aClaimedRun(), checkpoint, decision: aDecisionFor(checkpoint) };
}

let isReadAhead = false;
const restore = (claimed: ClaimedRun) =>
  restoreState(claimed, { runs, objects, graph, ahead: isReadAhead ? readAhead(claimed, objects)() : undefined });

async function damage({ path }: Checkpoint): Promise<void> {
  const [state] = (await objects.list(path)).filter((object) => object.endsWith('.zst'));
  if (state === undefined) throw new Error('no state file');
  const bytes = await objects.get(state);
  await objects.remove(state);
  await objects.put(
    state,
    bytes.map((byte, index) => (index === bytes.length >> 1 ? byte ^ 1 : byte)),
  );
}

describe.each([false, true])('restoring a job, its checkpoint read ahead: %s', (ahead) => {
  beforeEach(() => {
    isReadAhead = ahead;
  });

  it('gives the graph its state, and the position of its checkpoint', async () => {
    const checkpoint = await aStoredCheckpoint(7);

    expect(await restore(claimedFrom(checkpoint))).toMatchObject({
      outcome: 'restored',
      position: { timeline: 1, batchId: 7, offsets: { numbers: { '0': 7 } } },
      checkpoint: { id: checkpoint.id },
    });
    expect(restored).toEqual([['counts', aBlock(7).bytes]]);
  });

  it('applies a base and what was written on top of it in order, and goes on from there', async () => {
    const base = await aStoredCheckpoint(7);
    const delta = await aStoredCheckpoint(8, base.chain);
    const newest = await aStoredCheckpoint(9, delta.chain);

    expect(await restore(claimedFrom(newest))).toMatchObject({ position: { batchId: 9 }, chain: newest.chain });
    expect(restored).toEqual([7, 8, 9].map((batchId) => ['counts', aBlock(batchId).bytes]));
  });

  it('takes the state of a checkpoint of an earlier timeline, and the position with which its own begins', async () => {
    const checkpoint = await aStoredCheckpoint(7);
    const base = { timeline: 2, batchId: 7, batchTimeMs: 3_500, offsets: { numbers: { '0': 1 } } };

    expect(await restore({ ...claimedFrom(checkpoint), base })).toMatchObject({
      position: base,
      chain: checkpoint.chain,
    });
    expect(restored).toEqual([['counts', aBlock(7).bytes]]);
  });

  it('takes the position with which a fork begins, and not that of the checkpoint of the other job', async () => {
    const checkpoint = { ...(await aStoredCheckpoint(7)), jobId: 'job_other' as Checkpoint['jobId'] };
    const base = {
      ...{ timeline: 1, batchId: 7, batchTimeMs: 3_500 },
      ...{ offsets: {}, identities: { in: { a: '1' } } },
    };

    expect(await restore({ ...claimedFrom(checkpoint), base })).toMatchObject({ position: base, chain: undefined });
  });

  it('R9: gives up every checkpoint on a damaged base, one after the other, for one on another base', async () => {
    const older = await aStoredCheckpoint(6);
    const base = await aStoredCheckpoint(7);
    const delta = await aStoredCheckpoint(8, base.chain);
    await damage(base);
    const left = [base, older];
    runs.onReject = () => {
      const [checkpoint = older] = left.splice(0, 1);
      const decision = aDecisionFor(checkpoint);
      return Promise.resolve({ outcome: 'decided', wasKnown: false, decision, checkpoint, base: aClaimedRun().base });
    };

    expect(await restore(claimedFrom(delta))).toMatchObject({ position: { batchId: 6 }, chain: older.chain });
    expect(restored).toEqual([['counts', aBlock(6).bytes]]);
  });

  it('gives state to an operator of another name or form, after which nothing can be written on top of it', async () => {
    const checkpoint = await aStoredCheckpoint(7);
    const under = async (...operators: readonly OperatorVerdict[]) => {
      [restored, converted] = [[], []];
      return restore({ ...claimedFrom(checkpoint), decision: aDecisionFor(checkpoint, operators) });
    };

    expect(await under({ uid: 'totals', verdict: 'renamed', from: 'counts' })).toMatchObject({ chain: undefined });
    expect([restored, converted]).toEqual([[['totals', aBlock(7).bytes]], []]);
    expect(await under({ uid: 'totals', verdict: 'migrate', from: 'counts', steps: [1, 2] })).toMatchObject({
      chain: undefined,
    });
    expect([restored, converted]).toEqual([[['totals', aBlock(7).bytes]], [['totals', { steps: [1, 2] }]]]);
    expect(await under({ uid: 'counts', verdict: 'reset', reason: '' })).toMatchObject({ chain: undefined });
    expect(restored).toEqual([]);
  });

  it('begins where the timeline does when there is no checkpoint', async () => {
    const claimed = aClaimedRun();

    expect(await restore(claimed)).toEqual({
      outcome: 'restored',
      position: claimed.base,
      base: claimed.base,
      checkpoint: undefined,
      chain: undefined,
    });
    expect(restored).toEqual([]);
  });

  it('R9: takes the next older checkpoint for one that is damaged, of which not a byte is used', async () => {
    const [older, newest] = [await aStoredCheckpoint(7), await aStoredCheckpoint(8)];
    await damage(newest);
    const { base } = aClaimedRun();
    runs.onReject = () =>
      Promise.resolve({ outcome: 'decided', wasKnown: false, decision: aDecisionFor(older), checkpoint: older, base });
    const recorded = RecordedMetrics.start();

    expect(await restore(claimedFrom(newest))).toMatchObject({
      position: { batchId: 7 },
      checkpoint: { id: older.id },
    });
    expect(restored).toHaveLength(1);
    expect(await recorded.of(METRICS.checkpointsUnreadable)).toEqual([
      { attributes: { 'tidemark.checkpoint.found_by': 'restore' }, value: 1 },
    ]);
    await recorded.stop();
  });

  it('counts no checkpoint that another has found damaged before', async () => {
    const newest = await aStoredCheckpoint(8);
    await damage(newest);
    const { base, decision } = aClaimedRun();
    runs.onReject = () =>
      Promise.resolve({ outcome: 'decided', wasKnown: true, decision, checkpoint: undefined, base });
    const recorded = RecordedMetrics.start();

    expect(await restore(claimedFrom(newest))).toMatchObject({ outcome: 'restored', checkpoint: undefined });
    expect(await recorded.of(METRICS.checkpointsUnreadable)).toEqual([]);
    await recorded.stop();
  });

  it('holds the job when none is left and its policy wants a person to decide', async () => {
    const checkpoint = await aStoredCheckpoint(7);
    await damage(checkpoint);
    const { base, decision } = aClaimedRun();
    const held: RestoreDecision = {
      ...decision,
      verdict: { outcome: 'ask', reasonCode: 'NO_READABLE_CHECKPOINT', reason: 'none is left' },
    };
    runs.onReject = () =>
      Promise.resolve({ outcome: 'decided', wasKnown: false, decision: held, checkpoint: undefined, base });

    expect(await restore(claimedFrom(checkpoint))).toEqual({ outcome: 'held', decision: held });
    expect(restored).toEqual([]);
  });

  it('stops when the job was lost meanwhile', async () => {
    const checkpoint = await aStoredCheckpoint(7);
    await damage(checkpoint);

    expect(await restore(claimedFrom(checkpoint))).toEqual({ outcome: 'fenced' });
  });
});

describe('a checkpoint that is read ahead', () => {
  it('is none where a run starts from none', () => {
    expect(readAhead(aClaimedRun(), objects)()).toBeUndefined();
  });

  it('is given out once: a run does not hold its bytes for as long as it lives', async () => {
    const take = readAhead(claimedFrom(await aStoredCheckpoint(7)), objects);

    expect((await take())?.manifest.batchId).toBe(7);
    expect(take()).toBeUndefined();
  });

  it('troubles nobody who never asks for it, if it is damaged', async () => {
    const checkpoint = await aStoredCheckpoint(7);
    await damage(checkpoint);
    readAhead(claimedFrom(checkpoint), objects);
    await new Promise((resolve) => setImmediate(resolve));
  });
});
