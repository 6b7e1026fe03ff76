import { join } from 'node:path';
import type { Batch, Job, RestoreDecision } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import type { Seen } from './jobs/visits.js';
import { committedOutput, type CommittedOutput } from './output-files.js';
import { until } from './until.js';

type Total = Seen & { readonly page: string };
type Recent = Total & { readonly windowStartMs: number; readonly windowEndMs: number };

const PAGES = 8;
const VISITS_PER_PAGE = 25_000;
const WAIT_MS_MAX = 20_000;
const WINDOW = { constants: { WINDOW: '1 s' } };
const LONGER_WINDOW = { constants: { WINDOW: '2 s' } };

describe('a job that gets a new revision while it runs', () => {
  let instance: Instance;
  let job: Job;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    const visits = Array.from({ length: PAGES * VISITS_PER_PAGE }, (_, index) => ({
      page: `page-${index % PAGES}`,
      number: Math.floor(index / PAGES) + 1,
    }));
    await writeInput(instance, 'visits/all.jsonl', visits);
    job = await instance.tidemark.jobs.submit({ bundle: await bundleOf('visits', WINDOW) });
    await runsBatches(8);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  const current = (): Promise<Job> => instance.tidemark.jobs.get(job.id);

  /** Waits until the job's current revision runs and has committed `count` more batches than are committed now. */
  async function runsBatches(count: number, timeline = 1): Promise<Job> {
    const before = (await current()).lastBatch?.batchId ?? 0;
    return until(`${count} more batches are committed`, WAIT_MS_MAX, async () => {
      const now = await current();
      const { lastBatch, reason } = now;
      if (now.status === 'failed') throw new Error(`The job has failed: ${reason?.message ?? ''}`);
      const done = now.status === 'running' && lastBatch?.timeline === timeline && lastBatch.batchId >= before + count;
      return done ? now : undefined;
    });
  }

  async function newestDecision(): Promise<RestoreDecision> {
    const [decision] = (await instance.tidemark.jobs.decisions(job.id, { limit: 1 })).items;
    if (decision === undefined) throw new Error('The job has no decision.');
    return decision;
  }

  const totals = (): Promise<readonly CommittedOutput<Total>[]> => committedOutput(join(instance.files, 'totals'));
  /** To be read before the totals that it is held against: the job goes on meanwhile. */
  const recent = (): Promise<readonly CommittedOutput<Recent>[]> => committedOutput(join(instance.files, 'recent'));

  it('goes on with its state when the same source comes minified and with other identifiers', async () => {
    const before = await totals();
    const bundle = await bundleOf('visits-renamed', { minify: true });
    expect((await instance.tidemark.jobs.deploy(job.id, { bundle })).revision).toBe(2);
    await until('revision 2 runs', WAIT_MS_MAX, async () =>
      (await newestDecision()).trigger === 'redeploy' ? true : undefined,
    );
    await runsBatches(8);

    const { candidates, ...decision } = await newestDecision();
    expect(decision).toMatchObject({ outcome: 'start', reasonCode: 'NEWEST_CHECKPOINT', from: { kind: 'checkpoint' } });
    expect(candidates[0]).toMatchObject({
      verdict: 'chosen',
      operators: { totals: { verdict: 'as_is' }, recent: { verdict: 'as_is' } },
    });
    const windows = await recent();
    const after = await totals();
    expect(after.length).toBeGreaterThan(before.length + 4);
    expect(faultsInTotals(after)).toEqual([]);
    expect(faultsInWindows(windows, after)).toEqual([]);
    expect(await gapsBetweenBatches()).toEqual([]);
  });

  it('goes on as it is, while a revision whose window has another length waits for a decision', async () => {
    const bundle = await bundleOf('visits', LONGER_WINDOW);
    const objections = ['"recent": windowMs was 1000 and is now 2000'];
    const plan = await instance.tidemark.jobs.planUpgrade(job.id, { bundle });
    expect(plan).toMatchObject({ outcome: 'ask', objections, revision: 2 });
    expect(plan.operators.map(({ uid, verdict }) => [uid, verdict])).toEqual([
      ['recent', 'refused'],
      ['totals', 'as_is'],
    ]);
    expect(await instance.tidemark.jobs.deploy(job.id, { bundle })).toMatchObject({
      status: 'running',
      revision: 2,
      upgrade: { revision: 3, objections },
    });
    expect(await runsBatches(4)).toMatchObject({ revision: 2, upgrade: { revision: 3 } });
    expect(await gapsBetweenBatches()).toEqual([]);
  });

  it('forgets a revision that waits when one comes that fits', async () => {
    const { lastBatch } = await current();
    const deployed = await instance.tidemark.jobs.deploy(job.id, { bundle: await bundleOf('visits', WINDOW) });
    expect(deployed).toMatchObject({ revision: 4, upgrade: null });
    await isRedeployed(4);

    expect(await newestDecision()).toMatchObject({ outcome: 'start', from: { kind: 'checkpoint' } });
    const windows = await recent();
    const rows = await totals();
    expect(rows.at(-1)?.batchId).toBeGreaterThan((lastBatch?.batchId ?? 0) + 4);
    expect(faultsInTotals(rows)).toEqual([]);
    expect(faultsInWindows(windows, rows)).toEqual([]);
    expect(await gapsBetweenBatches()).toEqual([]);
  });

  it('migrates its state by the steps of the new revision, tried on real state before', async () => {
    const bundle = await bundleOf('visits-migrated', WINDOW);
    const plan = await instance.tidemark.jobs.planUpgrade(job.id, { bundle, deep: true });
    expect(plan).toMatchObject({ outcome: 'proceed', state: { convertsState: true } });
    expect(plan.operators.find(({ uid }) => uid === 'totals')).toMatchObject({ verdict: 'migrate', steps: [1] });
    await instance.tidemark.jobs.deploy(job.id, { plan: plan.id });
    await isRedeployed(5);

    const windows = await recent();
    const rows = await totals();
    expect(rows.at(-1)?.rows[0]).toHaveProperty('mean');
    expect(faultsInTotals(rows)).toEqual([]);
    expect(faultsInWindows(windows, rows)).toEqual([]);
    expect(await gapsBetweenBatches()).toEqual([]);
  });

  it('gives up the state of the one operator that does not fit, once somebody has said so', async () => {
    await instance.tidemark.jobs.deploy(job.id, { bundle: await bundleOf('visits-migrated', LONGER_WINDOW) });
    const decided = await instance.tidemark.jobs.decideUpgrade(job.id, 'reset');
    expect(decided).toMatchObject({ revision: 6, upgrade: null });
    await isRedeployed(6);

    const decision = await newestDecision();
    expect(decision).toMatchObject({ reasonCode: 'OPERATORS_RESET', from: { kind: 'checkpoint' } });
    expect(decision.candidates[0]).toMatchObject({
      operators: { totals: { verdict: 'as_is' }, recent: { verdict: 'reset' } },
    });
    expect(faultsInTotals(await totals())).toEqual([]);
    expect(await gapsBetweenBatches()).toEqual([]);
  });

  it('starts empty on a new timeline, at exactly its offsets, where nothing fits and the policy is reset_keep_offsets', async () => {
    const bundle = await bundleOf('visits', WINDOW);
    await instance.tidemark.jobs.deploy(job.id, { bundle, config: { restorePolicy: 'reset_keep_offsets' } });
    await until('the job is on a new timeline', WAIT_MS_MAX, async () =>
      (await current()).timeline === 2 ? true : undefined,
    );
    await runsBatches(8, 2);

    const outputs = await totals();
    const last = lastTotals(outputs.filter(({ timeline }) => timeline === 1));
    const first = firstTotals(outputs.filter(({ timeline }) => timeline === 2));
    expect(last.size).toBe(PAGES);
    for (const [page, total] of first) expect([page, total.first]).toEqual([page, (last.get(page)?.last ?? 0) + 1]);
    expect(faultsInTotals(outputs.filter(({ timeline }) => timeline === 2))).toEqual([]);
    const decision = await newestDecision();
    expect(decision).toMatchObject({
      policy: 'reset_keep_offsets',
      outcome: 'start',
      reasonCode: 'OFFSETS_PRESERVED',
      from: { kind: 'offsets_only' },
    });
    const [newest] = (await instance.tidemark.jobs.batches(job.id, { limit: 1, timeline: 1 })).items;
    expect(decision.from?.offsets).toEqual(newest?.commit?.nextOffsets);
  });

  /** Waits until revision `number` has taken over and committed some batches. */
  async function isRedeployed(number: number): Promise<void> {
    await until(`revision ${number} runs`, WAIT_MS_MAX, async () => {
      const [run] = (await instance.tidemark.jobs.runs(job.id, { limit: 1 })).items;
      return run?.revision === number && run.status === 'claimed' ? true : undefined;
    });
    await runsBatches(6);
  }

  /** Places where a batch does not begin where the one before it ended, or was not committed. */
  async function gapsBetweenBatches(): Promise<readonly string[]> {
    const batches: Batch[] = [];
    for await (const batch of instance.tidemark.jobs.batches(job.id, { limit: 100 })) batches.unshift(batch);
    const gaps: string[] = [];
    let offset = 0;
    for (const [index, { batchId, ranges, commit }] of batches.entries()) {
      if (batchId !== index + 1) gaps.push(`batch ${batchId} is number ${index + 1}`);
      if (commit === null && index < batches.length - 1) gaps.push(`batch ${batchId} was left open`);
      for (const { from, to } of Object.values(ranges['visits'] ?? {})) {
        if (from !== offset) gaps.push(`batch ${batchId} begins at ${from}, and ${offset} was reached`);
        offset = to;
      }
    }
    return gaps;
  }
});

