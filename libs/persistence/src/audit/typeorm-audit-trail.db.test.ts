import type { ApiKeyId, AuditEntry, AuditEventId, AuditFilter, AuditOutcome, JobId, TenantId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { describe, expect } from 'vitest';
import { aJobId, stores, type DataSource } from '../testing.js';

const anId = (prefix: string): string => `${prefix}_${v7().replaceAll('-', '')}`;
const anEventId = (): AuditEventId => anId('aud') as AuditEventId;
const aTenantId = (): TenantId => anId('tnt') as TenantId;
const aKeyId = (): ApiKeyId => anId('key') as ApiKeyId;

const anEntry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  id: anEventId(),
  tenantId: aTenantId(),
  actor: { keyId: aKeyId(), label: 'operations', role: 'admin' },
  operation: 'stopJob',
  method: 'POST',
  path: '/v1/jobs/job_1/stop',
  jobId: aJobId(),
  traceId: undefined,
  ...more,
});

const anOutcome = (more: Partial<AuditOutcome> = {}): AuditOutcome => ({
  ...{ status: 202, errorCode: undefined, resultId: undefined, tenantId: undefined, jobId: undefined },
  ...more,
});

const FIRST = { limit: 100 };
const EVERYTHING: AuditFilter = { tenantId: undefined };

