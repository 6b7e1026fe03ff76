import type { JobId, TenantId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { aSubmittedJob, aTenant, stores } from '../testing.js';

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
