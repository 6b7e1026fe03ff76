import type {
  BundleDigest,
  CheckpointId,
  DecisionId,
  JobId,
  JobStore,
  Page,
  PlanId,
  RunId,
  TenantId,
} from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect, vi } from 'vitest';
import { aSubmittedJob, aTenant, stores } from './testing.js';

const MIB = 1024 * 1024;

/** Committed batches from 1 on, of which each tells about so many bytes of one partition whose name compresses well. */
async function aJobWith(dataSource: DataSource, batches: readonly { readonly bytes: number }[], timeline = 1) {
  const tenantId = await aTenant(dataSource);
  const id = await aSubmittedJob(dataSource, tenantId);
  for (const [index, { bytes }] of batches.entries())
    await write(dataSource, id, { batchId: index + 1, bytes, timeline });
  await dataSource.query('UPDATE jobs SET timeline = $2, last_timeline = $2, last_batch_id = $3 WHERE id = $1', [
    ...[id, timeline, batches.length],
  ]);
  return { id, tenantId, jobs: stores(dataSource).jobs.forTenant(tenantId) };
}

async function write(
  dataSource: DataSource,
  id: JobId,
  of: { readonly batchId: number; readonly bytes: number; readonly timeline: number; readonly isOpen?: boolean },
): Promise<void> {
  const { batchId, bytes, timeline, isOpen = false } = of;
  await dataSource.query(
    `INSERT INTO batches (job_id, timeline, batch_id, tenant_id, batch_time_ms, ranges, planned_epoch, planned_at, committed_at,
                          next_offsets)
     SELECT j.id, $2, $3, j.tenant_id, 0, jsonb_build_object('in', jsonb_build_object(repeat('x', $4), '{"from":0,"to":1}'::jsonb)),
            1, now(), CASE WHEN NOT $5 THEN now() END, '{}' FROM jobs j WHERE j.id = $1`,
    [id, timeline, batchId, bytes, isOpen],
  );
}

const numbers = (batches: readonly { readonly plan: { readonly batchId: number } }[]): readonly number[] =>
  batches.map(({ plan }) => plan.batchId);

describe('a page of batches', () => {
  postgresTest('holds as many as fit, and the pages after it the rest', async ({ dataSource }) => {
    const wide = Array.from({ length: 7 }, () => ({ bytes: MIB }));
    const { id, jobs } = await aJobWith(dataSource, wide);

    expect(numbers(await jobs.listBatches(id, { limit: 100 }))).toEqual([7, 6, 5]);
    expect(numbers(await jobs.listBatches(id, { limit: 100, after: 5 }))).toEqual([4, 3, 2]);
    expect(numbers(await jobs.listBatches(id, { limit: 100, after: 2 }))).toEqual([1]);
    expect(numbers(await jobs.listBatches(id, { limit: 2 }))).toEqual([7, 6]);
    expect(numbers(await jobs.listBatches(id, { limit: 100, after: 1 }))).toEqual([]);
  });

  postgresTest('holds at least one, and all that are asked for where they are narrow', async ({ dataSource }) => {
    const narrow = Array.from({ length: 120 }, () => ({ bytes: 10 }));
    const { id, jobs } = await aJobWith(dataSource, [...narrow, { bytes: 6 * MIB }]);

    expect(numbers(await jobs.listBatches(id, { limit: 101 }))).toEqual([121]);
    expect(numbers(await jobs.listBatches(id, { limit: 101, after: 121 }))).toEqual(
      Array.from({ length: 101 }, (_, index) => 120 - index),
    );
    const after = { timeline: 1, batchId: 110 };
    const following = [111, 112, 113, 114, 115, 116, 117, 118, 119, 120];
    expect(numbers(await jobs.listCommitted(id, { after, limit: 100 }))).toEqual(following);
    const next = { timeline: 1, batchId: 120 };
    expect(numbers(await jobs.listCommitted(id, { after: next, limit: 100 }))).toEqual([121]);
  });
});

