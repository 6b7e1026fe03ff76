import type { BatchCommit, BatchPlan, CheckpointId, Fence, JobId, RunnerId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import {
  aCheckpoint,
  aCheckpointId,
  aRunnerId,
  aSubmittedJob,
  aTenant,
  aWrittenCheckpoint,
  stores,
  type Stores,
} from '../testing.js';

const JOBS = 20;
/** 200 pauses in all. */
const CYCLES = 10;
const LEASE_MS = 5_000;

/** A run that has committed the batch of its cycle, planned the next one, and begun a checkpoint. */
interface Run {
  readonly fence: Fence;
  readonly open: BatchPlan;
  readonly checkpointId: CheckpointId;
}

/** A process that runs all jobs, over connections of its own. */
interface Runner {
  readonly id: RunnerId;
  readonly store: Stores;
  readonly runs: readonly Run[];
}

describe('a runner that is paused and goes on after its jobs were given away', () => {
  postgresTest(
    'F5: has no write accepted, in 200 pauses of a job, before and while its successor writes',
    async ({ database, dataSource }) => {
      const tenant = await aTenant(dataSource);
      const jobs: JobId[] = [];
      for (let made = 0; made < JOBS; made += 1) jobs.push(await aSubmittedJob(dataSource, tenant));
      let owner = await aRunner(await database.connect(), dataSource, 1);

      const accepted: string[] = [];
      for (let cycle = 2; cycle <= CYCLES + 1; cycle += 1) {
        const zombie = owner;
        await giveUp(dataSource, zombie);
        const early = acceptedOf(zombie);
        const successor = aRunner(await database.connect(), dataSource, cycle);
        const late = early.then(() => acceptedOf(zombie));
        owner = await successor;
        accepted.push(...(await early), ...(await late));
      }

      expect(accepted).toEqual([]);
      for (const id of jobs) await expectOneCommitForEachEpoch(stores(dataSource).jobs.forTenant(tenant), id);
    },
  );
});

/** What Postgres sees of a runner that is frozen: no word for longer than its lease. */
async function giveUp(dataSource: DataSource, { id }: Runner): Promise<void> {
  await dataSource.query(`UPDATE runners SET heartbeat_at = now() - interval '1 hour' WHERE id = $1`, [id]);
  expect(await stores(dataSource).scheduling.endLostRuns(LEASE_MS)).toHaveLength(JOBS);
}

async function aRunner(connection: DataSource, dataSource: DataSource, batchId: number): Promise<Runner> {
  const store = stores(connection);
  const id = aRunnerId();
  await store.runs.registerRunner({ id, host: 'here', pid: 1, slots: JOBS, sandbox: {} });
  const scheduled = await stores(dataSource).scheduling.scheduleDueJobs(JOBS);
  const runs = await Promise.all(
    scheduled.map(async (outcome) => {
      if (outcome.outcome !== 'scheduled') throw new Error(`Job ${outcome.jobId} could not be scheduled.`);
      const claimed = await store.runs.claim(outcome.runId, id);
      if (claimed === undefined) throw new Error('A run could not be claimed.');
      return begin(store, claimed.fence, batchId);
    }),
  );
  expect(runs).toHaveLength(JOBS);
  return { id, store, runs };
}

async function begin({ runs }: Stores, fence: Fence, batchId: number): Promise<Run> {
  const open = aPlan(batchId + 1);
  const checkpointId = aCheckpointId();
  expect(await runs.markRunning(fence)).toBe('done');
  expect(await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(batchId) })).toMatchObject({ outcome: 'planned' });
  const committed = await runs.writeBatch(fence, { kind: 'commit', commit: aCommit(aPlan(batchId)), next: open });
  expect(committed).toMatchObject({ outcome: 'committed', nextPlanned: true });
  expect(await runs.beginCheckpoint(fence, aCheckpoint(checkpointId, batchId))).toBe('done');
  return { fence, open, checkpointId };
}

/** Tries everything that a runner may write of each of its jobs; answers with what was not refused. */
async function acceptedOf({ id, store, runs }: Runner): Promise<readonly string[]> {
  return (await Promise.all(runs.map((run) => acceptedOfRun(store, run, id)))).flat();
}

async function acceptedOfRun(
  { runs }: Stores,
  { fence, open, checkpointId }: Run,
  runnerId: RunnerId,
): Promise<readonly string[]> {
  const next = aPlan(open.batchId + 1);
  const another = aCheckpoint(aCheckpointId(), open.batchId);
  const writes: { readonly [what: string]: () => Promise<string | { readonly outcome: string }> } = {
    plan: () => runs.writeBatch(fence, { kind: 'plan', plan: open }),
    commit: () => runs.writeBatch(fence, { kind: 'commit', commit: aCommit(open), next }),
    'begin a checkpoint': () => runs.beginCheckpoint(fence, another),
    'complete a checkpoint': () => runs.completeCheckpoint(fence, checkpointId, aWrittenCheckpoint),
    'reject a checkpoint': () => runs.rejectCheckpoint(fence, checkpointId, 'no reason'),
    'mark it running': () => runs.markRunning(fence),
    'mark it draining': () => runs.markDraining(fence),
    'end it': () => runs.end(fence, { kind: 'drained', reason: 'stop' }),
    'extend its lease': () => runs.heartbeat(runnerId),
  };
  const accepted: string[] = [];
  for (const [what, write] of Object.entries(writes)) {
    const answer = await write();
    const outcome = typeof answer === 'string' ? answer : answer.outcome;
    if (outcome !== 'fenced' && outcome !== 'lost') accepted.push(`${what}: ${outcome}`);
  }
  return accepted;
}

/** Epoch 1 has committed batch 1, epoch 2 batch 2 and so on; and no checkpoint was ever completed. */
async function expectOneCommitForEachEpoch(store: ReturnType<Stores['jobs']['forTenant']>, id: JobId): Promise<void> {
  const batches = (await store.listBatches(id, { limit: 100 })).filter(({ committedByEpoch }) => committedByEpoch);
  expect(batches.map(({ plan, committedByEpoch }) => [plan.batchId, committedByEpoch]).reverse()).toEqual(
    Array.from({ length: CYCLES + 1 }, (_, index) => [index + 1, index + 1]),
  );
  const checkpoints = await store.listCheckpoints(id, { limit: 100 });
  expect(checkpoints.filter(({ status }) => status === 'complete')).toEqual([]);
}

const aPlan = (batchId: number): BatchPlan => ({
  timeline: 1,
  batchId,
  batchTimeMs: batchId * 500,
  ranges: { numbers: { '0': { from: (batchId - 1) * 10, to: batchId * 10 } } },
});

const aCommit = ({ timeline, batchId }: BatchPlan): BatchCommit => ({
  timeline,
  batchId,
  nextOffsets: { numbers: { '0': batchId * 10 } },
  recordsIn: 10,
  recordsOut: 1,
  recordsSkipped: 0,
  processingMs: 3,
  schedulingDelayMs: 1,
});
