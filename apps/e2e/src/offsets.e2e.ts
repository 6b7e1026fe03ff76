import { execFile } from 'node:child_process';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Checkpoint, Job, RestoreDecision } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow } from './files-below.js';
import { aHome, Instance, root, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import type { Seen } from './jobs/visits.js';
import { committedOutput, validOutput } from './output-files.js';
import { until } from './until.js';

type Side = 'left' | 'right';
type Total = Seen & { readonly side: Side };

const SIDES = ['left', 'right'] as const;
const RECORDS = 200_000;
const WAIT_MS_MAX = 30_000;

const record = (side: Side, number: number): { readonly side: Side; readonly number: number } => ({ side, number });
const records = (side: Side): object[] => Array.from({ length: RECORDS }, (_, index) => record(side, index + 1));
/** Where the `number`th record of a side begins. */
const placeOf = (side: Side, number: number): number =>
  Array.from({ length: number - 1 }, (_, index) => `${JSON.stringify(record(side, index + 1))}\n`.length).reduce(
    (sum, length) => sum + length,
    0,
  );

describe('where a job with two sources goes on', () => {
  let instance: Instance;
  let job: Job;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    for (const side of SIDES) await writeInput(instance, `${side}/all.jsonl`, records(side));
    const bundle = await bundleOf('two-sides', { constants: { WINDOW: '2 s' } });
    const config = { checkpointIntervalMs: 400 };
    job = await instance.tidemark.jobs.submit({ bundle, config });
    await commits(10);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  const current = (): Promise<Job> => instance.tidemark.jobs.get(job.id);

  const cli = async (...args: readonly string[]): Promise<string> => {
    const bin = join(root, 'apps/cli/bin/tidemark.js');
    const connection = ['--api-url', instance.apiUrl, '--api-key', instance.tenantKey];
    return (await promisify(execFile)(process.execPath, [bin, ...connection, ...args])).stdout.trim();
  };

  /** Waits for so many more batches of the job's timeline, and answers with the job. */
  async function commits(count: number): Promise<Job> {
    const before = (await current()).lastBatch?.batchId ?? 0;
    return until(`${count} more batches are committed`, WAIT_MS_MAX, async () => {
      const now = await current();
      if (now.status === 'failed') throw new Error(`The job has failed: ${now.reason?.message ?? ''}`);
      const { lastBatch, timeline } = now;
      return lastBatch?.timeline === timeline && lastBatch.batchId >= before + count ? now : undefined;
    });
  }

  const stop = async (): Promise<Job> => {
    await instance.tidemark.jobs.stop(job.id);
    return instance.tidemark.jobs.waitFor(job.id, ({ status }) => status === 'stopped', { timeoutMs: WAIT_MS_MAX });
  };

  async function runsOn(timeline: number): Promise<Job> {
    const seen = await until(`timeline ${timeline} has committed`, WAIT_MS_MAX, async () => {
      const now = await current();
      if (now.status === 'failed') throw new Error(`The job has failed: ${now.reason?.message ?? ''}`);
      return now.lastBatch?.timeline === timeline ? now : undefined;
    });
    expect(seen.timeline).toBe(timeline);
    return commits(4);
  }

  async function newestDecision(): Promise<RestoreDecision> {
    const [decision] = (await instance.tidemark.jobs.decisions(job.id, { limit: 1 })).items;
    if (decision === undefined) throw new Error('The job has no decision.');
    return decision;
  }

  /** The totals of each side on a timeline, in the order of batches. */
  async function totals(timeline: number, side: Side): Promise<readonly Total[]> {
    const outputs = await committedOutput<Total>(join(instance.files, 'out'));
    return outputs
      .filter((output) => output.timeline === timeline)
      .flatMap(({ rows }) => rows.filter((row) => row.side === side));
  }

  const firstAndLast = async (timeline: number, side: Side): Promise<readonly [Total, Total]> => {
    const all = await totals(timeline, side);
    const [first, last] = [all[0], all.at(-1)];
    if (first === undefined || last === undefined) throw new Error(`There is nothing of ${side} on ${timeline}.`);
    return [first, last];
  };

  /** What counts of the output, as its format says, holds no total twice: without what was taken back. */
  async function expectNoRowTwice(): Promise<void> {
    const folder = join(instance.files, 'out');
    const [all, valid] = [await committedOutput<Total>(folder), await validOutput<Total>(folder)];
    expect(valid.length).toBeLessThan(all.length);
    for (const side of SIDES) {
      const lasts = valid.flatMap(({ rows }) => rows.filter((row) => row.side === side).map(({ last }) => last));
      expect(lasts).toEqual([...new Set(lasts)].toSorted((a, b) => a - b));
    }
  }

  const isWhole = ({ first, last, count, sum }: Seen): boolean =>
    count === last - first + 1 && sum === ((first + last) * count) / 2;

  it('is shown beside what the sources hold, also while it runs', async () => {
    const { sources } = await instance.tidemark.jobs.offsets(job.id);

    for (const [index, side] of SIDES.entries()) {
      const { size } = await stat(join(instance.files, side, 'all.jsonl'));
      const [all] = sources[index]?.partitions ?? [];
      expect(sources[index]).toMatchObject({ source: side, unit: 'bytes', problem: null });
      expect(all).toMatchObject({ partition: 'all.jsonl', earliest: 0, latest: size });
      expect(all?.committed).toBeGreaterThan(0);
      expect(all?.lag).toBe(size - (all?.committed ?? 0));
      expect(all?.sinceBatchId).toBeGreaterThan(0);
    }
    await expect(instance.tidemark.jobs.setOffsets(job.id, { left: { 'all.jsonl': 0 } })).rejects.toMatchObject({
      status: 409,
      code: 'offsets_in_use',
    });
    expect(await cli('offsets', 'get', 'two-sides')).toMatch(/^left +all\.jsonl +\d+ +\d+ +0 +\d+ +\d+ +bytes$/m);
  });

  it('can be set while it is stopped, and its state is kept', async () => {
    await stop();
    const [, left] = await firstAndLast(1, 'left');
    const [, right] = await firstAndLast(1, 'right');
    const back = left.last - 20;
    const order = `left/all.jsonl=${placeOf('left', back + 1)}`;
    expect(await cli('offsets', 'set', 'two-sides', order, '--dry-run')).toMatch(/ bytes +20 +0$/m);
    expect((await current()).timeline).toBe(1);
    await cli('offsets', 'set', 'two-sides', order);
    await cli('start', 'two-sides');
    await runsOn(2);

    const [leftAgain] = await firstAndLast(2, 'left');
    const [rightOn, rightLast] = await firstAndLast(2, 'right');
    // Twenty records of one side are counted again on top of its total; the other side goes on without a seam.
    expect(leftAgain.count).toBe(left.count + (leftAgain.last === left.last ? 20 : leftAgain.last - back));
    expect([rightOn.first, rightOn.count > right.count, isWhole(rightOn), isWhole(rightLast)]).toEqual([
      right.first,
      true,
      true,
      true,
    ]);
    expect(await newestDecision()).toMatchObject({
      reasonCode: 'TIMELINE_BASE',
      from: { kind: 'checkpoint', offsetsFrom: 'timeline' },
    });
  });

  it('is a checkpoint that was named, with its state, also one of an earlier timeline', async () => {
    await stop();
    const checkpoints: Checkpoint[] = [];
    for await (const one of instance.tidemark.jobs.checkpoints(job.id)) checkpoints.push(one);
    const old = checkpoints.findLast(({ timeline, status }) => timeline === 1 && status === 'complete');
    const preview = await cli('next-start', 'two-sides', '--from', `checkpoint:${old?.id}`);
    expect(preview).toMatch(/^reason +ASKED_CHECKPOINT: /m);
    expect((await current()).timeline).toBe(2);
    await cli('start', 'two-sides', '--from', `checkpoint:${old?.id}`);
    await runsOn(3);

    const batch = (await instance.tidemark.jobs.batches(job.id, { timeline: 3, limit: 100 })).items.at(-1);
    expect(batch?.batchId).toBe((old?.batchId ?? 0) + 1);
    for (const side of SIDES) {
      expect(batch?.ranges[side]?.['all.jsonl']?.from).toBe(old?.offsets[side]?.['all.jsonl']);
      for (const total of await totals(3, side)) expect([total.first, isWhole(total)]).toEqual([1, true]);
    }
    await expectNoRowTwice();
    const events = (await instance.tidemark.jobs.events(job.id, { limit: 100 })).items;
    expect(events.findLast(({ type }) => type === 'job.start_ordered')?.data).toMatchObject({ from: 'checkpoint' });
  });

  it('is the beginning or the end of the sources when a start asks for that, with empty state', async () => {
    await stop();
    await cli('start', 'two-sides', '--from', 'earliest');
    await runsOn(4);
    for (const side of SIDES) {
      const [first, last] = await firstAndLast(4, side);
      expect([first.first, isWhole(first), isWhole(last)]).toEqual([1, true, true]);
    }
    expect(await newestDecision()).toMatchObject({
      reasonCode: 'ASKED_EARLIEST',
      from: { offsetsFrom: 'sources', offsets: { left: { 'all.jsonl': 0 }, right: { 'all.jsonl': 0 } } },
    });
  });

  /** Stops the job, and takes every state file from it. */
  async function stopAndLoseState(): Promise<Job> {
    const stopped = await stop();
    // Else the scheduler might find it gone before the job is started, which would be another case.
    await until('the newest checkpoint was read back', WAIT_MS_MAX, async () => {
      const [newest] = (await instance.tidemark.jobs.checkpoints(job.id, { limit: 1 })).items;
      return typeof newest?.verifiedAt === 'string' ? true : undefined;
    });
    for (const file of await filesBelow(join(instance.home, 'objects')))
      if (file.includes('/state/') || file.endsWith('manifest.json')) await rm(file, { force: true });
    return stopped;
  }

  it('is its committed offsets, with its state made again from the log, when every state file is gone', async () => {
    const { lastBatch: before } = await stopAndLoseState();
    await cli('start', 'two-sides');
    await commits(4);

    expect(await newestDecision()).toMatchObject({ reasonCode: 'NO_CHECKPOINT_YET' });
    const batches = (await instance.tidemark.jobs.batches(job.id, { timeline: 4, limit: 100 })).items;
    const next = batches.find(({ batchId }) => batchId === (before?.batchId ?? 0) + 1);
    for (const side of SIDES) {
      expect(next?.ranges[side]?.['all.jsonl']?.from).toBe(before?.offsets[side]?.['all.jsonl']);
      const [first, last] = await firstAndLast(4, side);
      expect([first.first, isWhole(last), last.first]).toEqual([first.first, true, first.first]);
    }
  });

  it('is its committed offsets, on every source, when an upgrade does not fit and every state file is gone', async () => {
    const stopped = await stopAndLoseState();
    const bundle = await bundleOf('two-sides', { constants: { WINDOW: '4 s' } });
    const config = { restorePolicy: 'reset_keep_offsets' as const };
    await instance.tidemark.jobs.deploy(job.id, { bundle, config, upgrade: { resets: ['totals'] } });
    await cli('start', 'two-sides');
    await runsOn(5);

    const batch = (await instance.tidemark.jobs.batches(job.id, { timeline: 5, limit: 100 })).items.at(-1);
    for (const side of SIDES) {
      const committed = stopped.lastBatch?.offsets[side]?.['all.jsonl'];
      expect(batch?.ranges[side]?.['all.jsonl']?.from).toBe(committed);
      const [, before] = await firstAndLast(4, side);
      const [first, last] = await firstAndLast(5, side);
      expect([first.first, isWhole(first), isWhole(last)]).toEqual([before.last + 1, true, true]);
    }
    expect(await newestDecision()).toMatchObject({ reasonCode: 'OFFSETS_PRESERVED' });
  });

  it('is a question where another file has the name of the one that was read; what was done is kept', async () => {
    const [file, other] = ['all.jsonl', '.other'].map((name) => join(instance.files, 'left', name)) as [string, string];
    const [, known] = await firstAndLast(5, 'left');
    await writeFile(other, (await readFile(file, 'utf8')).replaceAll('"left"', '"LEFT"'));
    await rename(other, file);
    const waiting = await until('the job waits for a decision', WAIT_MS_MAX, async () => {
      const now = await current();
      return now.status === 'awaiting_decision' ? now : undefined;
    });
    expect(waiting.reason).toMatchObject({
      code: 'partition_replaced',
      message: expect.stringContaining('all.jsonl is not what was read up to') as string,
    });
    expect((await instance.tidemark.jobs.offsets(job.id)).sources[0]?.problem?.code).toBe('partition_replaced');

    await writeFile(other, `${JSON.stringify(record('left', RECORDS + 1))}\n`);
    await rename(other, file);
    await cli('offsets', 'set', 'two-sides', 'left/all.jsonl=0');
    await cli('start', 'two-sides');
    await runsOn(6);
    const [left] = await firstAndLast(6, 'left');
    expect([left.first, left.last]).toEqual([known.first, RECORDS + 1]);
    const [right] = await firstAndLast(6, 'right');
    expect([right.first, isWhole(right)]).toEqual([(await firstAndLast(5, 'right'))[0].first, true]);
  });
});