describe('the batches that were committed since', () => {
  postgresTest('come oldest first, as many as fit, and only what is committed', async ({ dataSource }) => {
    const wide = Array.from({ length: 5 }, () => ({ bytes: MIB }));
    const { id, jobs } = await aJobWith(dataSource, wide);
    await write(dataSource, id, { batchId: 6, bytes: 10, timeline: 1, isOpen: true });
    const since = async (batchId: number, limit = 100) =>
      numbers(await jobs.listCommitted(id, { after: { timeline: 1, batchId }, limit }));

    expect(await since(0)).toEqual([1, 2, 3]);
    expect(await since(3)).toEqual([4, 5]);
    expect(await since(1, 1)).toEqual([2]);
    expect(await since(5)).toEqual([]);
  });

  postgresTest('are the rest of a timeline and then the next one, of the tenant alone', async ({ dataSource }) => {
    const { id, jobs } = await aJobWith(dataSource, [{ bytes: 1 }, { bytes: 1 }], 2);
    await write(dataSource, id, { batchId: 7, bytes: 1, timeline: 1 });
    const listed = async (timeline: number, batchId: number) =>
      numbers(await jobs.listCommitted(id, { after: { timeline, batchId }, limit: 9 }));

    expect([await listed(1, 6), await listed(1, 7), await listed(2, 1), await listed(3, 0)]).toEqual([
      [7],
      [1, 2],
      [2],
      [],
    ]);
    expect(await jobs.newestCommitted(id)).toEqual({ timeline: 2, batchId: 2 });
    await dataSource.query('UPDATE jobs SET timeline = 3 WHERE id = $1', [id]);
    expect(await jobs.newestCommitted(id)).toEqual({ timeline: 2, batchId: 2 });
    expect(await listed(2, 1)).toEqual([2]);

    const others = stores(dataSource).jobs.forTenant('tnt_0' as TenantId);
    expect(await others.newestCommitted(id)).toBeUndefined();
    expect(await others.listCommitted(id, { after: { timeline: 0, batchId: 0 }, limit: 9 })).toEqual([]);
    expect(await others.listBatches(id, { timeline: 2, limit: 9 })).toEqual([]);
  });
});

/** Pages of a list from its beginning until there are no more. */
const pagesOf =
  <Item, Cursor>(
    read: (
      jobs: JobStore,
      id: JobId,
      page: { readonly after?: Cursor; readonly limit: number },
    ) => Promise<readonly Item[]>,
    cursorOf: (item: Item) => Cursor,
  ) =>
  async (jobs: JobStore, id: JobId): Promise<readonly (readonly Item[])[]> => {
    const pages: (readonly Item[])[] = [];
    let page = await read(jobs, id, { limit: 100 });
    for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
      pages.push(page);
      page = await read(jobs, id, { after: cursorOf(last), limit: 100 });
    }
    return pages;
  };

