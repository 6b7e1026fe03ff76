import type { CheckpointId, ClaimedRun, Fence, RunnerId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { holdCheckpoints } from '../runs/hold-checkpoints.js';
import {
  aCheckpoint,
  aClaimedRun,
  aRunnerId,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  claimNext,
  stores,
  type Stores,
} from '../testing.js';

const id = (batchId: number): string => `ckp_${String(batchId).padStart(4, '0')}`;

/** Complete checkpoints of the batches, each on top of the one before, or on its own where `bases` says so. */
async function someCheckpoints(
  { runs }: Pick<Stores, 'runs'>,
  fence: Fence,
  { batches, bases }: { readonly batches: readonly number[]; readonly bases: readonly number[] },
): Promise<void> {
  let buildsOn: string[] = [];
  for (const batchId of batches) {
    if (bases.includes(batchId)) buildsOn = [];
    expect(await runs.beginCheckpoint(fence, aCheckpoint(id(batchId), batchId, { buildsOn }))).toBe('done');
    expect(await runs.completeCheckpoint(fence, id(batchId) as CheckpointId, aWrittenCheckpoint)).toBe('done');
    buildsOn = [...buildsOn, id(batchId)];
  }
}

async function retired({ scheduling }: Pick<Stores, 'scheduling'>, perTimeline: number): Promise<string[]> {
  return (await scheduling.retireCheckpoints({ perTimeline })).map((each) => each.id).sort();
}

describe('retention of checkpoints that build on others', () => {
  postgresTest('keeps the newest, all that they build on, and the base before', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const run = await aClaimedRun(dataSource);

    await someCheckpoints(run, run.claimed.fence, { batches: [1, 2, 3, 4, 5, 6, 7, 8], bases: [1, 5] });
    expect(await retired(run, 2)).toEqual([]);

    await someCheckpoints(run, run.claimed.fence, { batches: [9], bases: [9] });
    expect(await retired(run, 2)).toEqual([1, 2, 3, 4].map(id));
    expect(await retired(run, 2)).toEqual([1, 2, 3, 4].map(id));
    await run.scheduling.forgetCheckpoints([1, 2, 3, 4].map((batchId) => id(batchId) as CheckpointId));
    expect(await retired(run, 2)).toEqual([]);
  });

  postgresTest('I9: keeps what a checkpoint builds on that is only being written', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const run = await aClaimedRun(dataSource);
    const { fence } = run.claimed;
    await someCheckpoints(run, fence, { batches: [1, 2, 3, 4], bases: [1, 3, 4] });

    await run.runs.beginCheckpoint(fence, aCheckpoint(id(5), 5, { buildsOn: [id(1), id(2)] }));
    expect(await retired(run, 1)).toEqual([]);

    await run.runs.beginCheckpoint(fence, aCheckpoint(id(6), 6));
    expect(await retired(run, 1)).toEqual([id(1), id(2), id(5)]);
  });

  postgresTest('R9: leaves something to restore when a base is damaged that much builds on', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const run = await aClaimedRun(dataSource);
    await someCheckpoints(run, run.claimed.fence, { batches: [1, 2, 3, 4, 5, 6, 7, 8, 9], bases: [1, 4] });
    await run.runs.end(run.claimed.fence, { kind: 'drained', reason: 'runner_shutdown' });
    await retired(run, 2);

    const again = await claimNext(run, run.runnerId);
    let { checkpoint } = again;
    for (const batchId of [9, 8, 7, 6, 5, 4]) {
      expect(checkpoint?.id).toBe(id(batchId));
      const decided = await run.runs.rejectCheckpoint(again.fence, id(batchId) as CheckpointId, 'the base is damaged');
      checkpoint = decided.outcome === 'decided' ? decided.checkpoint : undefined;
    }
    expect(checkpoint).toMatchObject({ id: id(3), buildsOn: [id(1), id(2)] });
  });

  postgresTest('R9: gives up any number of checkpoints on one base before the one before', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const run = await aClaimedRun(dataSource);
    const { fence } = run.claimed;
    const batches = Array.from({ length: 46 }, (_, index) => index + 1);
    for (const batchId of batches) {
      const buildsOn = batchId < 3 ? [] : [id(2)];
      await run.runs.beginCheckpoint(fence, aCheckpoint(id(batchId), batchId, { buildsOn }));
      await run.runs.completeCheckpoint(fence, id(batchId) as CheckpointId, aWrittenCheckpoint);
    }
    let last: string | undefined;
    for (const batchId of batches.slice(1).reverse()) {
      const decided = await run.runs.rejectCheckpoint(fence, id(batchId) as CheckpointId, 'the base is damaged');
      last = decided.outcome === 'decided' ? decided.checkpoint?.id : undefined;
    }
    expect(last).toBe(id(1));
  });

  postgresTest('refuses to build on what was collected meanwhile', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const run = await aClaimedRun(dataSource);
    const { fence } = run.claimed;
    await someCheckpoints(run, fence, { batches: [1, 2, 3], bases: [1, 2, 3] });
    expect(await retired(run, 1)).toEqual([id(1)]);

    expect(await run.runs.beginCheckpoint(fence, aCheckpoint(id(4), 4, { buildsOn: [id(1)] }))).toBe('base_gone');
    expect(await run.runs.completeCheckpoint(fence, id(4) as CheckpointId, aWrittenCheckpoint)).toBe('fenced');
  });

  postgresTest('leaves alone what somebody is about to need', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const run = await aClaimedRun(dataSource);
    const { fence } = run.claimed;
    await someCheckpoints(run, fence, { batches: [1, 2, 3, 4], bases: [1, 2, 3, 4] });

    await dataSource.transaction(async (tx) => {
      expect(await holdCheckpoints(tx, fence, [id(1)])).toBe(true);
      expect(await retired(run, 1)).toEqual([id(2)]);
    });
  });
});

