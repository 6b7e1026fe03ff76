import { join } from 'node:path';
import type { Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import type { Seen } from './jobs/visits.js';
import { committedOutput } from './output-files.js';

type Total = Seen & { readonly page: string };

const PAGES = 8;
const WAIT_MS_MAX = 20_000;

describe('the state of a job that was stopped', () => {
  let instance: Instance;
  let job: Job;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    const visits = Array.from({ length: PAGES * 25_000 }, (_, index) => ({
      page: `page-${index % PAGES}`,
      number: Math.floor(index / PAGES) + 1,
    }));
    await writeInput(instance, 'visits/all.jsonl', visits);
    job = await instance.tidemark.jobs.submit({ bundle: await bundleOf('visits', { constants: { WINDOW: '1 s' } }) });
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  /** Runs the job for some batches and stops it; answers with the checkpoint that the stop has written. */
  async function checkpointAfterMore(): Promise<string> {
    const { jobs, state } = instance.tidemark;
    const before = (await jobs.get(job.id)).lastBatch?.batchId ?? 0;
    const hasGoneOn = ({ lastBatch }: Job): boolean => (lastBatch?.batchId ?? 0) >= before + 5;
    await jobs.waitFor(job.id, hasGoneOn, { timeoutMs: WAIT_MS_MAX });
    await jobs.stop(job.id);
    const { lastBatch } = await jobs.waitFor(job.id, ({ status }) => status === 'stopped', { timeoutMs: WAIT_MS_MAX });
    const newest = await state.newestCheckpoint(job.id);
    expect(newest?.batchId).toBe(lastBatch?.batchId);
    return newest?.id ?? '';
  }

  /** The last row that each page has in the sink. */
  async function totalsInSink(): Promise<ReadonlyMap<string, Seen>> {
    const output = await committedOutput<Total>(join(instance.files, 'totals'));
    return new Map(output.flatMap(({ rows }) => rows).map(({ page, ...seen }) => [page, seen]));
  }

  it('is what its sink was given last, and the difference of two checkpoints is what came between them', async () => {
    const { state, jobs } = instance.tidemark;
    const first = await checkpointAfterMore();
    const before = await totalsInSink();
    const listed = new Map<unknown, unknown>();
    for await (const row of state.list(job.id, first, { operator: 'totals', limit: 3 })) listed.set(row.key, row.value);
    expect(listed).toEqual(before);
    expect(listed.size).toBe(PAGES);

    await jobs.start(job.id);
    const second = await checkpointAfterMore();
    const after = await totalsInSink();
    const { operators } = await state.diff(job.id, first, second);
    expect(operators.find(({ uid }) => uid === 'totals')).toMatchObject({ added: 0, changed: PAGES });
    for await (const difference of state.differences(job.id, first, second, { operator: 'totals' })) {
      const page = String(difference.key);
      expect([difference.before?.value, difference.after?.value]).toEqual([before.get(page), after.get(page)]);
    }
    expect(await state.get(job.id, second, { operator: 'totals', key: 'page-3' })).toMatchObject([
      { table: 'state', value: after.get('page-3') },
    ]);
    await expect(state.get(job.id, second, { operator: 'totals', key: 'nobody' })).rejects.toMatchObject({
      code: 'state_key_not_found',
    });
  });
});
