import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, root, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { until } from './until.js';

const WAIT_MS_MAX = 60_000;
const IDLE_BATCHES = 20;
const cli = join(root, 'apps/cli/dist/main.js');

/** What a check says with `--json`, as far as it is looked at here. */
interface Report {
  readonly outcome: string;
  readonly plan: { readonly outcome: string };
  readonly comparison: {
    readonly recordsIn: number;
    readonly passedOver: readonly { readonly batchId: number; readonly reason: string }[];
  } | null;
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('a job that has set a record aside, and reads nothing more', () => {
  let instance: Instance;
  let job: Job;
  let dataHome: Awaited<ReturnType<typeof aHome>>;
  /** The batch that has set the record aside. */
  let poisoned: number;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    await writeInput(instance, 'quiet/in/1.jsonl', [{ account: 'a', amount: 20 }]);
    job = await submitted('quiet');
    await checkpointed(job, 0);
    await writeInput(instance, 'quiet/in/2.jsonl', [{ account: 'a', amount: -1 }]);
    poisoned = await until('the record is set aside', WAIT_MS_MAX, async () => {
      for await (const letter of instance.tidemark.deadLetters.list(job.id)) return letter.batchId;
      return undefined;
    });
    await checkpointed(job, poisoned);
    await writeInput(instance, 'quiet/in/3.jsonl', [{ account: 'a', amount: 30 }]);
    const last = await until('the last record is read', WAIT_MS_MAX, async () => {
      const { items } = await instance.tidemark.jobs.batches(job.id, { limit: 100 });
      return items.find(({ batchId, commit }) => batchId > poisoned && (commit?.recordsIn ?? 0) > 0)?.batchId;
    });
    await checkpointed(job, last);
    const { lastBatch } = await instance.tidemark.jobs.get(job.id);
    await committed(job, (lastBatch?.batchId ?? 0) + IDLE_BATCHES);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  async function submitted(folder: string): Promise<Job> {
    const bundle = await bundleOf('quiet', { constants: { FOLDER: folder } });
    const made = await instance.tidemark.jobs.submit({ bundle, config: { checkpointIntervalMs: 1_000 } });
    await instance.tidemark.jobs.setRetention(made.id, { checkpoints: 1_000 });
    return made;
  }

  const committed = ({ id }: Job, batchId: number): Promise<true> =>
    until(`batch ${batchId} is committed`, WAIT_MS_MAX, async () => {
      const { lastBatch } = await instance.tidemark.jobs.get(id);
      return (lastBatch?.batchId ?? 0) >= batchId ? true : undefined;
    });

  const checkpointed = ({ id }: Job, batchId: number): Promise<true> =>
    until(`a checkpoint is complete after batch ${batchId}`, WAIT_MS_MAX, async () => {
      const { items } = await instance.tidemark.jobs.checkpoints(id, { limit: 1 });
      return items.some((one) => one.status === 'complete' && one.batchId > batchId) ? true : undefined;
    });

  const tidemark = (...args: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const env = { PATH: process.env['PATH'], TIDEMARK_HOME: instance.home };
      execFile(process.execPath, [cli, ...args], { cwd: dataHome.home, env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });

  /** The job's own bundle, with what it adds to its sums. */
  async function fileAdding(folder: string, amount: string): Promise<string> {
    const { code } = await bundleOf('quiet', { constants: { FOLDER: folder } });
    const changed = code.replace('whole + amount', `whole + ${amount}`);
    await writeFile(join(dataHome.home, `${folder}.js`), changed);
    return `${folder}.js`;
  }

  async function check(file: string, ...more: readonly string[]): Promise<Ran & { readonly report: Report }> {
    const ran = await tidemark('check', file, '--json', ...more);
    if (ran.stdout === '') throw new Error(`The check said nothing: ${ran.stderr}`);
    return { ...ran, report: JSON.parse(ran.stdout) as Report };
  }

  it('is checked with the batches that have read something', async () => {
    const { code, report } = await check(
      await fileAdding('quiet', '2 * amount'),
      '--against',
      'quiet',
      '--replay',
      '3',
    );
    expect([code, report.outcome]).toEqual([1, 'differs']);
    expect(report.comparison?.recordsIn).toBeGreaterThan(0);
  });

  it('is checked without the batch that has set the record aside, and the verdict and that are told', async () => {
    const args = ['check', await fileAdding('quiet', 'amount'), '--against', 'quiet', '--replay', '10000'];
    const { code, stdout, stderr } = await tidemark(...args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ *sums +as_is /m);
    expect(stdout).toContain(`- passed over with both: ${poisoned}; such a batch has set records aside`);
    expect(stdout).toMatch(/^equal: .* gives what the job gives$/m);
  });

  it('names a batch to replay in the place of one that cannot be', async () => {
    const { code, stderr } = await tidemark('replay', 'quiet', String(poisoned));
    expect([code, stderr]).toEqual([1, expect.stringContaining('it has set records aside')]);
    const [, command = ''] = /"tidemark ([^"]+)"/.exec(stderr) ?? [];
    expect(await tidemark(...command.split(' '))).toMatchObject({ code: 0, stderr: '' });
  });

  it('is not said to be equal where nothing was ever read: the verdict is told, and 3', async () => {
    await writeInput(instance, 'silent/in/1.jsonl', []);
    await committed(await submitted('silent'), 5);
    const file = await fileAdding('silent', 'amount');
    const { code, report, stderr } = await check(file, '--against', 'silent');
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/No output of silent can be compared: .* --verdicts-only/),
    ]);
    expect(report).toMatchObject({ outcome: 'not_compared', plan: { outcome: 'proceed' }, comparison: null });
    expect((await tidemark('check', file, '--against', 'silent')).stdout).toMatch(/^ *sums +as_is /m);
    expect((await tidemark('check', file, '--against', 'silent', '--verdicts-only')).code).toBe(0);
  });
});
