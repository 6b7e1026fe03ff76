import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeadLetter, Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, kill, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { validOutput } from './output-files.js';
import { until } from './until.js';

const WAIT_MS_MAX = 120_000;
/** Amounts at which the code throws in the middle of its state, never ends, or takes all memory. */
const UNLUCKY = [13, 14, 15];
const FILES = 4;
/** Where the runner that has the job is killed: before, between and after what must be one. */
const KILLS = ['after-sink:1', 'mid-batch:3', 'after-sink:3', 'after-commit:3', 'after-plan:5', 'after-sink:6'];

type Line = { readonly account: string; readonly amount: number } | string;

/** Good payments, and among them lines that are none, negative ones, and the odd one that is unlucky. */
function linesOf(file: number): readonly Line[] {
  return Array.from({ length: 300 }, (_, index): Line => {
    if (index % 60 === 17) return `{"account":"a${file}`;
    if (index % 50 === 23) return { account: 'b', amount: -(index + 1) };
    if (index === 101 + file) return { account: 'c', amount: 13 };
    if (index === 200 && file < 3) return { account: 'a', amount: 13 + file };
    return { account: 'abc'.charAt(index % 3), amount: (index % 7) + 20 };
  });
}

const textOf = (line: Line): string => (typeof line === 'string' ? line : JSON.stringify(line));
/** What a line may be set aside for. It takes a while to take all memory, on a busy machine longer than a batch may. */
function codesOf(line: Line): readonly string[] {
  if (!isPayment(line)) return ['record_unreadable'];
  if (line.amount === 15) return ['job_over_memory', 'job_over_cpu'];
  return line.amount === 14 ? ['job_over_cpu'] : ['job_code_threw'];
}
const isPayment = (line: Line): line is Exclude<Line, string> => typeof line !== 'string';
const isTaken = (line: Line): boolean => isPayment(line) && line.amount > 0 && !UNLUCKY.includes(line.amount);

/** Sums and counts by account, by a reducer that knows nothing of batches. */
function summed(lines: readonly Line[]): { readonly [account: string]: { sum: number; count: number } } {
  const sums: { [account: string]: { sum: number; count: number } } = {};
  for (const line of lines.filter(isPayment)) {
    const { sum, count } = sums[line.account] ?? { sum: 0, count: 0 };
    sums[line.account] = { sum: sum + line.amount, count: count + 1 };
  }
  return sums;
}