/** Of each list: how it is read, and a row of the job `j` with number $2 that is $3 bytes long, as SQL. */
const LISTS = {
  revisions: {
    pages: pagesOf(
      (jobs, id, page: Page<number>) => jobs.listRevisions(id, page),
      ({ number }) => number,
    ),
    columns: 'job_id, number, tenant_id, bundle_digest, config, options',
    values: `j.id, 1 + $2, j.tenant_id, '', '{}', to_jsonb(repeat('x', $3))`,
  },
  upgrade_plans: {
    pages: pagesOf(
      (jobs, id, page: Page<PlanId>) => jobs.listPlans(id, page),
      (plan) => plan.id,
    ),
    columns: 'id, job_id, tenant_id, revision, bundle_digest, config, options, plan, actor',
    values: `'plan_' || $2, j.id, j.tenant_id, 1, '', '{}', '{}', to_jsonb(repeat('x', $3)), ''`,
  },
  runs: {
    pages: pagesOf(
      (jobs, id, page: Page<RunId>) => jobs.listRuns(id, page),
      (run) => run.id,
    ),
    columns: 'id, job_id, tenant_id, revision, status, end_reason',
    values: `'run_' || $2, j.id, j.tenant_id, 1, 'ended', repeat('x', $3)`,
  },
  checkpoints: {
    pages: pagesOf(
      (jobs, id, page: Page<CheckpointId>) => jobs.listCheckpoints(id, page),
      (checkpoint) => checkpoint.id,
    ),
    columns: `id, job_id, tenant_id, timeline, batch_id, batch_time_ms, epoch, revision, bundle_digest, status, kind, path,
              offsets, shapes`,
    values: `'ckp_' || $2, j.id, j.tenant_id, 1, $2, 0, 1, 1, '', 'complete', 'checkpoint', $2::text, '{}',
             to_jsonb(repeat('x', $3))`,
  },
  restore_decisions: {
    pages: pagesOf(
      (jobs, id, page: Page<DecisionId>) => jobs.listDecisions(id, page),
      (decision) => decision.id,
    ),
    columns: 'id, job_id, tenant_id, run_id, trigger, policy, candidates, verdict, actor',
    values: `'dec_' || $2, j.id, j.tenant_id, '', 'crash', 'ask', to_jsonb(repeat('x', $3)), '{}', ''`,
  },
  bundles: {
    pages: pagesOf(
      (jobs, _, page: Page<BundleDigest>) => jobs.listBundles(page),
      ({ digest }) => digest,
    ),
    columns: 'digest, tenant_id, bytes, manifest',
    values: `'digest ' || $2, j.tenant_id, 1, to_jsonb(repeat('x', $3))`,
  },
  jobs: {
    pages: pagesOf(
      (jobs, _, page: Page<JobId>) => jobs.list(page),
      (job) => job.id,
    ),
    columns: `id, tenant_id, name, desired, status, revision, start_actor, last_timeline, last_batch_id, last_batch_time_ms,
              last_committed_at, last_offsets`,
    values: `'job_' || $2, j.tenant_id, $2::text, 'running', 'running', 1, '', 1, 1, 0, now(), to_jsonb(repeat('x', $3))`,
  },
  job_events: {
    pages: pagesOf(
      (jobs, id, { after = '0', limit }: Page<string>) => jobs.listEvents(id, { afterSeq: after, limit }),
      ({ seq }) => seq,
    ),
    columns: 'job_id, tenant_id, at, type, data, xid',
    values: `j.id, j.tenant_id, now(), $2::text, to_jsonb(repeat('x', $3)), '1'`,
  },
} as const;

describe('a page of', () => {
  for (const [table, { pages, columns, values }] of Object.entries(LISTS)) {
    postgresTest(`${table} holds as many as fit, and the pages after it the rest`, async ({ dataSource }) => {
      const tenantId = await aTenant(dataSource);
      const id = await aSubmittedJob(dataSource, tenantId);
      for (let number = 1; number <= 7; number += 1) {
        const row = `INSERT INTO ${table} (${columns}) SELECT ${values} FROM jobs j WHERE j.id = $1`;
        await dataSource.query(row.replaceAll('$2', String(number)).replaceAll('$3', '$2'), [id, MIB]);
      }

      const read = await pages(stores(dataSource).jobs.forTenant(tenantId), id);

      const wide = read.map((page) => page.filter((item) => JSON.stringify(item).length > MIB).length);
      expect(wide).toEqual([3, 3, 1]);
    });
  }

  postgresTest('leaves out no row because a newer one has come meanwhile', async ({ dataSource }) => {
    const tenantId = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenantId);
    const { columns, values } = LISTS.revisions;
    const insert = `INSERT INTO revisions (${columns}) SELECT ${values} FROM jobs j WHERE j.id = $1`;
    const ask = dataSource.manager.query.bind(dataSource.manager);
    vi.spyOn(dataSource.manager, 'query').mockImplementationOnce(async (statement, parameters) => {
      const fitting: unknown = await ask(statement, parameters);
      await dataSource.query(insert, [id, 1, 1]);
      return fitting;
    });

    const read = await stores(dataSource).jobs.forTenant(tenantId).listRevisions(id, { limit: 100 });

    expect(read.map(({ number }) => number)).toEqual([2, 1]);
  });

  postgresTest('events without a beginning holds the newest that fit', async ({ dataSource }) => {
    const tenantId = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenantId);
    const { columns, values } = LISTS.job_events;
    for (const type of ["'a'", "'b'", "'c'", "'d'", "'e'"]) {
      const row = `INSERT INTO job_events (${columns}) SELECT ${values.replace('$2::text', type)} FROM jobs j WHERE j.id = $1`;
      await dataSource.query(row.replace('$3', '$2'), [id, MIB]);
    }

    const events = await stores(dataSource).jobs.forTenant(tenantId).listEvents(id, { limit: 100 });

    expect(events.map(({ type }) => type)).toEqual(['c', 'd', 'e']);
  });
});
