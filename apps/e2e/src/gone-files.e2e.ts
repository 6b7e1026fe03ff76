import { appendFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, kill, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { validOutput } from './output-files.js';
import { until } from './until.js';

const WAIT_MS_MAX = 40_000;

interface Tally {
  readonly name: string;
  readonly count: number;
}

const notes = (name: string, count: number): readonly object[] => Array.from({ length: count }, () => ({ name }));
const textOf = (records: readonly object[]): string => records.map((each) => `${JSON.stringify(each)}\n`).join('');
const OLD = textOf(notes('a', 10)).length;

describe('a job whose files are removed once they are read', () => {
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

  const bundle = (folder: string, OUT = folder) => bundleOf('tallies', { constants: { IN: `${folder}-in`, OUT } });
  const input = (folder: string, name: string): string => join(instance.files, `${folder}-in`, name);
  const write = (folder: string, name: string, records: readonly object[]): Promise<void> =>
    writeInput(instance, `${folder}-in/${name}`, records);

  /** What a job has counted, by what counts of its output. */
  async function counted(folder: string): Promise<{ readonly [name: string]: number }> {
    const outputs = await validOutput<Tally>(join(instance.files, folder)).catch(() => []);
    return Object.fromEntries(outputs.flatMap(({ rows }) => rows.map(({ name, count }) => [name, count])));
  }

  const counts = (folder: string, wanted: object): Promise<true> =>
    until(`${folder} has counted ${JSON.stringify(wanted)}`, WAIT_MS_MAX, async () => {
      const found = await counted(folder);
      return Object.entries(wanted).every(([name, count]) => found[name] === count) ? true : undefined;
    });

  /** A sink has a batch before it is committed, and only then does the job know what it has read of a file. */
  const hasRead = (id: string, folder: string, name: string): Promise<true> =>
    until(`all of ${name} is committed`, WAIT_MS_MAX, async () => {
      const { size } = await stat(input(folder, name));
      const { sources } = await instance.tidemark.jobs.offsets(id);
      const read = sources[0]?.partitions.find(({ partition }) => partition === name);
      return read?.committed === size ? true : undefined;
    });

  /** A job that has read `1.jsonl`, with a checkpoint of that and none that comes by itself. */
  async function aJob(folder: string): Promise<{ readonly job: Job; readonly checkpointId: string }> {
    await write(folder, '1.jsonl', notes('a', 10));
    const config = { checkpointIntervalMs: 60_000 };
    const job = await instance.tidemark.jobs.submit({ bundle: await bundle(folder), config });
    await counts(folder, { a: 10 });
    const { recovery } = instance.tidemark;
    const { id } = await recovery.requestSavepoint(job.id, 'of the first ten');
    const { checkpointId } = await recovery.waitForSavepoint(job.id, id, { timeoutMs: WAIT_MS_MAX });
    return { job, checkpointId: checkpointId ?? '' };
  }

  /** Its first file grows, a second one comes, and both are removed once they are read. Answers with what the first held. */
  async function readsOn(id: string, folder: string): Promise<string> {
    await appendFile(input(folder, '1.jsonl'), textOf(notes('a', 5)));
    await write(folder, '2.jsonl', notes('b', 7));
    await counts(folder, { a: 15, b: 7 });
    for (const name of ['1.jsonl', '2.jsonl']) await hasRead(id, folder, name);
    const first = await readFile(input(folder, '1.jsonl'), 'utf8');
    for (const name of ['1.jsonl', '2.jsonl']) await rm(input(folder, name));
    return first;
  }

  const waits = (id: string): Promise<Job> =>
    instance.tidemark.jobs.waitFor(id, ({ status }) => status === 'awaiting_decision', { timeoutMs: WAIT_MS_MAX });

  it('is told what is gone before it goes back, and goes on once it is there again', async () => {
    const { job, checkpointId } = await aJob('back');
    const first = await readsOn(job.id, 'back');
    const { jobs, recovery } = instance.tidemark;
    const preview = await recovery.previewRollback(job.id, { checkpointId });
    expect(preview).toMatchObject({
      recordsAgain: 12,
      problems: [
        {
          source: 'notes',
          code: 'offsets_expired',
          message: expect.stringMatching(/[12]\.jsonl from \d+ to/) as string,
        },
      ],
    });
    const { items } = await jobs.events(job.id, { limit: 100 });
    expect(items.every(({ type }) => type !== 'job.awaiting_decision')).toBe(true);
    await recovery.rollBack(job.id, { checkpointId });
    expect(await waits(job.id)).toMatchObject({ timeline: 2, reason: { code: 'offsets_expired' } });

    await writeFile(input('back', '1.jsonl'), first);
    expect((await jobs.offsets(job.id)).sources[0]?.problem?.message).toContain('2.jsonl from 0 to');
    await write('back', '2.jsonl', notes('b', 7));
    expect((await jobs.offsets(job.id)).sources[0]?.problem).toBeNull();
    await jobs.start(job.id);
    await counts('back', { a: 15, b: 7 });
  });

  it('is told the same when it starts from a checkpoint, and by a fork of it; what is forgotten is not missed', async () => {
    const { job, checkpointId } = await aJob('fork');
    await readsOn(job.id, 'fork');
    const { jobs, recovery } = instance.tidemark;
    const { id } = await recovery.fork(job.id, {
      name: 'forked',
      checkpointId,
      bundle: await bundle('fork', 'forked'),
    });
    expect(await waits(id)).toMatchObject({ reason: { code: 'offsets_expired' } });

    await jobs.stop(job.id);
    await jobs.waitFor(job.id, ({ status }) => status === 'stopped', { timeoutMs: WAIT_MS_MAX });
    await jobs.start(job.id, { from: 'checkpoint', checkpointId });
    expect(await waits(job.id)).toMatchObject({ timeline: 2, reason: { code: 'offsets_expired' } });
    // Its state is that of the checkpoint: ten of the first file.
    for (const partition of ['1.jsonl', '2.jsonl']) await jobs.resetOffsets(job.id, { source: 'notes', partition });
    await write('fork', '3.jsonl', notes('a', 1));
    await jobs.start(job.id);
    await counts('fork', { a: 11 });
    expect(await counted('fork')).toEqual({ a: 11 });
    expect(await counted('forked')).toEqual({});
  });

  it('whose runner dies before a checkpoint covers them goes on by way of its newest checkpoint, with its state', async () => {
    const { job, checkpointId } = await aJob('died');
    const { jobs, recovery } = instance.tidemark;
    await write('died', '2.jsonl', notes('a', 7));
    await counts('died', { a: 17 });
    await hasRead(job.id, 'died', '2.jsonl');
    await rm(input('died', '2.jsonl'));
    // So it can be seen that the checkpoint does not cover it.
    const { sources } = await jobs.offsets(job.id, { checkpointId });
    expect(sources[0]?.partitions).toMatchObject([{ partition: '1.jsonl', committed: OLD }]);
    expect(sources[0]?.problem?.message).toContain('2.jsonl from 0 to');
    kill((await instance.runnerOf(job.id)).pid, 'SIGKILL');
    expect(await waits(job.id)).toMatchObject({ timeline: 1, reason: { code: 'offsets_expired' } });
    await expect(jobs.resetOffsets(job.id, { source: 'notes', partition: '2.jsonl' })).rejects.toMatchObject({
      code: 'state_not_at_last_commit',
      message: expect.stringContaining('roll it back to that checkpoint') as string,
    });

    await recovery.rollBack(job.id, { checkpointId });
    const held = await until('the job waits on its new timeline', WAIT_MS_MAX, async () => {
      const now = await jobs.get(job.id);
      return now.timeline === 2 && now.status === 'awaiting_decision' ? now : undefined;
    });
    expect(held.reason).toMatchObject({ code: 'offsets_expired' });
    expect(held.reason?.message).toContain('2.jsonl from 0 to');
    const edit = await jobs.resetOffsets(job.id, { source: 'notes', partition: '2.jsonl' });
    // With the state of that checkpoint, or of one that the run on timeline 2 has written of the same place.
    expect(edit).toMatchObject({ timeline: 3, checkpointId: expect.any(String) as string });
    await jobs.start(job.id);
    await write('died', '3.jsonl', notes('a', 1));
    await counts('died', { a: 11 });
    expect(await counted('died')).toEqual({ a: 11 });
  });
});