describe('R15: poison among good records, of a job that sets it aside', () => {
  let instance: Instance;
  let folder: string;
  let job: Job;
  let dataHome: Awaited<ReturnType<typeof aHome>>;
  const all: Line[] = [];
  /** Where each line stands that the job cannot take, with the line. */
  const poison = new Map<string, Line>();

  beforeAll(async () => {
    dataHome = await aHome();
    folder = join(dataHome.home, 'failpoints');
    await mkdir(folder);
    instance = await Instance.start(dataHome.home, {
      TIDEMARK_FAILPOINTS: KILLS.map((point) => `poisoned/${point}=kill`).join(','),
      TIDEMARK_FAILPOINTS_DIR: folder,
    });
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  const letters = async (): Promise<readonly DeadLetter[]> => {
    const found: DeadLetter[] = [];
    for await (const letter of instance.tidemark.deadLetters.list(job.id, { limit: 100 })) found.push(letter);
    return found;
  };
  const placesOf = (found: readonly DeadLetter[]): readonly string[] =>
    found.map(({ partition, offset }) => `${partition}@${offset}`).sort();

  /** What the sink's rows come to: the last of each account counts. */
  async function output(): Promise<ReturnType<typeof summed>> {
    const rows = (
      await validOutput<{ account: string; sum: number; count: number }>(join(instance.files, 'poisoned/out'))
    )
      .flatMap((batch) => batch.rows)
      .map(({ account, ...sums }) => [account, sums] as const);
    return Object.fromEntries(rows);
  }

  async function write(file: number): Promise<void> {
    const [name, lines] = [`${file}.jsonl`, linesOf(file)];
    let offset = 0;
    for (const line of lines) {
      if (!isTaken(line)) poison.set(`${name}@${offset}`, line);
      offset += Buffer.byteLength(textOf(line)) + 1;
    }
    all.push(...lines);
    await writeInput(instance, `poisoned/in/${name}`, lines);
  }

  const untilSumsAre = (expected: ReturnType<typeof summed>): Promise<true> =>
    until('all that the job can take has come through', WAIT_MS_MAX, async () => {
      const found = await output().catch(() => ({}));
      return JSON.stringify(sorted(found)) === JSON.stringify(sorted(expected)) ? true : undefined;
    });

  it('is in the table exactly once each, wherever the runner is killed, and the rest comes out right', async () => {
    await write(1);
    const bundle = await bundleOf('payments', { constants: { FOLDER: 'poisoned', MENDED: 'no' } });
    job = await instance.tidemark.jobs.submit({
      bundle,
      config: { checkpointIntervalMs: 1_000, limits: { cpuMsPerBatch: 400, memoryMb: 64 } },
    });
    for (let file = 2; file <= FILES; file += 1) {
      const batchId = (await instance.tidemark.jobs.get(job.id)).lastBatch?.batchId ?? 0;
      await until('the job goes on', WAIT_MS_MAX, async () => {
        const { lastBatch } = await instance.tidemark.jobs.get(job.id);
        return (lastBatch?.batchId ?? 0) > batchId ? true : undefined;
      });
      await write(file);
    }
    await until('the runner was killed everywhere', WAIT_MS_MAX, async () =>
      (await readdir(folder)).length === KILLS.length ? true : undefined,
    );
    await untilSumsAre(summed(all.filter(isTaken)));

    const found = await letters();
    expect(placesOf(found)).toEqual([...poison.keys()].sort());
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(['waiting']));
    for (const { id, partition, offset, code, reason } of found) {
      const line = poison.get(`${partition}@${offset}`) ?? '';
      const { bytes } = await instance.tidemark.deadLetters.get(job.id, id);
      expect(Buffer.from(bytes, 'base64').toString()).toBe(textOf(line));
      expect([line, codesOf(line)]).toEqual([line, expect.arrayContaining([code])]);
      if (isPayment(line) && line.amount < 14) expect(reason).toContain(line.amount === 13 ? 'unlucky' : 'is negative');
    }
  });

  it('is told of by events and counted by batches', async () => {
    let counted = 0;
    for await (const { commit } of instance.tidemark.jobs.batches(job.id)) counted += commit?.recordsDeadLettered ?? 0;
    expect(counted).toBe(poison.size);
    const told = [];
    for await (const { type, data } of instance.tidemark.jobs.events(job.id, { after: '0', limit: 100 }))
      if (type === 'record.dead_lettered') told.push(Number(data['count']));
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(poison.size);
  });

  it('is read again once the code is mended, exactly once, and what is still poison comes back', async () => {
    const bundle = await bundleOf('payments', { constants: { FOLDER: 'poisoned', MENDED: 'yes' } });
    // On probation all the while, and undone by the first record that counts as skipped.
    const health = { batches: 10_000, slowdown: 1_000, growth: 1_000_000, skipped: 0 };
    const { revision } = await instance.tidemark.jobs.deploy(job.id, { bundle, config: { health } });
    const answer = await instance.tidemark.deadLetters.redrive(job.id, { all: {} });
    expect(answer).toMatchObject({ letters: poison.size, passedOver: { settled: 0 } });
    kill((await instance.runnerOf(job.id)).pid, 'SIGKILL');

    await untilSumsAre(summed(all));
    const unreadable = [...poison].filter(([, line]) => typeof line === 'string').map(([place]) => place);
    const settled = await until('all letters are settled or back', WAIT_MS_MAX, async () => {
      const found = await letters();
      return found.every(({ status }) => status !== 'redriving') ? found : undefined;
    });
    expect(placesOf(settled)).toEqual([...poison.keys()].sort());
    const back = settled.filter(({ status }) => status === 'waiting');
    expect(placesOf(back)).toEqual(unreadable.sort());
    expect(new Set(back.map(({ returns }) => returns))).toEqual(new Set([1]));
    expect(settled.filter(({ status }) => status === 'redriven')).toHaveLength(poison.size - unreadable.length);

    expect(await instance.tidemark.deadLetters.discard(job.id, { all: { code: 'record_unreadable' } })).toMatchObject({
      letters: unreadable.length,
    });
    expect(sorted(await output())).toEqual(sorted(summed(all)));
    expect(await instance.tidemark.jobs.get(job.id)).toMatchObject({ revision });
    const undone = await instance.tidemark.jobs.events(job.id, { type: 'revision.rolled_back' });
    expect(undone.items).toEqual([]);
  });
});

const sorted = <T>(object: { readonly [name: string]: T }): readonly (readonly [string, T])[] =>
  Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
