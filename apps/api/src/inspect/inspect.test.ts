import type { Job, JobId, JobStore, RestoreDecision } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';
import { aBatch, aCheckpoint } from '../testing/history.js';

let api: ApiUnderTest;
let id: JobId;
beforeEach(async () => {
  api = await ApiUnderTest.start();
  const { body } = await api.send('POST', '/v1/jobs', { body: { name: 'job-1', bundle: aBundle() } });
  id = (body as { id: JobId }).id;
});
afterEach(async () => {
  await api.close();
});

describe('a list', () => {
  it('is given out page by page, each item once, newest first', async () => {
    for (const name of ['job-2', 'job-3', 'job-4', 'job-5']) {
      await api.send('POST', '/v1/jobs', { body: { name, bundle: aBundle() } });
    }
    const pages: string[][] = [];
    for (let query: string | null = '?limit=2'; query !== null;) {
      const { body } = await api.send('GET', `/v1/jobs${query}`);
      const { items, next } = body as { items: { name: string }[]; next: string | null };
      pages.push(items.map(({ name }) => name));
      query = next === null ? null : `?limit=2&after=${next}`;
    }

    expect(pages).toEqual([['job-5', 'job-4'], ['job-3', 'job-2'], ['job-1']]);
  });

  it('has no next page when the last item fills the page', async () => {
    expect((await api.send('GET', '/v1/jobs?limit=1')).body).toMatchObject({ items: [{ name: 'job-1' }], next: null });
  });

  it('can be narrowed to one status', async () => {
    expect((await api.send('GET', '/v1/jobs?status=running')).body).toEqual({ items: [], next: null });
  });

  it('refuses a cursor of another list', async () => {
    for (const list of ['runs', 'batches', 'checkpoints', 'decisions', 'revisions', 'events']) {
      const answer = await api.send('GET', `/v1/jobs/${id}/${list}?after=${id}`);

      expect(answer, list).toMatchObject({ status: 400, body: { problems: [{ field: 'after' }] } });
    }
  });

  it('refuses a number that the database cannot hold', async () => {
    expect((await api.send('GET', `/v1/jobs/${id}/revisions?after=2147483648`)).status).toBe(400);
    expect((await api.send('GET', `/v1/jobs/${id}/events?after=9223372036854775808`)).status).toBe(400);
    expect((await api.send('GET', `/v1/jobs/${id}/batches?timeline=2147483648`)).status).toBe(400);
  });
});

describe('a job that runs', () => {
  it('shows who runs it and the last committed batch', async () => {
    become({
      status: 'running',
      currentRun: { id: api.ids.next('run'), runnerId: api.ids.next('runner'), epoch: 3 },
      lastBatch: {
        timeline: 1,
        batchId: 7,
        batchTimeMs: Date.UTC(2026, 0, 1, 0, 0, 0, 500),
        committedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, 1)),
        offsets: { flights: { 'a.jsonl': 96 } },
      },
    });

    expect((await api.send('GET', `/v1/jobs/${id}`)).body).toMatchObject({
      status: 'running',
      reason: null,
      currentRun: {
        id: expect.stringMatching(/^run_/) as string,
        runnerId: expect.stringMatching(/^rnr_/) as string,
        epoch: 3,
      },
      lastBatch: {
        timeline: 1,
        batchId: 7,
        batchTime: '2026-01-01T00:00:00.500Z',
        committedAt: '2026-01-01T00:00:01.000Z',
        offsets: { flights: { 'a.jsonl': 96 } },
      },
    });
  });

  it('shows the reason of a failure with its code', async () => {
    become({ status: 'failed', statusCode: 'job_over_cpu', statusReason: 'It ran too long.' });

    expect((await api.send('GET', `/v1/jobs/${id}`)).body).toMatchObject({
      reason: { code: 'job_over_cpu', message: 'It ran too long.' },
    });
  });
});

