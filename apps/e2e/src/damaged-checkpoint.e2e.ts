import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectExactlyOnce, submitEcho } from './echo.js';
import { filesBelow } from './files-below.js';
import { aHome, Instance, kill } from './instance.js';
import { OtlpReceiver } from './otlp-receiver.js';
import { totalOf } from './received-metrics.js';
import { until } from './until.js';

const WAIT_MS_MAX = 30_000;

describe('a job whose newest checkpoint is damaged', () => {
  let instance: Instance;
  let receiver: OtlpReceiver;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    receiver = await OtlpReceiver.listen();
    instance = await Instance.start(dataHome.home, receiver.metricsEnvironment);
  });

  afterAll(async () => {
    await instance.stop();
    receiver.close();
    await dataHome.remove();
  });

  it('F7: goes on elsewhere within 30 s, from the checkpoint before and its offsets, and says so in an event and a metric', async () => {
    const { jobs } = instance.tidemark;
    const jobId = await submitEcho(instance, 'damaged');
    await until('there are two checkpoints', WAIT_MS_MAX, async () =>
      (await complete(jobId)).length > 1 ? true : undefined,
    );
    const { pid } = await instance.runnerOf(jobId);
    // So that nothing newer comes.
    kill(pid, 'SIGSTOP');
    const [newest, before] = await complete(jobId);
    if (newest === undefined || before === undefined) throw new Error('A checkpoint is gone.');
    expect(await damage(newest)).toBeGreaterThan(0);
    const committed = (await jobs.get(jobId)).lastBatch?.batchId ?? 0;
    kill(pid, 'SIGKILL');

    await jobs.waitFor(jobId, ({ lastBatch }) => (lastBatch?.batchId ?? 0) > committed, { timeoutMs: WAIT_MS_MAX });

    const [decision] = (await jobs.decisions(jobId, { limit: 1 })).items;
    expect(decision).toMatchObject({ from: { checkpointId: before.id } });
    const events = (await jobs.events(jobId, { limit: 100 })).items;
    const told = events.filter(({ type }) => type === 'checkpoint.unreadable');
    expect(told.map(({ data }) => data['checkpointId'])).toEqual([newest.id]);
    const restored = events.findLast(({ type }) => type === 'run.restored');
    expect(restored?.data['rebuilt']).toContain(before.batchId + 1);
    expect(restored?.data['rebuilt']).not.toContain(before.batchId);
    await until('it is counted', WAIT_MS_MAX, () =>
      Promise.resolve(totalOf(receiver.points, 'tidemark.checkpoint.unreadable') > 0 ? true : undefined),
    );
    expect(totalOf(receiver.points, 'tidemark.checkpoint.unreadable')).toBe(1);
    await jobs.cancel(jobId);
    await expectExactlyOnce(instance, 'damaged');
  });

  /** Newest first. */
  async function complete(jobId: string): Promise<readonly Checkpoint[]> {
    const { items } = await instance.tidemark.jobs.checkpoints(jobId, { limit: 20 });
    return items.filter(({ status }) => status === 'complete');
  }

  /** Flips a bit of each of its objects. @returns how many there are. */
  async function damage({ timeline, batchId }: Checkpoint): Promise<number> {
    const files = await filesBelow(join(instance.home, 'objects'));
    const own = files.filter((path) => path.includes(`/t${timeline}/b${batchId}-`));
    for (const path of own) {
      const bytes = await readFile(path);
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      await writeFile(path, bytes);
    }
    return own.length;
  }
});
