import type { TenantId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { appendEvents } from '../announce.js';
import { aConfig, aDigest, aJobId, aRevision, aSubmittedJob, aTenant, stores } from '../testing.js';
import { TypeOrmJobStores } from './typeorm-job-stores.js';

const by = { actor: 'test', trace: undefined };

describe('the schema', () => {
  postgresTest('is what the row classes say: no migration is missing', async ({ dataSource }) => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });
});

describe('a job store', () => {
  postgresTest("hides a tenant's job from every other tenant", async ({ dataSource }) => {
    const [mine, theirs] = [await aTenant(dataSource), await aTenant(dataSource)];
    const id = await aSubmittedJob(dataSource, mine);
    const { jobs } = stores(dataSource);

    expect(await jobs.forTenant(theirs).find(id)).toBeUndefined();
    expect(await jobs.forTenant(theirs).list({ limit: 10 })).toEqual([]);
    expect(await jobs.forTenant(theirs).order(id, 'stop', by)).toEqual({ outcome: 'not_found' });
    expect(await jobs.forTenant(theirs).remove(id, {})).toEqual({ outcome: 'not_found' });
    expect(await jobs.forTenant(theirs).listEvents(id, { limit: 10 })).toEqual([]);
    expect(await jobs.forTenant(mine).find(id)).toMatchObject({
      id,
      status: 'submitted',
      desired: 'running',
      revision: 1,
    });
  });

  postgresTest('tells the scheduler of a job that it has deleted, until that is confirmed', async ({ dataSource }) => {
    const tenantId = await aTenant(dataSource);
    const jobId = await aSubmittedJob(dataSource, tenantId);
    const { jobs, scheduling } = stores(dataSource);
    expect(await scheduling.readDeletedJobs({ limit: 10 })).toEqual([]);

    await jobs.forTenant(tenantId).remove(jobId, {});

    const deleted = await scheduling.readDeletedJobs({ limit: 10 });
    expect(deleted).toMatchObject([{ tenantId, jobId }]);
    expect(await scheduling.readOutbox(10)).toEqual([]);
    await scheduling.removeFromOutbox(deleted.map(({ id }) => id));
    expect(await scheduling.readDeletedJobs({ limit: 10 })).toEqual([]);
  });

  postgresTest('creates one job of a name, however many ask at once', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const store = stores(dataSource).jobs.forTenant(tenant);
    const create = () => store.create({ id: aJobId(), name: 'same', bundleDigest: aDigest(), config: aConfig() }, by);

    const outcomes = await Promise.all([create(), create(), create()]);

    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['created', 'name_taken', 'name_taken']);
  });

  postgresTest('F11: creates one job of a request, however many repeat it at once', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const store = stores(dataSource).jobs.forTenant(tenant);
    const repeat = () =>
      store.create(
        { id: aJobId(), name: 'same', bundleDigest: aDigest(), config: aConfig() },
        { ...by, requestId: 'a-request' },
      );

    const outcomes = await Promise.all(Array.from({ length: 50 }, repeat));

    const [first] = outcomes;
    expect(first).toMatchObject({ outcome: 'created', job: { version: 1 } });
    expect(outcomes).toEqual(outcomes.map(() => first));
    const [job] = await store.list({ limit: 10 });
    expect(outcomes[0]).toMatchObject({ job: { id: job?.id } });
    expect(await store.listEvents(job?.id ?? aJobId(), { limit: 10 })).toHaveLength(1);
  });

  postgresTest('takes a request of another tenant for another request', async ({ dataSource }) => {
    const [mine, theirs] = [await aTenant(dataSource), await aTenant(dataSource)];
    const { jobs } = stores(dataSource);
    const submit = (tenant: TenantId) =>
      jobs
        .forTenant(tenant)
        .create(
          { id: aJobId(), name: 'same', bundleDigest: aDigest(), config: aConfig() },
          { ...by, requestId: 'a-request' },
        );

    expect([await submit(mine), await submit(theirs)]).toMatchObject([
      { job: { tenantId: mine } },
      { job: { tenantId: theirs } },
    ]);
  });

  postgresTest(
    'I15: adds one revision for a request that is repeated, whatever happened since',
    async ({ dataSource }) => {
      const tenant = await aTenant(dataSource);
      const id = await aSubmittedJob(dataSource, tenant);
      const store = stores(dataSource).jobs.forTenant(tenant);
      const revision = aRevision();
      const deploy = () => store.addRevision(id, revision, { ...by, expectedVersion: 1, requestId: 'a-request' });

      const outcomes = await Promise.all(Array.from({ length: 50 }, deploy));
      await store.order(id, 'cancel', by);

      expect(outcomes.map(({ outcome }) => outcome)).toEqual(outcomes.map(() => 'ordered'));
      expect(await deploy()).toMatchObject({ outcome: 'ordered', job: { revision: 2, status: 'cancelled' } });
      expect(await store.listRevisions(id, { limit: 10 })).toHaveLength(2);
    },
  );

  postgresTest('removes nothing that has changed since the version that was seen', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const store = stores(dataSource).jobs.forTenant(tenant);
    await store.order(id, 'stop', by);

    expect(await store.remove(id, { expectedVersion: 1 })).toEqual({ outcome: 'changed_meanwhile' });
    expect(await store.remove(id, { expectedVersion: 2 })).toMatchObject({ outcome: 'ordered' });
    expect(await store.find(id)).toBeUndefined();
  });

  postgresTest('lets one of two writers win when both saw the same version', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const store = stores(dataSource).jobs.forTenant(tenant);

    const answers = await Promise.all([
      store.order(id, 'stop', { ...by, expectedVersion: 1 }),
      store.order(id, 'cancel', { ...by, expectedVersion: 1 }),
    ]);

    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['changed_meanwhile', 'ordered']);
  });

  postgresTest('pages through jobs and events without a gap or a repeat', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const ids = [];
    for (let made = 0; made < 5; made += 1) ids.push(await aSubmittedJob(dataSource, tenant));
    const store = stores(dataSource).jobs.forTenant(tenant);

    const first = await store.list({ limit: 3 });
    const last = first.at(-1);
    const second = last === undefined ? [] : await store.list({ limit: 3, after: last.id });

    expect([...first, ...second].map(({ id }) => id)).toEqual(ids.reverse());
    const id = ids[0];
    if (id === undefined) throw new Error('no job');
    await store.order(id, 'stop', by);
    await store.order(id, 'start', by);
    const events = await store.listEvents(id, { limit: 10 });
    expect(events.map(({ type }) => type)).toEqual(['job.submitted', 'job.stop_ordered', 'job.start_ordered']);
    expect(await store.listEvents(id, { afterSeq: events[1]?.seq ?? '', limit: 10 })).toEqual([events[2]]);
    expect(await store.listEvents(id, { type: 'job.stop_ordered', limit: 1 })).toEqual([events[1]]);
    expect(await store.listEvents(id, { type: 'job.stop_ordered', afterSeq: events[1]?.seq ?? '', limit: 1 })).toEqual(
      [],
    );
  });

  postgresTest('shows no event while an open transaction may put one before it', async ({ dataSource }) => {
    const tenantId = await aTenant(dataSource);
    const jobId = await aSubmittedJob(dataSource, tenantId);
    const store = new TypeOrmJobStores(dataSource).forTenant(tenantId);
    const open = dataSource.createQueryRunner();
    await open.startTransaction();
    await appendEvents(open.manager, { tenantId, jobId }, [{ type: 'revision.healthy', data: { revision: 1 } }]);
    await dataSource.transaction((tx) =>
      appendEvents(tx, { tenantId, jobId }, [{ type: 'revision.healthy', data: { revision: 2 } }]),
    );

    expect((await store.listEvents(jobId, { limit: 10 })).map(({ type }) => type)).not.toContain('revision.healthy');

    await open.commitTransaction();
    await open.release();
    const events = await stores(dataSource).jobs.forTenant(tenantId).listEvents(jobId, { limit: 10 });
    expect(events.slice(1).map(({ data }) => data)).toEqual([{ revision: 1 }, { revision: 2 }]);
  });

  postgresTest('lists what a job has done, newest first', async ({ dataSource }) => {
    const tenant = await aTenant(dataSource);
    const id = await aSubmittedJob(dataSource, tenant);
    const store = stores(dataSource).jobs.forTenant(tenant);
    expect(await store.addRevision(id, aRevision(), by)).toMatchObject({
      outcome: 'ordered',
      job: { revision: 2 },
    });

    expect((await store.listRevisions(id, { limit: 10 })).map(({ number }) => number)).toEqual([2, 1]);
    expect(await store.listRuns(id, { limit: 10 })).toEqual([]);
    expect(await store.listBatches(id, { limit: 10 })).toEqual([]);
    expect(await store.listCheckpoints(id, { limit: 10 })).toEqual([]);
    expect(await store.listDecisions(id, { limit: 10 })).toEqual([]);
    expect(await store.listBundles({ limit: 10 })).toHaveLength(1);
  });
});
