import type { DeadLetterStatus, JobId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect, vi } from 'vitest';
import { aSubmittedJob, claimNext, stores } from '../testing.js';
import { choose } from './choose-letters.js';
import { lettersWaiting, pruneLetters, recordsToRedrive } from './run-letters.js';
import { aLetter, aPlan, aRunningJob } from './testing/running-job.js';

const MANY = 2_000;
/** Rows that one letter or one timeline may have a query touch; a query that reads all of one for each of the other touches thousands. */
const ROWS_EACH = 40;

interface PlanNode {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

const touched = (node: PlanNode): number =>
  (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Join Filter'] ?? 0)) *
    node['Actual Loops'] +
  (node.Plans ?? []).map(touched).reduce((sum, rows) => sum + rows, 0);

/** The rows that the queries of `work` touch, over all of their steps, as Postgres counts them when it runs them again. */
async function rowsTouchedBy(dataSource: DataSource, work: () => Promise<unknown>): Promise<number> {
  const query = vi.spyOn(dataSource.manager, 'query');
  await work();
  const asked = query.mock.calls.filter(([sql]) => sql.includes('WITH RECURSIVE'));
  query.mockRestore();
  expect(asked).toHaveLength(1);
  const plans = asked.map(async ([sql, parameters]) => {
    const [row] = await dataSource.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }[]>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
      parameters as unknown[],
    );
    return row?.['QUERY PLAN'].reduce((sum, { Plan }) => sum + touched(Plan), 0) ?? Infinity;
  });
  return (await Promise.all(plans)).reduce((sum, rows) => sum + rows, 0);
}

/** Letters of the first batch, some of which later ones have re-driven, and as many timelines of a batch each. */
async function aLongLife(dataSource: DataSource) {
  const job = await aRunningJob(dataSource);
  await job.batch(aPlan(1), [aLetter(1)]);
  const { jobId } = job;
  const go = (sql: string) => dataSource.query(sql, [jobId, MANY]);
  await go('INSERT INTO timelines SELECT $1, t, t - 1, t - 1 FROM generate_series(2, $2::integer) t');
  await go(
    `UPDATE jobs SET timeline = $2, base_timeline = $2::integer - 1, base_batch_id = $2::bigint - 1 WHERE id = $1`,
  );
  await go(`INSERT INTO dead_letters
     SELECT 'dlt_' || lpad(i::text, 32, '0'), tenant_id, job_id, timeline, batch_id, source, partition, 100 + i, code, reason,
            bytes, bytes_total, status, returns, created_at, settled_at
       FROM dead_letters CROSS JOIN generate_series(1, $2::integer - 1) i WHERE job_id = $1`);
  // All of them by batches that the job has not come through, and some by one that it has.
  await go(`INSERT INTO dead_letter_redrives
     SELECT d.id, 2 + d.record_offset % 1000, CASE WHEN n = 0 THEN 2 ELSE $2 + n END, now()
       FROM dead_letters d CROSS JOIN generate_series(0, 2) n WHERE d.job_id = $1
        AND (n > 0 OR d.record_offset BETWEEN 101 AND 1000)`);
  await go(`UPDATE dead_letters SET status = 'redriving' WHERE job_id = $1 AND record_offset > $2::integer - 500`);
  await go(`INSERT INTO checkpoints (id, tenant_id, job_id, timeline, batch_id, batch_time_ms, epoch, revision, bundle_digest,
       status, kind, path, builds_on, offsets, shapes, state_rows, state_bytes, created_at)
     SELECT 'ckp_' || lpad(t::text, 32, '0'), j.tenant_id, j.id, t, t, 0, 1, 1, repeat('a', 64), 'complete', 'checkpoint',
            'of-' || t, '{}', '{}', '{}', 0, 0, now() FROM jobs j CROSS JOIN generate_series(1, $2::integer) t WHERE j.id = $1`);
  return job;
}

describe('letters of a job that has come through very many timelines', () => {
  postgresTest('are told about without reading every timeline for each of them', async ({ dataSource }) => {
    const { jobId, tenantId, letters, fence } = await aLongLife(dataSource);
    const { manager } = dataSource;
    const count = async (status: DeadLetterStatus) => (await letters.list(jobId, { status }, { limit: 5_000 })).length;
    expect([await count('redriven'), await count('waiting'), await count('redriving')]).toEqual([900, 501, 599]);

    for (const prepare of ['SELECT 1', 'ANALYZE']) {
      await dataSource.query(prepare);
      const rows = [
        await rowsTouchedBy(dataSource, () => letters.list(jobId, { status: 'discarded' }, { limit: 20 })),
        await rowsTouchedBy(dataSource, () => choose(manager, { id: jobId, tenantId }, { all: {} })),
        await rowsTouchedBy(dataSource, () => lettersWaiting(manager, fence)),
        await rowsTouchedBy(dataSource, () => recordsToRedrive(manager, fence, ['in'])),
        await rowsTouchedBy(dataSource, () => pruneLetters(manager, 1)),
      ];
      expect(Math.max(...rows)).toBeLessThan(ROWS_EACH * MANY);
    }
  });
});

describe('forgetting letters', () => {
  postgresTest('goes on with the other jobs where it fails for one', async ({ dataSource }) => {
    const one = await aRunningJob(dataSource);
    const otherId = await aSubmittedJob(dataSource, one.tenantId);
    const { fence } = await claimNext(stores(dataSource), one.runnerId);
    await one.batch(aPlan(1), [aLetter(1), aLetter(2), aLetter(3)]);
    await one.batch(aPlan(1), [aLetter(1), aLetter(2), aLetter(3)], fence);
    const { letters } = one;
    for (const id of [one.jobId, otherId]) await letters.discard(id, { all: {} }, { actor: 'somebody' });
    await dataSource.query(
      `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'it sticks'; END $$`,
    );
    await dataSource.query(
      `CREATE TRIGGER sticks BEFORE DELETE ON dead_letters FOR EACH ROW WHEN (old.job_id = '${one.jobId}') EXECUTE FUNCTION fail()`,
    );

    await expect(pruneLetters(dataSource.manager, 1)).rejects.toMatchObject({
      message: expect.stringContaining('1 jobs') as string,
      errors: [{ message: 'it sticks' }],
    });
    const left = async (id: JobId) => (await letters.list(id, {}, { limit: 9 })).length;
    expect([await left(one.jobId), await left(otherId)]).toEqual([3, 1]);
  });
});