/** A page's total must hold every visit from its first to its last once, and begin where the page's total before stood. */
function faultsInTotals(outputs: readonly CommittedOutput<Total>[]): readonly string[] {
  const faults: string[] = [];
  const before = new Map<string, Total>();
  for (const { batchId, rows } of outputs) {
    for (const row of rows) {
      const { page, first, last } = row;
      const known = before.get(page);
      if (!holdsEachOnce(row)) faults.push(`batch ${batchId}: ${JSON.stringify(row)} does not hold each visit once`);
      if (first !== (known?.first ?? first)) faults.push(`batch ${batchId}: the total of ${page} was reset`);
      if (last <= (known?.last ?? 0)) faults.push(`batch ${batchId}: the total of ${page} went back`);
      before.set(page, row);
    }
  }
  return faults;
}

/** A window must hold exactly the visits by which the page's total grew between its start and its end. */
function faultsInWindows(
  windows: readonly CommittedOutput<Recent>[],
  outputs: readonly CommittedOutput<Total>[],
): readonly string[] {
  const lastAt = (page: string, timeMs: number): number =>
    Math.max(
      0,
      ...outputs
        .filter(({ batchTimeMs }) => batchTimeMs <= timeMs)
        .flatMap(({ rows }) => rows.filter((row) => row.page === page).map(({ last }) => last)),
    );
  return windows.flatMap(({ batchId, rows }) =>
    rows
      .filter(
        (row) =>
          !holdsEachOnce(row) ||
          row.first !== lastAt(row.page, row.windowStartMs) + 1 ||
          row.last !== lastAt(row.page, row.windowEndMs),
      )
      .map((row) => `batch ${batchId}: ${JSON.stringify(row)}`),
  );
}

const holdsEachOnce = ({ first, last, count, sum }: Seen): boolean =>
  count === last - first + 1 && sum === ((first + last) * count) / 2;

function lastTotals(outputs: readonly CommittedOutput<Total>[]): ReadonlyMap<string, Total> {
  return new Map(outputs.flatMap(({ rows }) => rows.map((row) => [row.page, row] as const)));
}

function firstTotals(outputs: readonly CommittedOutput<Total>[]): ReadonlyMap<string, Total> {
  return lastTotals(outputs.toReversed());
}