describe('I9: a checkpoint that one wants to build on and another to collect', () => {
  postgresTest('is either built on or collected, and never both', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const run = await aClaimedRun(dataSource);
    const { fence } = run.claimed;
    for (let round = 0; round < 40; round += 1) {
      const batches = Array.from({ length: 8 }, (_, index) => round * 10 + index + 1);
      await someCheckpoints(run, fence, { batches, bases: batches });
      const base = id(batches[0] ?? 0);
      const [begun, , collected] = await Promise.all([
        run.runs.beginCheckpoint(fence, aCheckpoint(id(round * 10 + 9), round * 10 + 9, { buildsOn: [base] })),
        run.scheduling.retireCheckpoints({ perTimeline: 8 }),
        retired(run, 1),
      ]);
      expect(begun).toBe(collected.includes(base) ? 'base_gone' : 'done');
      await dataSource.query('DELETE FROM checkpoints');
    }
  });
});

type Command =
  | { readonly kind: 'take'; readonly delta: boolean; readonly wrote: boolean; readonly ends: 'complete' | 'fail' }
  | { readonly kind: 'restart'; readonly damaged: number }
  | { readonly kind: 'retire'; readonly perTimeline: number; readonly forget: boolean }
  /** Both at once. */
  | { readonly kind: 'take_and_retire'; readonly perTimeline: number };

const perTimeline = fc.integer({ min: 1, max: 3 });
const aCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      delta: fc.boolean(),
      wrote: fc.boolean(),
      ends: fc.constantFrom('complete' as const, 'complete' as const, 'fail' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), damaged: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('retire' as const), perTimeline, forget: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take_and_retire' as const), perTimeline }) },
);