describe('the audit trail', () => {
  postgresTest('keeps an entry from its beginning, and adds what became of it', async ({ dataSource }) => {
    const { audit } = stores(dataSource);
    const entry = anEntry({ traceId: 'a'.repeat(32) });
    await audit.begin(entry);
    expect(await audit.list(EVERYTHING, FIRST)).toEqual([
      { ...entry, at: expect.any(Date) as Date, outcome: undefined },
    ]);

    await audit.end(entry.id, anOutcome({ status: 404, errorCode: 'thing_not_found', resultId: 'x' }));

    const outcome = { status: 404, errorCode: 'thing_not_found', resultId: 'x', at: expect.any(Date) as Date };
    expect(await audit.list(EVERYTHING, FIRST)).toEqual([{ ...entry, at: expect.any(Date) as Date, outcome }]);
  });

  postgresTest('takes one outcome, and never changes what an entry said', async ({ dataSource }) => {
    const { audit } = stores(dataSource);
    const entry = anEntry();
    await audit.begin(entry);
    await audit.end(entry.id, anOutcome({ status: 202, tenantId: aTenantId(), jobId: aJobId() }));
    await audit.end(entry.id, anOutcome({ status: 500, errorCode: 'internal_fault' }));

    expect(await audit.list(EVERYTHING, FIRST)).toMatchObject([{ ...entry, outcome: { status: 202 } }]);
    await expect(audit.begin(entry)).rejects.toThrow('duplicate key');
  });

  postgresTest('learns tenant and job from the answer where nothing else tells them', async ({ dataSource }) => {
    const { audit } = stores(dataSource);
    const [entry, tenantId, jobId] = [anEntry({ tenantId: undefined, jobId: undefined }), aTenantId(), aJobId()];
    await audit.begin(entry);
    await audit.end(entry.id, anOutcome({ tenantId, jobId }));

    expect(await audit.list(EVERYTHING, FIRST)).toMatchObject([{ id: entry.id, tenantId, jobId }]);
  });

  postgresTest('shows of a tenant what its own is, whatever else is asked for', async ({ dataSource }) => {
    const { audit } = stores(dataSource);
    const [own, other, none] = [anEntry(), anEntry(), anEntry({ tenantId: undefined })];
    for (const entry of [own, other, none]) await audit.begin(entry);
    const { tenantId } = own;

    const listed = async (filter: AuditFilter): Promise<readonly AuditEventId[]> =>
      (await audit.list(filter, FIRST)).map(({ id }) => id);
    expect(await listed({ tenantId })).toEqual([own.id]);
    expect(await listed({ tenantId, jobId: other.jobId })).toEqual([]);
    expect(await listed({ tenantId, actor: other.actor.keyId })).toEqual([]);
    expect(await listed({ tenantId, actor: 'operations' })).toEqual([own.id]);
    expect(await listed({ tenantId, operation: 'stopJob' })).toEqual([own.id]);
    expect(await listed(EVERYTHING)).toEqual([none.id, other.id, own.id]);
  });

  postgresTest('finds every entry that fits, once, newest first, whatever the pages', async ({ dataSource }) => {
    const { audit } = stores(dataSource);
    const pool = await aTrail(dataSource);
    const someFilter = fc.record({
      tenantId: fc.option(fc.constantFrom(...pool.tenants), { nil: undefined }),
      jobId: fc.option(fc.constantFrom(...pool.jobs), { nil: undefined }),
      actor: fc.option(fc.constantFrom(...pool.keys, 'label-0', 'label-1', 'nobody'), { nil: undefined }),
      operation: fc.option(fc.constantFrom('stopJob', 'forkJob', 'nothing'), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(someFilter, fc.integer({ min: 1, max: 7 }), async (filter, limit) => {
        const found: AuditEventId[] = [];
        for (let after: AuditEventId | undefined; ;) {
          const page = await audit.list(filter, { limit, ...(after === undefined ? {} : { after }) });
          found.push(...page.map(({ id }) => id));
          after = page.at(-1)?.id;
          if (page.length < limit) break;
        }
        expect(found).toEqual(pool.fitting(filter));
      }),
      { numRuns: 60 },
    );
  });
});

describe('the age of the trail', () => {
  postgresTest('is bounded: what is too old is removed, and nothing else', async ({ dataSource }) => {
    const { audit, auditRetention } = stores(dataSource);
    const [old, young] = [anEntry(), anEntry()];
    for (const entry of [old, young]) await audit.begin(entry);
    const aged = `UPDATE audit_events SET at = now() - $2 * interval '1 hour' WHERE id = $1`;
    await dataSource.query(aged, [old.id, 10 * 24 + 1]);
    await dataSource.query(aged, [young.id, 10 * 24 - 1]);

    await auditRetention.prune({ days: 10 });

    expect((await audit.list(EVERYTHING, FIRST)).map(({ id }) => id)).toEqual([young.id]);
  });
});

/** Thirty entries of a few tenants, jobs and keys, and which of them a filter is to find. */
async function aTrail(dataSource: DataSource) {
  const { audit } = stores(dataSource);
  const tenants = [aTenantId(), aTenantId()];
  const jobs = [aJobId(), aJobId()];
  const keys = [aKeyId(), aKeyId()];
  const pick = <T>(from: readonly T[], index: number): T => from[index % from.length] as T;
  const made: { readonly entry: AuditEntry; readonly resultId: JobId | undefined }[] = [];
  for (let index = 0; index < 30; index += 1) {
    const keyId = pick(keys, index >> 1);
    const entry = anEntry({
      tenantId: pick([...tenants, undefined], index),
      jobId: pick([jobs[0], undefined], index),
      actor: { keyId, label: `label-${keys.indexOf(keyId)}`, role: 'tenant' },
      operation: pick(['stopJob', 'forkJob'], index >> 2),
    });
    const resultId = pick([undefined, undefined, jobs[1]], index >> 1);
    await audit.begin(entry);
    await audit.end(entry.id, anOutcome({ resultId }));
    made.push({ entry, resultId });
  }
  const fits = (wanted: unknown, ...found: readonly unknown[]): boolean =>
    wanted === undefined || found.includes(wanted);
  const fitting = ({ tenantId, jobId, actor, operation }: AuditFilter): readonly AuditEventId[] =>
    made
      .filter(({ entry, resultId }) => fits(tenantId, entry.tenantId) && fits(jobId, entry.jobId, resultId))
      .filter(({ entry }) => fits(actor, entry.actor.keyId, entry.actor.label) && fits(operation, entry.operation))
      .map(({ entry }) => entry.id)
      .reverse();
  return { tenants, jobs, keys, fitting };
}
