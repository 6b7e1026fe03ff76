import { appendFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Batch, Job, RestoreDecision } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow } from './files-below.js';
import { aHome, Instance, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import type { Kept, Numbered } from './jobs/four-sources.js';
import { LineServer } from './line-server.js';
import { committedOutput, type CommittedOutput } from './output-files.js';
import { until } from './until.js';

const PARTITIONS = {
  left: ['a.jsonl', 'b.jsonl', 'c.jsonl'],
  right: ['a.jsonl', 'b.jsonl'],
  made: ['0'],
  lines: ['0'],
} as const;
const FILES = (['left', 'right'] as const).flatMap((source) => PARTITIONS[source].map((file) => `${source}/${file}`));
const GROWS_EVERY_MS = 20;
const RECORDS_AT_ONCE = 5;
const WAIT_MS_MAX = 30_000;

type Offsets = { readonly [source: string]: { readonly [partition: string]: number } };

describe('an upgrade under reset_keep_offsets', () => {
  let instance: Instance;
  let job: Job;
  let lines: LineServer;
  let growth: NodeJS.Timeout;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  const bundle = (FORM: 'none' | 'sums' | 'means', WINDOW = '2 s') =>
    bundleOf('four-sources', { constants: { FORM, WINDOW, PORT: lines.port } });

  beforeAll(async () => {
    [dataHome, lines] = await Promise.all([aHome(), LineServer.open()]);
    instance = await Instance.start(dataHome.home);
    for (const file of FILES) await writeInput(instance, file, []);
    growth = growing(FILES.map((from) => ({ from, path: join(instance.files, from) })));
    const config = { restorePolicy: 'reset_keep_offsets' as const, checkpointIntervalMs: 400 };
    job = await instance.tidemark.jobs.submit({ bundle: await bundle('sums'), config });
    await commits(10);
  });

  afterAll(async () => {
    clearInterval(growth);
    await instance.stop();
    await Promise.all([lines.close(), dataHome.remove()]);
  });

  const current = (): Promise<Job> => instance.tidemark.jobs.get(job.id);

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

  /** Deploys, waits until that revision has committed, and answers with what it began from, and what came before. */
  async function deploy(next: Awaited<ReturnType<typeof bundle>>, { start = false } = {}): Promise<Handover> {
    const { revision } = await instance.tidemark.jobs.deploy(job.id, { bundle: next });
    if (start) await instance.tidemark.jobs.start(job.id);
    const run = await until(`revision ${revision} has committed`, WAIT_MS_MAX, async () => {
      const now = await current();
      if (now.status === 'failed') throw new Error(`The job has failed: ${now.reason?.message ?? ''}`);
      const of = (await instance.tidemark.jobs.runs(job.id, { limit: 10 })).items.find(
        (one) => one.revision === revision,
      );
      // The newest ones may be planned only.
      const newest = (await instance.tidemark.jobs.batches(job.id, { limit: 5 })).items;
      const hasCommitted = of !== undefined && newest.some(({ commit }) => commit?.epoch === of.epoch);
      return hasCommitted ? of : undefined;
    });
    await commits(15);
    const decisions = (await instance.tidemark.jobs.decisions(job.id, { limit: 20 })).items;
    const decision = decisions.find(({ runId }) => runId === run.id);
    if (decision === undefined) throw new Error(`There is no decision on the run ${run.id}.`);
    const all = await allBatches();
    const [before, after] = [
      all.filter(({ commit }) => (commit?.epoch ?? 0) < (run.epoch ?? 0)),
      all.filter(({ commit }) => commit?.epoch === run.epoch),
    ];
    const committed = before.at(-1)?.commit?.nextOffsets ?? {};
    expect(partitionsIn(committed)).toEqual(PARTITIONS);
    return {
      decision,
      committed,
      before: timelineOf(before.at(-1)),
      after: timelineOf(after[0]),
      first: beginningsIn(after),
    };
  }

  /** Those that are committed, in the order in which they were. */
  async function allBatches(): Promise<readonly Batch[]> {
    const batches: Batch[] = [];
    for (let { timeline } = await current(); timeline >= 1; timeline -= 1)
      for await (const batch of instance.tidemark.jobs.batches(job.id, { timeline, limit: 100 }))
        batches.unshift(batch);
    return batches.filter(({ commit }) => commit !== null);
  }

  /** Removes every object of the job's checkpoints. */
  async function loseCheckpoints(): Promise<void> {
    const files = (await filesBelow(join(instance.home, 'objects'))).filter(
      (file) => file.includes('/state/') || file.endsWith('manifest.json'),
    );
    expect(files.length).toBeGreaterThan(1);
    // The collector removes some as well.
    for (const file of files) await rm(file, { force: true });
  }

  const output = <Row>(folder: string): Promise<readonly CommittedOutput<Row>[]> =>
    committedOutput(join(instance.files, folder));

  /** A new timeline goes on where the one before ended, in every partition, and the decision says the same. */
  function expectKeptOffsets({ decision, committed, first, before, after }: Handover): void {
    expect(after).toBe(before + 1);
    expect(first).toEqual(committed);
    expect(decision).toMatchObject({
      policy: 'reset_keep_offsets',
      outcome: 'start',
      reasonCode: 'OFFSETS_PRESERVED',
      from: { kind: 'offsets_only', offsetsFrom: 'last_commit' },
    });
    expect(decision.from?.offsets).toEqual(committed);
  }

  /**
   * Whether the loss is noticed before anything is decided is a matter of time. If it is, there is no checkpoint left that could
   * fit or not, and the log of the timeline makes the state again.
   */
  async function expectNothingLost(handover: Handover): Promise<void> {
    if (handover.decision.reasonCode === 'NO_CHECKPOINT_YET') {
      expect(handover.decision.from).toMatchObject({ kind: 'replay_from_beginning', offsetsFrom: 'timeline' });
      expect(handover.after).toBe(handover.before);
      expect(handover.first).toEqual(handover.committed);
    } else {
      expectKeptOffsets(handover);
      await expectKeptAnew(handover);
    }
    await expectEachOnce();
  }

  /** What is kept since a timeline began starts at the record after the last one before it, and holds each once. */
  async function expectKeptAnew({ after: timeline }: Handover): Promise<void> {
    const each = await output<Numbered>('each');
    const before = lastNumbers(each.filter((one) => one.timeline < timeline));
    const rows = (await output<Kept>('kept')).filter((one) => one.timeline === timeline).flatMap((one) => one.rows);
    expect(new Set(rows.map(({ from }) => from)).size).toBe(7);
    for (const { from, first, last, count } of rows) {
      if (from === 'lines') expect(first).toBeGreaterThan(before.get(from) ?? 0);
      else expect([from, first, count]).toEqual([from, (before.get(from) ?? 0) + 1, last - first + 1]);
    }
  }

  /** Each record is there once over all timelines, in order. A socket sends nothing again: what it lost is not there. */
  async function expectEachOnce(): Promise<void> {
    const numbers = Map.groupBy(
      (await output<Numbered>('each')).flatMap(({ rows }) => rows),
      ({ from }) => from,
    );
    expect(numbers.size).toBe(7);
    for (const [from, rows] of numbers) {
      const seen = rows.map(({ number }) => number);
      const wanted =
        from === 'lines' ? [...new Set(seen)].toSorted((a, b) => a - b) : seen.map((_, index) => index + 1);
      expect([from, seen]).toEqual([from, wanted]);
    }
  }

  it('R22: begins at the next offset of every partition where no state fits', async () => {
    const handover = await deploy(await bundle('means', '3 s'));

    expectKeptOffsets(handover);
    await expectKeptAnew(handover);
    await expectEachOnce();
  });

  it('does the same when every object of every checkpoint is lost while the job runs', async () => {
    await loseCheckpoints();
    const handover = await deploy(await bundle('sums', '4 s'));

    await expectNothingLost(handover);
  });

  it('does the same when they are lost while the job is stopped', async () => {
    await instance.tidemark.jobs.stop(job.id);
    await instance.tidemark.jobs.waitFor(job.id, ({ status }) => status === 'stopped', { timeoutMs: WAIT_MS_MAX });
    await loseCheckpoints();
    const handover = await deploy(await bundle('means', '5 s'), { start: true });

    await expectNothingLost(handover);
  });

  it('does the same where all state is given up for a job without any', async () => {
    const handover = await deploy(await bundle('none'));

    expectKeptOffsets(handover);
    await expectEachOnce();
  });

  it('goes on at its offsets where a job without state gets some', async () => {
    const { committed, first, before, after } = await deploy(await bundle('sums'));

    expect(after).toBe(before);
    expect(first).toEqual(committed);
  });
});

/** From one revision to the next: what was committed before, and where the first range of every partition begins after. */
interface Handover {
  readonly decision: RestoreDecision;
  readonly committed: Offsets;
  readonly first: Offsets;
  /** The timelines. */
  readonly before: number;
  readonly after: number;
}

const timelineOf = (batch: Batch | undefined): number => batch?.timeline ?? 0;

/** All files grow at the same time, so that every batch reads of each of them. */
function growing(files: readonly { readonly from: string; readonly path: string }[]): NodeJS.Timeout {
  let written = 0;
  return setInterval(() => {
    for (const { from, path } of files) {
      const records = Array.from({ length: RECORDS_AT_ONCE }, (_, index) => ({ from, number: written + index + 1 }));
      appendFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    }
    written += RECORDS_AT_ONCE;
  }, GROWS_EVERY_MS);
}

function beginningsIn(batches: readonly Pick<Batch, 'ranges'>[]): Offsets {
  const beginnings: { [source: string]: { [partition: string]: number } } = {};
  for (const { ranges } of batches) {
    for (const [source, partitions] of Object.entries(ranges)) {
      const known = (beginnings[source] ??= {});
      for (const [partition, { from }] of Object.entries(partitions)) known[partition] ??= from;
    }
  }
  return beginnings;
}

const partitionsIn = (offsets: Offsets): { readonly [source: string]: readonly string[] } =>
  Object.fromEntries(Object.entries(offsets).map(([source, of]) => [source, Object.keys(of).toSorted()]));

function lastNumbers(outputs: readonly CommittedOutput<Numbered>[]): ReadonlyMap<string, number> {
  return new Map(outputs.flatMap(({ rows }) => rows.map(({ from, number }) => [from, number] as const)));
}
