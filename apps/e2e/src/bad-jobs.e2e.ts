import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Batch, Job, JobConfigOrder, JobEvent } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow } from './files-below.js';
import { aHome, Instance, writeInput } from './instance.js';
import { bundleOf, placeOf } from './job-bundles.js';
import { committedOutput } from './output-files.js';
import { until } from './until.js';

const WAIT_MS_MAX = 20_000;
/** Ten intervals of the neighbours: what a busy machine may cost them, and nothing like what a bad job could. */
const LATE_MS_MAX = 2_000;
const NEIGHBOURS_MAX = 8;

describe('a job that goes wrong', () => {
  let instance: Instance;
  let neighbours: readonly Job[];
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home, { TIDEMARK_COLLECT_MS: '200' });
    neighbours = await submitNeighbours();
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  /** A job that does nothing wrong on every runner, so that each bad one has a neighbour. */
  async function submitNeighbours(): Promise<readonly Job[]> {
    const bundle = await bundleOf('steady');
    const jobs: Job[] = [];
    const runners = new Set<string>();
    while (runners.size < 2 && jobs.length < NEIGHBOURS_MAX) {
      const { id } = await instance.tidemark.jobs.submit({ bundle, name: `steady-${jobs.length + 1}` });
      const job = await instance.tidemark.jobs.waitFor(id, ({ lastBatch }) => lastBatch !== null, {
        timeoutMs: WAIT_MS_MAX,
      });
      runners.add(job.currentRun?.runnerId ?? '');
      jobs.push(job);
    }
    expect(runners.size).toBe(2);
    return jobs;
  }

  async function submit(name: string, config: JobConfigOrder = {}): Promise<Job> {
    return instance.tidemark.jobs.submit({ bundle: await bundleOf(name), config });
  }

  async function submitLetters(folder: string, poison: 'fail' | 'skip' = 'fail'): Promise<Job> {
    const bundle = await bundleOf('letters', { constants: { FOLDER: folder, POISON: poison } });
    return instance.tidemark.jobs.submit({ bundle });
  }

  const untilStatus = (id: string, status: Job['status']): Promise<Job> =>
    until(`${id} is ${status}`, WAIT_MS_MAX, async () => {
      const job = await instance.tidemark.jobs.get(id);
      return job.status === status ? job : undefined;
    });

  /** The event that tells why the job has failed, once it has. */
  async function failureOf({ id }: Job): Promise<JobEvent['data']> {
    const { reason } = await untilStatus(id, 'failed');
    const { items } = await instance.tidemark.jobs.events(id);
    const failed = items.filter(({ type }) => type === 'job.failed');
    expect(failed).toHaveLength(1);
    expect(failed[0]?.data).toMatchObject({ code: reason?.code, reason: reason?.message });
    return failed[0]?.data ?? {};
  }

  it('ends when its code throws, and says on which record and where in its source', async () => {
    const failure = await failureOf(await submit('throws-later'));
    const thrownAt = await placeOf('throws-later', 'new RangeError');
    expect(failure).toMatchObject({
      code: 'job_code_threw',
      reason: expect.stringContaining(
        `RangeError: thirty cannot be halved on record numbers/0@30 (${thrownAt})`,
      ) as string,
    });
    const stack = String(failure['stack']);
    expect(stack).toContain(`at halve (${thrownAt})`);
    expect(stack).toContain(await placeOf('throws-later', 'halve(record)'));
    expect(stack).not.toContain('bundle.js');
  });

  it('R3: is stopped when it loops for ever', async () => {
    const job = await submit('loops', { limits: { cpuMsPerBatch: 300 } });
    const failure = await failureOf(job);
    const { lastBatch } = await instance.tidemark.jobs.get(job.id);
    expect(failure).toMatchObject({
      code: 'job_over_cpu',
      reason: `Batch ${(lastBatch?.batchId ?? 0) + 1} ran for more than 300 ms of CPU deadline and was stopped.`,
    });
  });

  it('R28: is stopped when it eats memory', async () => {
    const job = await submit('hoards', { limits: { memoryMb: 64 } });
    const failure = await failureOf(job);
    expect(failure).toMatchObject({
      code: 'job_over_memory',
      reason: expect.stringContaining('more than its 64 MiB of memory in batch') as string,
    });
  });

  it('R15: ends at a line that it cannot read, and names file and byte', async () => {
    const good = { letter: 'a' };
    await writeInput(instance, 'poisoned/in/1.jsonl', [good, good]);
    await writeInput(instance, 'poisoned/in/2.jsonl', [good, '{"letter":', good]);
    const offset = JSON.stringify(good).length + 1;
    expect(await failureOf(await submitLetters('poisoned'))).toMatchObject({
      code: 'record_unreadable',
      reason: expect.stringContaining(
        `Source "letters" has an unreadable record in 2.jsonl at offset ${offset}:`,
      ) as string,
    });
  });

  it('R15: passes over a line that it cannot read where its policy says so, counted and with an event', async () => {
    const good = { letter: 'a' };
    await writeInput(instance, 'skipping/in/1.jsonl', [good, 'not JSON', good]);
    const job = await submitLetters('skipping', 'skip');
    const event = await until('the skipped record is told', WAIT_MS_MAX, async () =>
      (await instance.tidemark.jobs.events(job.id)).items.find(({ type }) => type === 'records.skipped'),
    );
    expect(event.data).toMatchObject({
      count: 1,
      first: [{ source: 'letters', partition: '1.jsonl', offset: JSON.stringify(good).length + 1 }],
    });
    const batches = (await instance.tidemark.jobs.batches(job.id, { limit: 100 })).items;
    expect(sum(batches.map(({ commit }) => commit?.recordsSkipped ?? 0))).toBe(1);
    expect(await lettersCounted('skipping')).toEqual([{ letter: 'a', count: 2 }]);
    await instance.tidemark.jobs.cancel(job.id);
  });

  it('ends when its input directory is missing, and goes on when it is started after that has been put right', async () => {
    const job = await submitLetters('later');
    expect(await failureOf(job)).toMatchObject({
      code: 'source_missing',
      reason: expect.stringContaining(
        'Source "letters" cannot be read: the directory "local/later/in" does not exist',
      ) as string,
    });

    await writeInput(instance, 'later/in/1.jsonl', [{ letter: 'b' }]);
    await instance.tidemark.jobs.start(job.id);
    await until('the letter is counted', WAIT_MS_MAX, async () =>
      (await readdir(join(instance.files, 'later/out/_commits')).catch(() => [])).length > 0 ? true : undefined,
    );
    expect(await lettersCounted('later')).toEqual([{ letter: 'b', count: 1 }]);
    await instance.tidemark.jobs.cancel(job.id);
  });

  it('goes on with its state when it is started after a line has been put right', async () => {
    await writeInput(instance, 'mended/in/1.jsonl', [{ letter: 'c' }, { letter: 'c' }]);
    const job = await submitLetters('mended');
    await instance.tidemark.jobs.waitFor(job.id, ({ lastBatch }) => lastBatch !== null, { timeoutMs: WAIT_MS_MAX });
    await writeInput(instance, 'mended/in/2.jsonl', ['{"letter"="c"}']);
    expect(await failureOf(job)).toMatchObject({ code: 'record_unreadable' });

    // Of the same length: what was planned stays planned.
    await writeInput(instance, 'mended/in/2.jsonl', ['{"letter":"c"}']);
    await instance.tidemark.jobs.start(job.id);
    await until('the mended line is counted', WAIT_MS_MAX, async () =>
      (await lettersCounted('mended')).length === 2 ? true : undefined,
    );
    expect(await lettersCounted('mended')).toEqual([
      { letter: 'c', count: 2 },
      { letter: 'c', count: 3 },
    ]);
    await instance.tidemark.jobs.cancel(job.id);
  });

  it('cannot write outside its folder through a symbolic link', async () => {
    const outside = join(instance.home, 'outside');
    await mkdir(outside);
    await writeInput(instance, 'linked/in/1.jsonl', [{ letter: 'd' }]);
    await symlink(outside, join(instance.files, 'linked/out'));
    expect(await failureOf(await submitLetters('linked'))).toMatchObject({
      code: 'connector_refused',
      reason: expect.stringContaining('leads out of your files folder') as string,
    });
    expect(await readdir(outside)).toEqual([]);
  });

  it('cannot be deleted while it runs; once it is stopped it can, and its objects are collected', async () => {
    await writeInput(instance, 'deleted/in/1.jsonl', [{ letter: 'e' }]);
    const { id } = await submitLetters('deleted');
    await instance.tidemark.jobs.waitFor(id, ({ lastBatch }) => lastBatch !== null, { timeoutMs: WAIT_MS_MAX });
    await expect(instance.tidemark.jobs.delete(id)).rejects.toMatchObject({ status: 409, code: 'job_event_refused' });

    await instance.tidemark.jobs.stop(id);
    await untilStatus(id, 'stopped');
    expect(await objectsOf(id)).not.toEqual([]);
    await instance.tidemark.jobs.delete(id);
    await expect(instance.tidemark.jobs.get(id)).rejects.toMatchObject({ status: 404 });
    await until('its objects are gone', WAIT_MS_MAX, async () =>
      (await objectsOf(id)).length === 0 ? true : undefined,
    );
  });

  it('R28: leaves its neighbours alone: each of them has committed every interval', async () => {
    for (const { id } of neighbours) {
      const batches: Batch[] = [];
      for await (const batch of instance.tidemark.jobs.batches(id, { limit: 100 })) batches.unshift(batch);
      const committed = batches.filter(({ commit }) => commit !== null);
      expect(committed.length).toBeGreaterThan(20);
      expect(committed.map(({ batchId }) => batchId)).toEqual(committed.map((_, index) => index + 1));
      expect(Math.max(...latenessMs(committed))).toBeLessThan(LATE_MS_MAX);
      expect((await instance.tidemark.jobs.get(id)).epoch).toBe(1);
    }
  });

  /** For each batch, how long after its own time it was committed, and after the time of the batch before it was due. */
  function latenessMs(committed: readonly Batch[]): readonly number[] {
    return committed.flatMap(({ batchTime, commit }, index) => {
      const before = committed[index - 1];
      const ownMs = Date.parse(commit?.committedAt ?? '') - Date.parse(batchTime);
      return before === undefined ? [ownMs] : [ownMs, Date.parse(batchTime) - Date.parse(before.batchTime)];
    });
  }

  async function lettersCounted(folder: string): Promise<readonly object[]> {
    return (await committedOutput<object>(join(instance.files, folder, 'out'))).flatMap(({ rows }) => rows);
  }

  async function objectsOf(jobId: string): Promise<readonly string[]> {
    return (await filesBelow(join(instance.home, 'objects'))).filter((path) => path.includes(jobId));
  }
});

const sum = (numbers: readonly number[]): number => numbers.reduce((whole, number) => whole + number, 0);
