import { join } from 'node:path';
import type { Batch, Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { validOutput } from './output-files.js';
import { until } from './until.js';

const WAIT_MS_MAX = 20_000;

type Counts = { readonly page: string; readonly clicks: number };

let instance: Instance;
let dataHome: Awaited<ReturnType<typeof aHome>>;

beforeAll(async () => {
  dataHome = await aHome();
  instance = await Instance.start(dataHome.home);
});

afterAll(async () => {
  await instance.stop();
  await dataHome.remove();
});

const clicks = (flow: string, file: string, count: number): Promise<void> =>
  writeInput(
    instance,
    `clicks-${flow}/${file}`,
    Array.from({ length: count }, () => ({ page: 'home' })),
  );

const submit = async (flow: string): Promise<Job> =>
  instance.tidemark.jobs.submit({ bundle: await bundleOf('clicks', { constants: { FLOW: flow } }) });

const becomes = (id: string, status: Job['status']): Promise<Job> =>
  until(`the job is ${status}`, WAIT_MS_MAX, async () => {
    const job = await instance.tidemark.jobs.get(id);
    if (job.status === 'failed') throw new Error(`The job has failed: ${job.reason?.message ?? ''}`);
    return job.status === status ? job : undefined;
  });

const newestCount = async (flow: string): Promise<number | undefined> => {
  const outputs = await validOutput<Counts>(join(instance.files, `counts-${flow}`)).catch(() => []);
  return outputs.flatMap(({ rows }) => rows).at(-1)?.clicks;
};

const counted = (flow: string, count: number): Promise<true> =>
  until(`${count} clicks are counted`, WAIT_MS_MAX, async () =>
    (await newestCount(flow)) === count ? true : undefined,
  );

const batchesOf = async (id: string): Promise<readonly Batch[]> =>
  (await instance.tidemark.jobs.batches(id, { limit: 50 })).items.toReversed();

describe('a job that takes what is available now', () => {
  it('drains it in batches within its limits, is finished, and drains what came since when it is started', async () => {
    await clicks('available-now', 'a.jsonl', 1_000);
    const { id } = await submit('available-now');
    await becomes(id, 'finished');

    const drained = await batchesOf(id);
    expect(drained.map(({ commit }) => commit?.recordsIn)).toEqual([300, 300, 300, 100]);
    expect(await newestCount('available-now')).toBe(1_000);

    await clicks('available-now', 'b.jsonl', 10);
    await instance.tidemark.jobs.start(id);
    await counted('available-now', 1_010);
    await becomes(id, 'finished');
    expect((await batchesOf(id)).map(({ commit }) => commit?.recordsIn)).toEqual([300, 300, 300, 100, 10]);
  });
});

describe('a job that runs as soon as possible', () => {
  it('takes records as they come', async () => {
    await clicks('asap', 'a.jsonl', 5);
    const { id } = await submit('asap');
    await counted('asap', 5);
    await clicks('asap', 'b.jsonl', 2_000);
    await counted('asap', 2_005);
    expect((await instance.tidemark.jobs.stop(id)).desired).toBe('stopped');
    await becomes(id, 'stopped');
  });
});

describe('a job that skips what came while it was down', () => {
  it('passes over it, shows the ranges and tells of them', async () => {
    await clicks('skip', 'a.jsonl', 5);
    const { id } = await submit('skip');
    await counted('skip', 5);
    await instance.tidemark.jobs.stop(id);
    await becomes(id, 'stopped');
    await clicks('skip', 'b.jsonl', 100);
    await instance.tidemark.jobs.start(id);
    const skip = await until('a batch has passed over input', WAIT_MS_MAX, async () =>
      (await batchesOf(id)).find(({ skipped, commit }) => Object.keys(skipped).length > 0 && commit !== null),
    );
    await clicks('skip', 'c.jsonl', 7);
    await counted('skip', 12);

    const ranges = { clicks: { 'b.jsonl': { from: 0, to: 1_600 } } };
    expect(skip.skipped).toMatchObject(ranges);
    const { items: events } = await instance.tidemark.jobs.events(id, { limit: 50 });
    expect(events.filter(({ type }) => type === 'downtime.skipped').map(({ data }) => data)).toMatchObject([
      { batchId: skip.batchId, ranges },
    ]);
  });
});

describe('a job that skips what came while it was down, and goes back', () => {
  it('reads again what it had read since, also when it is interrupted at that, and still skips what came in a downtime', async () => {
    const { jobs, recovery } = instance.tidemark;
    const downAndUp = async (id: string, between: () => Promise<unknown> = async () => {}): Promise<void> => {
      await jobs.stop(id);
      await becomes(id, 'stopped');
      await between();
      await jobs.start(id);
    };
    await clicks('skip-back', 'a.jsonl', 5);
    const { id } = await submit('skip-back');
    await counted('skip-back', 5);
    const { id: savepointId } = await recovery.requestSavepoint(id, 'five');
    const { checkpointId } = await recovery.waitForSavepoint(id, savepointId, { timeoutMs: WAIT_MS_MAX });
    if (checkpointId === null) throw new Error('The savepoint has no checkpoint.');
    await clicks('skip-back', 'b.jsonl', 3_000);
    await counted('skip-back', 3_005);

    await downAndUp(id, () => recovery.rollBack(id, { checkpointId }));
    await until('it has begun to read again', WAIT_MS_MAX, async () => {
      const { timeline, lastBatch } = await jobs.get(id);
      return timeline === 2 && lastBatch?.timeline === 2 ? true : undefined;
    });
    await downAndUp(id);
    await counted('skip-back', 3_005);

    await downAndUp(id, () => clicks('skip-back', 'c.jsonl', 100));
    await until('a batch has passed over input', WAIT_MS_MAX, async () =>
      (await batchesOf(id)).some(({ skipped, commit }) => Object.keys(skipped).length > 0 && commit !== null)
        ? true
        : undefined,
    );
    await clicks('skip-back', 'd.jsonl', 7);
    await counted('skip-back', 3_012);
  });
});