describe("a job's history", () => {
  it('shows batches with their ranges and never where held bytes lie', async () => {
    api.tenant.batches.push(
      aBatch(id, { batchId: 1, ranges: { words: { all: { from: 0, to: 5, held: 'wal/secret' } } } }),
      aBatch(id, { batchId: 2, open: true }),
    );

    const { body } = await api.send('GET', `/v1/jobs/${id}/batches`);

    expect(body).toMatchObject({
      items: [
        { batchId: 2, commit: null },
        { batchId: 1, ranges: { words: { all: { from: 0, to: 5 } } }, commit: { recordsIn: 5, epoch: 1 } },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it('shows what a batch passed over', async () => {
    const skipped = { words: { all: { from: 5, to: 90 } } };
    api.tenant.batches.push(aBatch(id, { batchId: 1, skipped }), aBatch(id, { batchId: 2 }));

    const { body } = await api.send('GET', `/v1/jobs/${id}/batches`);

    expect(body).toMatchObject({
      items: [
        { batchId: 2, skipped: {} },
        { batchId: 1, skipped },
      ],
    });
  });

  it('goes on after pages that hold fewer batches than were asked for', async () => {
    api.tenant.batches.push(...[1, 2, 3, 4, 5].map((batchId) => aBatch(id, { batchId })));
    const store = Object.getPrototypeOf(api.stores.forTenant(api.tenantId)) as JobStore;
    const { listBatches } = store;
    const narrow = vi.spyOn(store, 'listBatches').mockImplementation(async function (this: JobStore, job, page) {
      return (await listBatches.call(this, job, page)).slice(0, 2);
    });
    const pages: number[][] = [];
    for (let query: string | null = '?limit=4'; query !== null;) {
      const { body } = await api.send('GET', `/v1/jobs/${id}/batches${query}`);
      const { items, next } = body as { items: { batchId: number }[]; next: string | null };
      pages.push(items.map(({ batchId }) => batchId));
      query = next === null ? null : `?limit=4&after=${next}`;
    }

    expect(pages).toEqual([[5, 4], [3, 2], [1]]);
    narrow.mockRestore();
  });

  it('shows the batches of an earlier timeline when asked', async () => {
    become({ timeline: 2 });
    api.tenant.batches.push(aBatch(id, { timeline: 1, batchId: 1 }), aBatch(id, { timeline: 2, batchId: 1 }));

    expect((await api.send('GET', `/v1/jobs/${id}/batches`)).body).toMatchObject({ items: [{ timeline: 2 }] });
    expect((await api.send('GET', `/v1/jobs/${id}/batches?timeline=1`)).body).toMatchObject({
      items: [{ timeline: 1 }],
    });
  });

  it('shows checkpoints with their offsets and not where they lie', async () => {
    api.tenant.checkpoints.push(aCheckpoint({ id: api.ids.next('checkpoint'), tenantId: api.tenantId, jobId: id }));

    const { body } = await api.send('GET', `/v1/jobs/${id}/checkpoints`);

    expect(body).toMatchObject({
      items: [{ batchId: 4, offsets: { flights: { 'a.jsonl': 12 } }, completedAt: null, fits: null }],
    });
    expect(JSON.stringify(body)).not.toContain('where/it');
  });

  it('shows from what a run starts and why', async () => {
    const checkpointId = api.ids.next('checkpoint');
    const decision: RestoreDecision = {
      id: api.ids.next('decision'),
      tenantId: api.tenantId,
      jobId: id,
      runId: api.ids.next('run'),
      trigger: 'crash',
      policy: 'ask',
      candidates: [
        {
          checkpointId,
          timeline: 1,
          batchId: 4,
          verdict: 'chosen',
          operators: [{ uid: 'by-origin', verdict: 'as_is' }],
        },
      ],
      verdict: { outcome: 'start', from: { kind: 'checkpoint', checkpointId }, reasonCode: 'NEWEST_CHECKPOINT' },
      actor: 'scheduler',
      decidedAt: new Date(0),
    };
    api.tenant.decisions.push(decision);

    expect((await api.send('GET', `/v1/jobs/${id}/decisions`)).body).toMatchObject({
      items: [
        {
          trigger: 'crash',
          outcome: 'start',
          reasonCode: 'NEWEST_CHECKPOINT',
          reason: 'The newest complete checkpoint fits and is taken.',
          from: { kind: 'checkpoint', checkpointId, offsetsFrom: 'checkpoint', offsets: null },
          candidates: [{ checkpointId, verdict: 'chosen', operators: { 'by-origin': { verdict: 'as_is' } } }],
        },
      ],
    });

    const from = { kind: 'checkpoint', checkpointId, offsetsFrom: 'timeline' } as const;
    const verdict = { outcome: 'start', from, reasonCode: 'OLDER_CHECKPOINT' } as const;
    api.tenant.decisions.splice(0, 1, { ...decision, verdict });
    expect((await api.send('GET', `/v1/jobs/${id}/decisions`)).body).toMatchObject({
      items: [{ reasonCode: 'OLDER_CHECKPOINT', from: { offsetsFrom: 'timeline' } }],
    });
  });
});

describe('the runners', () => {
  beforeEach(() => {
    api.runners.runners.push({
      id: api.ids.next('runner'),
      host: 'a-host',
      pid: 42,
      slots: 4,
      status: 'alive',
      startedAt: new Date(0),
      heartbeatAt: new Date(0),
      sandbox: { missing: [] },
      runs: 1,
    });
  });

  it('show a tenant nothing of the machines that they are on', async () => {
    expect((await api.send('GET', '/v1/runners')).body).toMatchObject({
      items: [{ status: 'alive', slots: 4, runs: 1, host: null, pid: null, sandbox: null }],
    });
  });

  it('show an admin which process each is', async () => {
    expect((await api.send('GET', '/v1/runners', { key: api.adminKey })).body).toMatchObject({
      items: [{ host: 'a-host', pid: 42, sandbox: { missing: [] } }],
    });
  });
});

function become(change: Partial<Job>): void {
  const [job] = api.tenant.jobs;
  if (job !== undefined) api.tenant.jobs[0] = { ...job, ...change };
}
