import type { JobId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { aSubmittedJob, aTenant, stores } from '../testing.js';

/** As one pass has it. */
const PASS_MAX = 500;

/** Checkpoints that an earlier pass has marked, each a second older than the one before. */
async function marked(
  dataSource: DataSource,
  id: JobId,
  { name, count, secondsOld }: { readonly name: string; readonly count: number; readonly secondsOld: number },
): Promise<readonly string[]> {
  const rows = await dataSource.query<[{ id: string }]>(
    `INSERT INTO checkpoints (id, tenant_id, job_id, timeline, batch_id, batch_time_ms, epoch, revision, bundle_digest, status,
                              kind, path, builds_on, offsets, shapes, created_at)
     SELECT 'ckp_' || $2::text || i, j.tenant_id, j.id, 1, $3::integer - i, 0, 1, 1, repeat('a', 64), 'deleted', 'checkpoint',
            $2::text || i, '{}', '{}', '{}', now() - ($4::integer + i) * interval '1 s'
       FROM jobs j CROSS JOIN generate_series(1, $3::integer) i WHERE j.id = $1 ORDER BY i RETURNING id`,
    [id, name, count, secondsOld],
  );
  return rows.map((row) => row.id);
}

describe('one pass of retention', () => {
  postgresTest('serves each tenant, the newest of each first, however many one has', async ({ dataSource }) => {
    const many = await aSubmittedJob(dataSource, await aTenant(dataSource));
    const few = await aSubmittedJob(dataSource, await aTenant(dataSource));
    const ofMany = await marked(dataSource, many, { name: 'm', count: PASS_MAX + 100, secondsOld: 0 });
    const ofFew = await marked(dataSource, few, { name: 'f', count: 3, secondsOld: 3_600 });

    const retired = await stores(dataSource).scheduling.retireCheckpoints({ perTimeline: 3 });

    expect(retired.map(({ id }) => id).sort()).toEqual([...ofFew, ...ofMany.slice(0, PASS_MAX - 3)].sort());
  });
});
