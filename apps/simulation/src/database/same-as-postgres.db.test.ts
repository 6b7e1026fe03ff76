import { env } from 'node:process';
import { ATTEMPTS_MAX, type CheckpointId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { Chance } from '../world/chance.js';
import { openBoth, type Both } from './testing/both.js';
import { CALLS, Known } from './testing/calls.js';
import { Scene } from './testing/scene.js';
import { rowsOfMemory, rowsOfPostgres } from './testing/rows.js';

const SEQUENCES = env['TIDEMARK_NIGHTLY'] === undefined ? 8 : 1_000;
const CALLS_EACH = 120;
const TIMEOUT_MS = 3 * 3_600_000;

describe('the rows in memory', () => {
  postgresTest(
    'answer every call as Postgres does, and are what Postgres has after it, whatever is called',
    async ({ dataSource }) => {
      const names = Object.entries(CALLS).map(([name, [weight, call]]) => ({ name, weight, call }));
      for (let seed = 1; seed <= SEQUENCES; seed += 1) {
        await dataSource.query('TRUNCATE tenants, runners, outbox CASCADE');
        const both = await openBoth(dataSource, String(seed).padStart(6, '0'));
        const scene = { both, known: new Known(), chance: new Chance(seed) };
        const called: string[] = [];
        for (let count = 0; count < CALLS_EACH; count += 1) {
          const next = count === 0 ? 'create' : count === 1 ? 'register' : scene.chance.weighted(names)?.name;
          const answers = CALLS[next ?? '']?.[1](scene);
          if (answers === undefined) continue;
          const [postgres, memory] = await answers;
          called.push(`${next ?? ''} → ${JSON.stringify(memory) ?? ''}`);
          const told = `after, with seed ${seed}:\n${called.slice(-12).join('\n')}`;
          expect(memory, told).toEqual(postgres);
          expect(rowsOfMemory(both.memory.database.tables), told).toEqual(await rowsOfPostgres(dataSource));
          // How long a retry waits is chance, and nobody waits here.
          await dataSource.query('UPDATE jobs SET retry_at = NULL');
          for (const job of both.memory.database.tables.jobs.values()) job.retryAtMs = null;
        }
        // It holds a connection of its own.
        for (const id of scene.known.runners.slice(-1)) await both.postgres.runs.retireRunner(id);
      }
    },
    TIMEOUT_MS,
  );
});

const sceneTest = (name: string, play: (scene: Scene) => Promise<void>): void => {
  postgresTest(name, async ({ dataSource }) => {
    const both: Both = await openBoth(dataSource, '000000');
    const scene = await Scene.open(both);
    try {
      await play(scene);
      expect(rowsOfMemory(both.memory.database.tables)).toEqual(await rowsOfPostgres(dataSource));
    } finally {
      await scene.close();
    }
  });
};

/** At rest with revision 2, and with a checkpoint of revision 1 to go back to. */
async function atRest(scene: Scene) {
  await scene.start();
  const first = await scene.batch();
  await scene.deploy();
  await scene.end({ kind: 'drained', reason: 'redeploy' });
  await scene.start();
  const last = await scene.batch();
  await scene.order('stop');
  await scene.end({ kind: 'drained', reason: 'stop' });
  return { first, last };
}

/** Started with revision 2, which has taken over the checkpoint of revision 1 that is answered. */
async function onProbation(scene: Scene): Promise<CheckpointId> {
  await scene.start();
  const first = await scene.batch();
  await scene.deploy();
  await scene.end({ kind: 'drained', reason: 'redeploy' });
  await scene.start();
  return first;
}

describe('a job in memory, as in Postgres,', () => {
  sceneTest('has its revision back when it is started from elsewhere instead of going back', async (scene) => {
    const { first } = await atRest(scene);
    expect(await scene.rollBack(first)).toBe('ordered');
    expect(scene.job.revision).toBe(1);
    expect(await scene.order('start', { mode: 'offsets-only' })).toBe('ordered');

    expect(scene.job.revision).toBe(2);
    expect(scene.rollbacks.map(({ status }) => status)).toEqual(['superseded']);
  });

  sceneTest('keeps a revision that was deployed after the order that something else replaces', async (scene) => {
    const { first } = await atRest(scene);
    await scene.rollBack(first);
    await scene.deploy();
    await scene.order('start', { mode: 'offsets-only' });

    expect(scene.job.revision).toBe(3);
  });

  sceneTest('goes back from the revision that it had when one order back replaces another', async (scene) => {
    const { first } = await atRest(scene);
    await scene.rollBack(first);
    await scene.rollBack(first);

    expect(scene.rollbacks.map(({ status, fromRevision }) => [status, fromRevision])).toEqual([
      ['superseded', 2],
      ['ordered', 2],
    ]);
  });

  sceneTest('has gone back to nothing when the checkpoint turns out to be damaged', async (scene) => {
    const { first } = await atRest(scene);
    await scene.rollBack(first);
    await scene.order('start');
    expect(await scene.start()).toBe('claimed');
    expect(scene.rollbacks.map(({ status }) => status)).toEqual(['begun']);
    await scene.reject(first);

    expect(scene.rollbacks.map(({ status }) => status)).toEqual(['held']);
  });

  sceneTest('has gone back for good once it has committed there', async (scene) => {
    const { first } = await atRest(scene);
    await scene.rollBack(first);
    await scene.order('start');
    await scene.start();
    await scene.batch();
    await scene.reject(first);

    expect(scene.rollbacks.map(({ status }) => status)).toEqual(['begun']);
  });

  sceneTest('is not started from a checkpoint that cannot be restored', async (scene) => {
    const { last } = await atRest(scene);
    await scene.markUnreadable(last);

    expect(await scene.order('start', { mode: 'checkpoint', checkpointId: last })).toBe('checkpoint_gone');
    expect(scene.job).toMatchObject({ desired: 'stopped', startMode: null });
  });

  sceneTest('holds on to no batches for a savepoint of long ago', async (scene) => {
    await scene.start();
    await scene.askForSavepoint();
    await scene.batch();
    expect(await scene.prune(1)).toEqual([]);
    await scene.batch();
    expect(await scene.prune(1)).toEqual([2]);
    await scene.batch();
    expect(await scene.prune(1)).toEqual([3]);
  });

  sceneTest('holds on to the batches after the newest checkpoint that is no savepoint', async (scene) => {
    await scene.start();
    await scene.batch();
    for (let count = 0; count < 2; count += 1) {
      await scene.askForSavepoint();
      await scene.batch();
    }
    expect(await scene.prune(1)).toEqual([2, 3]);
  });

  sceneTest('has a checkpoint like any other once its savepoint was let go of', async (scene) => {
    await scene.start();
    const id = await scene.askForSavepoint();
    await scene.batch();
    await scene.letGoOf(id);
    await scene.batch();
    await scene.letGoOf(await scene.askForSavepoint());

    expect(scene.job).toMatchObject({ savepointWanted: null, savepointsAsked: 2 });
    expect(await scene.prune(2)).toEqual([2]);
  });

  sceneTest('remembers its last hundred rollbacks', async (scene) => {
    const { first } = await atRest(scene);
    for (let count = 0; count < 103; count += 1) await scene.rollBack(first);

    expect(scene.rollbacks.length).toBe(100);
  });

  sceneTest('is on probation whatever it takes over for, and keeps it over a crash', async (scene) => {
    await scene.start();
    await scene.batch();
    await scene.deploy();
    await scene.lose();
    expect(scene.job.startTrigger).toBe('crash');
    await scene.start();
    const { probation } = scene.job;
    expect(probation).toMatchObject({ revision: 2, back: { revision: 1 } });
    await scene.batch({ processingMs: 100 });
    await scene.batch({ processingMs: 100 });
    await scene.lose();
    await scene.start();

    expect(scene.job.probation).toEqual(probation);
  });

  sceneTest('is told what its commits have counted when it resumes', async (scene) => {
    await scene.start();
    await scene.batch();
    const [postgres, memory] = await scene.batchesToResume();

    expect(memory).toEqual(postgres);
    expect(memory).toMatchObject([{ recordsSkipped: 0 }]);
  });

  sceneTest('goes back to the revision before when the new one turns out to be worse', async (scene) => {
    const first = await onProbation(scene);
    await scene.end({ kind: 'unhealthy', code: 'revision_unhealthy', reason: 'x' });

    const startMode = { mode: 'checkpoint', checkpointId: first, byItself: true };
    expect(scene.job).toMatchObject({ revision: 1, startTrigger: 'rollback', startMode, probation: null });
    expect(await scene.start()).toBe('claimed');
    expect(scene.job).toMatchObject({ revision: 1, timeline: 2, startMode: null });
  });

  sceneTest('goes back by itself also where it was stopped and started in between', async (scene) => {
    const first = await onProbation(scene);
    await scene.batch();
    await scene.end({ kind: 'unhealthy', code: 'revision_unhealthy', reason: 'x' });
    await scene.order('stop');
    await scene.order('start');

    expect(scene.job.startMode).toMatchObject({ checkpointId: first });
    expect(await scene.start()).toBe('claimed');
    expect(scene.job).toMatchObject({ revision: 1, timeline: 2, startMode: null, baseCheckpointId: first });
  });

  sceneTest('stays with the revision that failed left when it is started from elsewhere instead', async (scene) => {
    await onProbation(scene);
    await scene.batch();
    await scene.end({ kind: 'unhealthy', code: 'revision_unhealthy', reason: 'x' });
    await scene.order('stop');
    await scene.order('start', { mode: 'offsets-only' });

    expect(scene.job).toMatchObject({ revision: 1, startMode: { mode: 'offsets-only' } });
  });

  sceneTest('does not go back from where it was ordered to start', async (scene) => {
    await onProbation(scene);
    await scene.batch();
    await scene.order('stop');
    await scene.end({ kind: 'drained', reason: 'stop' });
    await scene.order('start', { mode: 'offsets-only' });
    await scene.start();
    await scene.end({ kind: 'unhealthy', code: 'revision_unhealthy', reason: 'x' });

    expect(scene.job).toMatchObject({ revision: 2, timeline: 2, startMode: null, probation: null });
  });

  sceneTest('is not given up for one loss, however often it was handed over before', async (scene) => {
    await scene.start();
    for (let count = 0; count < ATTEMPTS_MAX; count += 1) {
      await scene.end({ kind: 'drained', reason: 'runner_shutdown' });
      expect(await scene.start()).toBe('claimed');
    }
    await scene.lose();

    expect(scene.job).toMatchObject({ status: 'scheduled', attempts: 1 });
  });

  sceneTest('keeps its revision, and is never given up, while it waits for what lies outside', async (scene) => {
    await onProbation(scene);
    for (let count = 0; count <= ATTEMPTS_MAX; count += 1) {
      await scene.end({ kind: 'back_off', code: 'sink_unavailable', reason: 'x' });
      await scene.endWait();
      expect(await scene.start()).toBe('claimed');
    }

    expect(scene.job).toMatchObject({ revision: 2, probation: { revision: 2 } });
    expect(scene.job.attempts).toBeGreaterThan(ATTEMPTS_MAX);
  });
});
