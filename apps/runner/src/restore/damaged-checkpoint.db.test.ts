import { env } from 'node:process';
import { mkdtemp, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeBlock, readCheckpoint } from '@tidemark/checkpoint';
import {
  RESTORE_POLICIES,
  type Checkpoint,
  type ClaimedRun,
  type RestorePolicy,
  type RunnerId,
} from '@tidemark/domain';
import type { GraphRuntime, StateBlock } from '@tidemark/engine';
import {
  aManifest,
  aRunnerId,
  aSubmittedJob,
  aTenant,
  claimNext,
  stores,
  type DataSource,
  type Stores,
} from '@tidemark/persistence/testing';
import { FsObjectStore } from '@tidemark/stores';
import { postgresTest } from '@tidemark/testing';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { describe, expect } from 'vitest';
import { Checkpointer } from '../checkpoint/checkpointer.js';
import { ActiveRun } from '../run-batch/active-run.js';
import { aShape, aSnapshot } from '../testing/a-run.js';
import { UuidIds } from '../testing/uuid-ids.js';
import { restoreState } from './restore-state.js';

const WAYS = env['TIDEMARK_NIGHTLY'] === undefined ? 100 : 1_000;
const TIMEOUT_MS = 3_600_000;
const BASE_ROWS = 200;

type Damage =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'truncate'; readonly to: number }
  | { readonly kind: 'append'; readonly bytes: number }
  | { readonly kind: 'delete' };

/** A part of the whole, from 0 up to 1. */
const part = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const aDamage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flip' as const), at: part, bit: fc.nat({ max: 7 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), to: part }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('append' as const), bytes: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'delete' as const }) },
);
const aCase = fc.record({
  policy: fc.constantFrom(...RESTORE_POLICIES),
  /** How many checkpoints each base has with it, the newest base last. */
  bases: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
  /** Whether batches that every checkpoint contains are gone from the log. */
  pruned: fc.boolean(),
  object: part,
  damage: aDamage,
});

async function apply(damage: Damage, file: string): Promise<void> {
  const bytes = await readFile(file);
  switch (damage.kind) {
    case 'flip': {
      const at = Math.floor(damage.at * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << damage.bit);
      return writeFile(file, bytes);
    }
    case 'truncate':
      return truncate(file, Math.floor(damage.to * bytes.length));
    case 'append':
      return writeFile(file, Buffer.concat([bytes, Buffer.alloc(damage.bytes)]));
    case 'delete':
      return unlink(file);
  }
}

interface Taken {
  readonly batchId: number;
  /** What a restore gives to the graph, in order. */
  readonly blocks: readonly Uint8Array[];
  /** Every object that a restore reads. */
  readonly objects: readonly string[];
}

/** A job of its own that commits batches and takes checkpoints, on real stores. */
class DamagedJob {
  readonly taken: Taken[] = [];

  private constructor(
    private readonly all: Stores,
    private readonly objects: FsObjectStore,
    private readonly claimed: ClaimedRun,
    private readonly runnerId: RunnerId,
  ) {}

  static async start(
    dataSource: DataSource,
    parts: { readonly objects: FsObjectStore; readonly runnerId: RunnerId; readonly policy: RestorePolicy },
  ): Promise<DamagedJob> {
    const { objects, runnerId, policy } = parts;
    const tenantId = await aTenant(dataSource, aManifest({ shapes: { counts: aShape } }));
    await aSubmittedJob(dataSource, tenantId, { restorePolicy: policy });
    const all = stores(dataSource);
    return new DamagedJob(all, objects, await claimNext(all, runnerId), runnerId);
  }

  /** Batches from the last one on, each with a checkpoint; the first is whole, the others hold what changed. */
  async runOnOneBase(count: number): Promise<void> {
    const run = new ActiveRun(this.claimed);
    const tools = { runs: this.all.runs, objects: this.objects, ids: new UuidIds() };
    const checkpointer = new Checkpointer(run, tools, { overdue: true, chain: undefined });
    let before: readonly Uint8Array[] = [];
    for (let index = 0; index < count; index += 1) {
      const batchId = (this.taken.at(-1)?.batchId ?? 0) + 1;
      await this.commit(batchId);
      const { kind } = checkpointer;
      expect(kind).toBe(index === 0 ? 'full' : 'delta');
      const block = aBlock(kind === 'full' ? BASE_ROWS : 1, batchId);
      const blocks = [block].values();
      checkpointer.begin(aSnapshot(batchId, { kind, next: async () => blocks.next().value }), 0);
      await checkpointer.settle();
      before = [...before, block.bytes];
      this.taken.push({ batchId, blocks: before, objects: await this.objectsOfNewest() });
    }
  }

  /** Ends the run and restores the job on another, as far as the state. */
  async restore() {
    const { runs, scheduling } = this.all;
    await runs.end(this.claimed.fence, { kind: 'drained', reason: 'runner_shutdown' });
    const claimed = await claimNext({ runs, scheduling }, this.runnerId);
    const given: Uint8Array[] = [];
    const graph: GraphRuntime = {
      restore: async (_, block) => {
        given.push(Uint8Array.from(block));
      },
      convert: () => Promise.reject(new Error('nothing is converted here')),
      run: () => Promise.reject(new Error('no batch is run here')),
      snapshot: () => Promise.reject(new Error('no snapshot is taken here')),
    };
    const restored = await restoreState(claimed, { runs, objects: this.objects, graph });
    const { tenantId, jobId } = claimed.fence;
    const store = this.all.jobs.forTenant(tenantId);
    const [decision] = await store.listDecisions(jobId, { limit: 1 });
    const statuses = (await store.listCheckpoints(jobId, { limit: 100 })).map(({ status }) => status);
    // Nothing more of it is to be scheduled while other cases run.
    await runs.end(claimed.fence, { kind: 'cancelled' });
    return { restored, given, decision, statuses };
  }

