import { InMemoryObjectStore, readCheckpoint } from '@tidemark/checkpoint';
import { TidemarkError } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ActiveRun } from '../run-batch/active-run.js';
import { aBlock, aCheckpointId, aRun, aSnapshot, CountedIds } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { Checkpointer } from './checkpointer.js';

const INTERVAL_MS = 1_000;
const FAILURES_MAX = 5;
const PAUSE_MS = 1.234_567;

/** A store on a disk that may be full. */
class DiskStore extends InMemoryObjectStore {
  full = false;
  puts = 0;

  override async put(path: string, bytes: Uint8Array): Promise<void> {
    if (this.full) throw new TidemarkError('store_full', { path });
    await super.put(path, bytes);
    this.puts += 1;
  }
}

let runs: RecordingRunStore;
let objects: DiskStore;
let run: ActiveRun;

beforeEach(() => {
  vi.useFakeTimers();
  runs = new RecordingRunStore();
  objects = new DiskStore();
  run = aRun();
});
afterEach(() => {
  vi.useRealTimers();
});

const checkpointer = (overdue = false): Checkpointer =>
  new Checkpointer(run, { runs, objects, ids: new CountedIds() }, { overdue, chain: undefined });

async function write(into: Checkpointer, batchId = 1): Promise<void> {
  into.begin(aSnapshot(batchId, { kind: into.kind }), PAUSE_MS);
  await into.settle();
}