/** One job as its runner sees it, and the checks that nobody but the database can make. */
class LivingJob {
  private batchId = 0;
  /** What the next delta builds on; undefined when the next checkpoint has to be whole. */
  private chain: readonly string[] | undefined;
  private readonly foldersOf = new Map<string, readonly string[]>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: Stores,
    private readonly runnerId: RunnerId,
    private claimed: ClaimedRun,
  ) {}

  async obey(command: Command): Promise<void> {
    switch (command.kind) {
      case 'take':
        return this.take(command);
      case 'restart':
        return this.restart(command.damaged);
      case 'retire':
        return this.retire(command);
      case 'take_and_retire':
        await Promise.all([
          this.take({ delta: true, wrote: true, ends: 'complete' }),
          this.stores.scheduling.retireCheckpoints(command),
          this.stores.scheduling.retireCheckpoints(command),
        ]);
    }
  }

  private async take({ delta, wrote, ends }: Omit<Extract<Command, { kind: 'take' }>, 'kind'>): Promise<void> {
    const { runs } = this.stores;
    this.batchId += 1;
    const buildsOn = delta ? (this.chain ?? []) : [];
    const path = `${this.claimed.fence.jobId}/${String(this.batchId).padStart(4, '0')}`;
    const checkpoint = aCheckpoint(`ckp_${path}`, this.batchId, { buildsOn, path });
    const begun = await runs.beginCheckpoint(this.claimed.fence, checkpoint);
    this.chain = undefined;
    if (begun === 'base_gone' || ends === 'fail') return;
    expect(begun).toBe('done');
    expect(await runs.completeCheckpoint(this.claimed.fence, checkpoint.id, aWrittenCheckpoint)).toBe('done');
    this.chain = wrote || buildsOn.length === 0 ? [...buildsOn, path] : buildsOn;
    this.foldersOf.set(path, this.chain);
  }

  private async restart(damaged: number): Promise<void> {
    const { runs, scheduling } = this.stores;
    await runs.end(this.claimed.fence, { kind: 'drained', reason: 'runner_shutdown' });
    this.claimed = await claimNext({ runs, scheduling }, this.runnerId);
    let { checkpoint } = this.claimed;
    for (let count = 0; count < damaged && checkpoint !== undefined; count += 1) {
      const decided = await runs.rejectCheckpoint(this.claimed.fence, checkpoint.id, 'it is damaged');
      if (decided.outcome === 'fenced') throw new Error('The job was lost.');
      await scheduling.retireCheckpoints({ perTimeline: 1 });
      ({ checkpoint } = decided);
    }
    this.chain = checkpoint === undefined ? undefined : this.foldersOf.get(checkpoint.path);
  }

  private async retire({ perTimeline: keep, forget }: Extract<Command, { kind: 'retire' }>): Promise<void> {
    const before = await this.complete();
    const gone = await this.stores.scheduling.retireCheckpoints({ perTimeline: keep });
    if (forget) await this.stores.scheduling.forgetCheckpoints(gone.map((each) => each.id));
    const after = await this.complete();
    expect(after.slice(0, keep)).toEqual(before.slice(0, keep));
    const bases = (rows: typeof before): number => new Set(rows.map((row) => row.builds_on[0] ?? row.path)).size;
    expect(bases(after)).toBeGreaterThanOrEqual(Math.min(2, bases(before)));
  }

  /** Newest first. */
  private complete(): Promise<{ readonly path: string; readonly builds_on: string[] }[]> {
    return this.dataSource.query(
      `SELECT path, builds_on FROM checkpoints WHERE status = 'complete' ORDER BY batch_id DESC, id DESC`,
    );
  }

  /** Folders that a complete checkpoint needs and that no row holds. */
  async missing(): Promise<unknown[]> {
    return this.dataSource.query(
      `SELECT c.path, n.path AS needs FROM checkpoints c CROSS JOIN unnest(c.builds_on) AS n (path)
        WHERE c.status = 'complete'
          AND NOT EXISTS (SELECT 1 FROM checkpoints b WHERE b.path = n.path AND b.status <> 'deleted')`,
    );
  }
}

describe('I9: what a complete checkpoint needs', () => {
  postgresTest('is never collected, whatever happens in which order', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const runnerId = aRunnerId();
    const all = stores(dataSource);
    await all.runs.registerRunner({ id: runnerId, host: 'here', pid: 1, slots: 4, sandbox: {} });
    await fc.assert(
      fc.asyncProperty(fc.array(aCommand, { minLength: 5, maxLength: 40 }), async (commands) => {
        await aSubmittedJob(dataSource, tenant);
        const job = new LivingJob(dataSource, all, runnerId, await claimNext(all, runnerId));
        for (const command of commands) {
          await job.obey(command);
          expect(await job.missing()).toEqual([]);
        }
        await dataSource.query('DELETE FROM jobs');
      }),
      { numRuns: 20 },
    );
  });
});