  private async commit(batchId: number): Promise<void> {
    const { fence } = this.claimed;
    const plan = { timeline: 1, batchId, batchTimeMs: batchId * 500, ranges: {} };
    await this.all.runs.writeBatch(fence, { kind: 'plan', plan });
    const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs: 1, schedulingDelayMs: 0 };
    const commit = { timeline: 1, batchId, nextOffsets: offsetsAfter(batchId), ...counts };
    const committed = await this.all.runs.writeBatch(fence, { kind: 'commit', commit, next: undefined });
    expect(committed.outcome).toBe('committed');
  }

  private async objectsOfNewest(): Promise<readonly string[]> {
    const { path, manifestSha256 = '' } = await this.newest();
    const { chain } = await readCheckpoint(this.objects, path, manifestSha256);
    const files = Object.values(chain?.files ?? {}).flat();
    return [`${path}/manifest.json`, ...files.map((file) => `${file.in}/${file.path}`)];
  }

  private async newest(): Promise<Checkpoint> {
    const { tenantId, jobId } = this.claimed.fence;
    const [newest] = await this.all.jobs.forTenant(tenantId).listCheckpoints(jobId, { limit: 1 });
    if (newest?.status !== 'complete') throw new Error('The checkpoint was not completed.');
    return newest;
  }
}

const offsetsAfter = (batchId: number) => ({ numbers: { '0': batchId } });

/** Values that do not compress away: a byte of the file is a byte of the state. */
function aBlock(rows: number, batchId: number): StateBlock {
  const bytes = encodeBlock({
    table: 'state',
    clear: false,
    columns: [{ name: 'value', type: 'json' }],
    rows: Array.from({ length: rows }, (_, key) => ({
      slot: key % 128,
      key: `"${key}"`,
      values: [`"${v7()}/${batchId}"`],
    })),
    deleted: [],
  });
  return { uid: 'counts', bytes, rows, deleted: 0 };
}

describe('R9: a byte or an object of the newest checkpoint that is not what it was', () => {
  postgresTest(
    'is noticed before a byte is used, and never makes a job start from nothing without being told to',
    { timeout: TIMEOUT_MS },
    async ({ dataSource }) => {
      const folder = await mkdtemp(join(tmpdir(), 'tidemark-damage-'));
      const objects = await FsObjectStore.open(folder);
      const runnerId = aRunnerId();
      const { runs, scheduling } = stores(dataSource);
      await runs.registerRunner({ id: runnerId, host: 'here', pid: 1, slots: 4, sandbox: {} });
      const property = fc.asyncProperty(aCase, async ({ policy, bases, pruned, object, damage }) => {
        const job = await DamagedJob.start(dataSource, { objects, runnerId, policy });
        for (const count of bases) await job.runOnOneBase(count);
        if (pruned) await scheduling.pruneBatches({ keep: 0, limit: 1_000, perTimeline: 5 });
        const newest = job.taken.at(-1);
        const damaged = newest?.objects[Math.floor(object * newest.objects.length)] ?? '';
        await apply(damage, join(folder, damaged));

        expectSoundRestore(job.taken, damaged, { policy, pruned }, await job.restore());
      });
      try {
        await fc.assert(property, { numRuns: WAYS, endOnFailure: true });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

function expectSoundRestore(
  taken: readonly Taken[],
  damaged: string,
  { policy, pruned }: { readonly policy: RestorePolicy; readonly pruned: boolean },
  { restored, given, decision, statuses }: Awaited<ReturnType<DamagedJob['restore']>>,
): void {
  const newestFirst = taken.toReversed();
  const sound = newestFirst.findIndex(({ objects }) => !objects.includes(damaged));
  const rejected = sound === -1 ? taken.length : sound;
  expect(rejected).toBeGreaterThan(0);
  expect(statuses).toEqual(newestFirst.map((_, index) => (index < rejected ? 'corrupt' : 'complete')));
  expect(decision?.candidates.slice(0, rejected).map(({ verdict }) => verdict)).toEqual(
    Array(rejected).fill('unreadable'),
  );

  const chosen = newestFirst[sound];
  expect(given).toEqual(chosen?.blocks ?? []);
  if (chosen !== undefined) {
    const { batchId } = chosen;
    expect(restored).toMatchObject({
      outcome: 'restored',
      position: { timeline: 1, batchId, offsets: offsetsAfter(batchId) },
    });
    expect(decision?.verdict).toMatchObject({ outcome: 'start', reasonCode: 'OLDER_CHECKPOINT' });
    expect(decision?.candidates[rejected]).toMatchObject({ verdict: 'chosen', batchId });
    return;
  }
  const lastBatchId = taken.at(-1)?.batchId ?? 0;
  if (!pruned) {
    // Every batch is still planned: the state is made again from the first on.
    expect(decision?.verdict).toMatchObject({ outcome: 'start', from: { kind: 'replay_from_beginning' } });
    expect(restored).toMatchObject({ outcome: 'restored', position: { timeline: 1, batchId: 0 } });
  } else if (policy === 'reset_keep_offsets') {
    const from = { kind: 'offsets_only', offsets: offsetsAfter(lastBatchId) };
    expect(decision?.verdict).toEqual({ outcome: 'start', from, reasonCode: 'OFFSETS_PRESERVED' });
    expect(restored).toMatchObject({ position: { timeline: 2, batchId: lastBatchId, offsets: from.offsets } });
  } else {
    const outcome = policy;
    expect(decision?.verdict).toMatchObject({ outcome, reasonCode: 'NO_READABLE_CHECKPOINT' });
    expect(restored).toMatchObject({ outcome: 'held' });
  }
}