describe('a checkpoint', () => {
  it('is due once an interval has passed, and an interval after that', async () => {
    const checkpoints = checkpointer();
    expect(checkpoints.isDue()).toBe(false);

    vi.advanceTimersByTime(INTERVAL_MS);
    expect(checkpoints.isDue()).toBe(true);

    await write(checkpoints);
    expect(checkpoints.isDue()).toBe(false);
    vi.advanceTimersByTime(INTERVAL_MS);
    expect(checkpoints.isDue()).toBe(true);
  });

  it('is whole again after a hundred on one base, also where nothing has changed', async () => {
    const checkpoints = checkpointer();
    const kinds: string[] = [];
    for (let batchId = 1; batchId <= 102; batchId += 1) {
      kinds.push(checkpoints.kind);
      const unchanged = checkpoints.kind === 'delta' ? { next: async () => undefined } : {};
      checkpoints.begin(aSnapshot(batchId, { kind: checkpoints.kind, ...unchanged }), PAUSE_MS);
      await checkpoints.settle();
    }
    expect(kinds).toEqual(['full', ...Array<string>(100).fill('delta'), 'full']);
  });

  it('is due after so many batches, however long the interval is', async () => {
    const checkpoints = checkpointer();
    for (let batch = 1; batch < 10_000; batch += 1) checkpoints.noteBatch();
    expect(checkpoints.isDue()).toBe(false);
    checkpoints.noteBatch();
    expect(checkpoints.isDue()).toBe(true);

    await write(checkpoints);
    expect(checkpoints.isDue()).toBe(false);
  });

  it('comes less often while its tenant is over a limit, and as before once that is over', () => {
    const checkpoints = checkpointer();
    const orders = { desired: 'running', revision: 1 } as const;
    run.obey({ ...orders, checkpointStretch: 4 });
    // A commit's answer says nothing about it.
    run.obey(orders);
    vi.advanceTimersByTime(4 * INTERVAL_MS - 1);
    expect(checkpoints.isDue()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(checkpoints.isDue()).toBe(true);

    run.obey({ ...orders, checkpointStretch: 8 });
    expect(checkpoints.isDue()).toBe(false);
    run.obey({ ...orders, checkpointStretch: 1 });
    expect(checkpoints.isDue()).toBe(true);
  });

  it('is written whenever the run asks for one, also while its tenant is over a limit', async () => {
    const checkpoints = checkpointer();
    run.obey({ desired: 'stopped', revision: 1, checkpointStretch: 8 });
    await write(checkpoints);
    expect(runs.completed).toHaveLength(1);
  });

  it('is due at once after batches had to be run again', () => {
    expect(checkpointer(true).isDue()).toBe(true);
  });

  it('keeps what its offsets are positions of in its row', async () => {
    const checkpoints = checkpointer();
    const identities = { numbers: { '0': 'known' } };
    checkpoints.begin(aSnapshot(1, { kind: checkpoints.kind, identities }), PAUSE_MS);
    await checkpoints.settle();

    expect(runs.begun).toMatchObject([{ identities }]);
  });

  it('is not due while another one is written, however long that takes', async () => {
    const checkpoints = checkpointer();
    const { promise, resolve } = Promise.withResolvers<'done'>();
    runs.onBegin = () => promise;
    checkpoints.begin(aSnapshot(), PAUSE_MS);

    vi.advanceTimersByTime(10 * INTERVAL_MS);
    expect(checkpoints.isDue()).toBe(false);

    resolve('done');
    await checkpoints.settle();
    expect(checkpoints.isDue()).toBe(true);
  });

  it('R8: has its row before its objects, and is complete only after them', async () => {
    const seen: string[] = [];
    runs.onBegin = () => {
      seen.push(`row, ${objects.puts} objects`);
      return Promise.resolve('done');
    };
    runs.onComplete = () => {
      seen.push(`complete, ${objects.puts} objects`);
      return Promise.resolve('done');
    };

    await write(checkpointer());

    expect(seen).toEqual(['row, 0 objects', 'complete, 2 objects']);
    expect(runs.begun).toMatchObject([{ id: aCheckpointId(1), batchId: 1, offsets: { numbers: { '0': 1 } } }]);
  });

  it('says for how long batches waited for its snapshot', async () => {
    await write(checkpointer());

    expect(runs.written).toMatchObject([{ pauseMs: 1.235 }]);
  });

  it.each([
    ['before its first object', 'onBegin', 0],
    ['after its last', 'onComplete', 2],
  ] as const)('ends the run when the job is found to be lost %s', async (_, when, puts) => {
    runs[when] = () => Promise.resolve('fenced');

    await write(checkpointer());

    expect(run.abandoned).toBe('fenced');
    expect(objects.puts).toBe(puts);
  });
});

describe('a checkpoint after another', () => {
  it('is what changed since, as long as that is little', async () => {
    const checkpoints = checkpointer();
    const kinds = [];
    for (let batchId = 1; batchId <= 4; batchId += 1) {
      kinds.push(checkpoints.kind);
      await write(checkpoints, batchId);
    }

    // Each delta is as large as the base here, so each second checkpoint is whole.
    expect(kinds).toEqual(['full', 'delta', 'full', 'delta']);
    expect(runs.written.map(({ kind, files, stateRows }) => ({ kind, files, stateRows }))).toEqual([
      { kind: 'full', files: 1, stateRows: 1 },
      { kind: 'delta', files: 1, stateRows: 2 },
      { kind: 'full', files: 1, stateRows: 1 },
      { kind: 'delta', files: 1, stateRows: 2 },
    ]);
    const [base, delta, next] = runs.begun;
    expect([base, delta, next].map((begun) => begun?.buildsOn)).toEqual([[], [base?.path], []]);
  });

  it('is what changed since, also where that is much, as soon as somebody waits for the run to end', async () => {
    const checkpoints = checkpointer();
    const rows = [aBlock(1), aBlock(1_000_000), aBlock(2_000_000)].values();
    checkpoints.begin(aSnapshot(1, { kind: checkpoints.kind, next: async () => rows.next().value }), PAUSE_MS);
    await checkpoints.settle();
    await write(checkpoints, 2);
    expect(checkpoints.kind).toBe('full');

    run.drain('runner_shutdown');
    expect(checkpoints.kind).toBe('delta');
    run.obey({ desired: 'running', revision: 1, savepoint: 1 });
    expect(checkpoints.kind).toBe('full');
  });

  it('goes on from the checkpoint that the run was restored from', async () => {
    const before = checkpointer();
    await write(before, 1);
    const { path = '' } = runs.begun[0] ?? {};
    const { manifestSha256 = '' } = runs.written[0] ?? {};
    const { chain } = await readCheckpoint(objects, path, manifestSha256);

    const checkpoints = new Checkpointer(run, { runs, objects, ids: new CountedIds() }, { overdue: false, chain });

    expect(checkpoints.kind).toBe('delta');
  });

  it('is whole when what it would build on is gone, and the one after that too', async () => {
    const checkpoints = checkpointer();
    await write(checkpoints, 1);
    runs.onBegin = () => Promise.resolve('base_gone');
    await write(checkpoints, 2);

    expect(runs.events).toMatchObject([{ type: 'checkpoint.failed', data: { code: 'checkpoint_unreadable' } }]);
    expect(checkpoints.kind).toBe('full');
  });
});

describe('a savepoint', () => {
  const orders = { desired: 'running', revision: 1 } as const;

  it('is due as soon as it is asked for, is whole, and says which request it answers', async () => {
    const checkpoints = checkpointer();
    await write(checkpoints, 1);
    expect(checkpoints.kind).toBe('delta');
    run.obey({ ...orders, savepoint: 3 });
    expect([checkpoints.isDue(), checkpoints.kind]).toEqual([true, 'full']);

    checkpoints.begin(aSnapshot(2, { kind: checkpoints.kind }), PAUSE_MS, run.savepointWanted);
    await checkpoints.settle();
    expect(runs.written.map(({ savepoint }) => savepoint)).toEqual([undefined, 3]);
    // The order is repeated until Postgres knows of the answer.
    expect(checkpoints.isDue()).toBe(false);
    run.obey({ ...orders, savepoint: 4 });
    expect(checkpoints.isDue()).toBe(true);
  });

  it('is written for a request that came after one that was let go of, however little had changed', async () => {
    const checkpoints = checkpointer();
    run.obey({ ...orders, savepoint: 1 });
    checkpoints.begin(aSnapshot(1, { kind: checkpoints.kind }), PAUSE_MS, run.savepointWanted);
    await checkpoints.settle();
    run.obey(orders);
    expect([checkpoints.isAskedFor(), checkpoints.kind]).toEqual([false, 'delta']);

    // No number is ever given out again.
    run.obey({ ...orders, savepoint: 2 });
    expect([checkpoints.isAskedFor(), checkpoints.kind]).toEqual([true, 'full']);
  });

  it('that fails is made up for by the next one that is due, not at once', async () => {
    const checkpoints = checkpointer();
    run.obey({ ...orders, savepoint: 1 });
    objects.full = true;
    checkpoints.begin(aSnapshot(1, { kind: checkpoints.kind }), PAUSE_MS, 1);
    await checkpoints.settle();
    expect(checkpoints.isDue()).toBe(false);

    objects.full = false;
    vi.advanceTimersByTime(INTERVAL_MS);
    expect(checkpoints.isDue()).toBe(true);
    checkpoints.begin(aSnapshot(2, { kind: checkpoints.kind }), PAUSE_MS, run.savepointWanted);
    await checkpoints.settle();
    expect(runs.written).toMatchObject([{ savepoint: 1 }]);
  });
});

describe('a checkpoint that cannot be written', () => {
  it('R14: is told as an event, and the job goes on until the disk has room again', async () => {
    const checkpoints = checkpointer();
    objects.full = true;
    await write(checkpoints, 1);

    expect(runs.completed).toEqual([]);
    expect(runs.events).toMatchObject([
      { type: 'checkpoint.failed', data: { checkpointId: aCheckpointId(1), batchId: 1, code: 'store_full' } },
    ]);
    expect(run.abandoned).toBeUndefined();

    objects.full = false;
    vi.advanceTimersByTime(INTERVAL_MS);
    expect(checkpoints.isDue()).toBe(true);
    await write(checkpoints, 2);
    expect(runs.completed).toEqual([aCheckpointId(2)]);
  });

  it('is followed by a whole one: what had changed since the one before is lost with it', async () => {
    const checkpoints = checkpointer();
    await write(checkpoints, 1);
    expect(checkpoints.kind).toBe('delta');
    objects.full = true;
    await write(checkpoints, 2);
    expect(checkpoints.kind).toBe('full');

    objects.full = false;
    await write(checkpoints, 3);
    expect(runs.written.map(({ kind }) => kind)).toEqual(['full', 'full']);
  });

  it('has its snapshot pulled to the end: the job holds on to what was frozen for it until then', async () => {
    const blocks = [{ ...aBlock(1), uid: 'unheard-of' }, aBlock(2), aBlock(3)];
    const checkpoints = checkpointer();
    checkpoints.begin(aSnapshot(1, { next: async () => blocks.shift() }), PAUSE_MS);
    await checkpoints.settle();

    expect(runs.events).toMatchObject([{ data: { code: 'sandbox_spoke_nonsense' } }]);
    expect(blocks).toEqual([]);
  });

  it('does not end the run when its snapshot cannot be pulled', async () => {
    const checkpoints = checkpointer();
    checkpoints.begin(aSnapshot(1, { next: () => Promise.reject(new Error('the sandbox is gone')) }), PAUSE_MS);

    await expect(checkpoints.settle()).resolves.toBeUndefined();
    expect(runs.events).toMatchObject([{ type: 'checkpoint.failed', data: { reason: 'the sandbox is gone' } }]);
  });

  it('ends the run when it has failed too often in a row', async () => {
    const checkpoints = checkpointer();
    objects.full = true;
    for (let failure = 1; failure < FAILURES_MAX; failure += 1) await write(checkpoints, failure);
    expect(() => checkpoints.isDue()).not.toThrow();

    await write(checkpoints, FAILURES_MAX);

    expect(() => checkpoints.isDue()).toThrow(expect.objectContaining({ code: 'store_full' }) as Error);
  });

  it('is forgotten with the first one that succeeds', async () => {
    const checkpoints = checkpointer();
    for (let batchId = 1; batchId <= 2 * FAILURES_MAX; batchId += 1) {
      objects.full = batchId % FAILURES_MAX !== 0;
      await write(checkpoints, batchId);
    }

    expect(() => checkpoints.isDue()).not.toThrow();
  });

  it('does not end the run because even the event cannot be written', async () => {
    objects.full = true;
    runs.appendEvents = () => Promise.reject(new Error('no connection'));

    await expect(write(checkpointer())).resolves.toBeUndefined();
  });
});
