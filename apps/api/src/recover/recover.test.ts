import type { Checkpoint, Job } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';
import { aCheckpoint } from '../testing/history.js';

let api: ApiUnderTest;
let path: string;
let job: Job;

beforeEach(async () => {
  api = await ApiUnderTest.start();
  await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } });
  job = only();
  path = `/v1/jobs/${job.id}`;
});
afterEach(async () => {
  await api.close();
});

function only(): Job {
  const [found] = api.tenant.jobs;
  if (found === undefined) throw new Error('There is no job.');
  return found;
}

function become(change: Partial<Job>): void {
  api.tenant.jobs[0] = { ...only(), ...change };
}

function withCheckpoint(more: Partial<Checkpoint> = {}): string {
  const id = api.ids.next('checkpoint');
  const checkpoint = aCheckpoint({ id, jobId: job.id, tenantId: api.tenantId }, more);
  api.tenant.checkpoints.push(checkpoint);
  return checkpoint.id;
}

describe('savepoints', () => {
  it('are asked for, listed, shown and let go of', async () => {
    const asked = await api.send('POST', `${path}/savepoints`, { body: { label: 'before the sale' } });
    expect(asked).toMatchObject({
      status: 202,
      body: { label: 'before the sale', status: 'requested', checkpointId: null },
    });
    const { id } = asked.body as { id: string };
    expect(await api.send('GET', `${path}/savepoints/${id}`)).toMatchObject({ status: 200, body: asked.body });
    expect(await api.send('GET', `${path}/savepoints`)).toMatchObject({ body: { items: [asked.body], next: null } });
    expect((await api.send('DELETE', `${path}/savepoints/${id}`)).status).toBe(204);
    expect(await api.send('DELETE', `${path}/savepoints/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'thing_not_found' },
    });
  });

  it('say what to do where none can be made', async () => {
    become({ status: 'stopped' });
    expect(await api.send('POST', `${path}/savepoints`, { body: { label: 'x' } })).toMatchObject({
      status: 409,
      body: { code: 'savepoint_not_possible', detail: expect.stringContaining('Start it') as string },
    });
    become({ status: 'cancelled' });
    expect(await api.send('POST', `${path}/savepoints`, { body: { label: 'x' } })).toMatchObject({
      body: { code: 'job_is_cancelled' },
    });
  });

  it("are nobody else's", async () => {
    const { body } = await api.send('POST', `${path}/savepoints`, { body: { label: 'mine' } });
    const { id } = body as { id: string };
    for (const [method, where] of [
      ['GET', `${path}/savepoints`],
      ['GET', `${path}/savepoints/${id}`],
      ['DELETE', `${path}/savepoints/${id}`],
    ] as const) {
      expect((await api.send(method, where, { key: api.otherKey })).status).toBe(404);
    }
    expect((await api.send('GET', `${path}/savepoints/${id}`)).status).toBe(200);
  });
});

describe('a rollback', () => {
  it('is ordered to a checkpoint, and to that of a savepoint', async () => {
    const checkpointId = withCheckpoint({ batchId: 4 });
    expect(await api.send('POST', `${path}/rollbacks`, { body: { checkpointId, reason: 'a bad day' } })).toMatchObject({
      status: 202,
      body: { checkpointId, status: 'ordered', reason: 'a bad day', to: { batchId: 4 }, undoes: null },
    });
    become({
      status: 'stopped',
      lastBatch: { timeline: 1, batchId: 4, batchTimeMs: 0, committedAt: new Date(0), offsets: {} },
    });
    const made = await api.send('POST', `${path}/savepoints`, { body: { label: 'here' } });
    const { id: savepointId } = made.body as { id: string };
    expect(await api.send('POST', `${path}/rollbacks`, { body: { savepointId } })).toMatchObject({
      body: { checkpointId },
    });
  });

  it('needs one checkpoint that is there and complete', async () => {
    const order = (body: object) => api.send('POST', `${path}/rollbacks`, { body });
    expect(await order({})).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    const both = { checkpointId: withCheckpoint(), savepointId: api.ids.next('savepoint') };
    expect(await order(both)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(await order({ checkpointId: 'nonsense' })).toMatchObject({ status: 404, body: { code: 'thing_not_found' } });
    expect(await order({ savepointId: api.ids.next('savepoint') })).toMatchObject({
      body: { code: 'thing_not_found' },
    });
    for (const status of ['deleted', 'corrupt', 'pending'] as const) {
      expect(await order({ checkpointId: withCheckpoint({ status }) })).toMatchObject({
        status: 409,
        body: { code: 'checkpoint_not_restorable', detail: expect.stringContaining(`is ${status}`) as string },
      });
    }
    const { body } = await api.send('POST', `${path}/savepoints`, { body: { label: 'not yet' } });
    expect(await order({ savepointId: (body as { id: string }).id })).toMatchObject({
      body: { code: 'savepoint_not_written' },
    });
    expect(api.recovery.rollbacks).toEqual([]);
  });

  it('is refused for a version that has changed, and for a job that is cancelled', async () => {
    const body = { checkpointId: withCheckpoint() };
    const stale = await api.send('POST', `${path}/rollbacks`, { body, headers: { 'if-match': '"9"' } });
    expect(stale).toMatchObject({ status: 412, body: { code: 'job_changed_meanwhile' } });
    become({ status: 'cancelled' });
    expect(await api.send('POST', `${path}/rollbacks`, { body })).toMatchObject({ body: { code: 'job_is_cancelled' } });
  });

  it('is undone by going to the tip of the timeline that it has left', async () => {
    const tip = withCheckpoint({ batchId: 9, timeline: 1 });
    const { body } = await api.send('POST', `${path}/rollbacks`, {
      body: { checkpointId: withCheckpoint({ batchId: 2, timeline: 7 }) },
    });
    const { id } = body as { id: string };
    expect(await api.send('POST', `${path}/rollbacks/${id}/undo`, { body: {} })).toMatchObject({
      status: 202,
      body: { checkpointId: tip, undoes: id },
    });
    expect(await api.send('POST', `${path}/rollbacks/${api.ids.next('rollback')}/undo`, { body: {} })).toMatchObject({
      status: 404,
    });
    api.tenant.checkpoints.length = 0;
    expect(await api.send('POST', `${path}/rollbacks/${id}/undo`, { body: {} })).toMatchObject({
      status: 409,
      body: { code: 'rollback_not_undoable' },
    });
  });

  it('is not undone while the job still runs where it is to leave: its last batches are in no checkpoint yet', async () => {
    const checkpointId = withCheckpoint({ batchId: 2 });
    const { body } = await api.send('POST', `${path}/rollbacks`, { body: { checkpointId } });
    const { id } = body as { id: string };
    for (const status of ['restoring', 'running', 'draining'] as const) {
      become({ status });
      expect(await api.send('POST', `${path}/rollbacks/${id}/undo`, { body: {} })).toMatchObject({
        status: 409,
        body: { code: 'rollback_not_begun', detail: expect.stringContaining('Ask again') as string },
      });
    }
    expect(api.recovery.rollbacks).toHaveLength(1);
    become({ status: 'running', timeline: 2 });
    expect((await api.send('POST', `${path}/rollbacks/${id}/undo`, { body: {} })).status).toBe(202);
  });

  it('is shown beforehand without ordering anything', async () => {
    const checkpointId = withCheckpoint({ batchId: 4 });
    expect(await api.send('GET', `${path}/rollback-preview?checkpointId=${checkpointId}`)).toMatchObject({
      status: 200,
      body: { checkpointId, batchesTakenBack: 3, recordsAgain: 21, start: { reasonCode: 'ASKED_CHECKPOINT' } },
    });
    expect(api.recovery.rollbacks).toEqual([]);
  });
});

describe('a fork', () => {
  it('is a job of its own, by default of the newest checkpoint', async () => {
    withCheckpoint({ batchId: 3 });
    const newest = withCheckpoint({ batchId: 5 });
    const forked = await api.send('POST', `${path}/forks`, { body: { name: 'fork' } });
    expect(forked).toMatchObject({ status: 201, body: { name: 'fork', revision: 1 } });
    expect(forked.headers['location']).toBe(`/v1/jobs/${(forked.body as Job).id}`);
    expect(api.recovery.forkedOf).toEqual([newest]);
  });

  it('is refused with what stands in its way', async () => {
    expect(await api.send('POST', `${path}/forks`, { body: { name: 'fork' } })).toMatchObject({
      status: 409,
      body: { code: 'fork_without_checkpoint' },
    });
    withCheckpoint();
    expect(await api.send('POST', `${path}/forks`, { body: { name: job.name } })).toMatchObject({
      body: { code: 'job_name_taken' },
    });
    api.recovery.objections = ['"totals": windowMs was 1 and is now 2'];
    expect(await api.send('POST', `${path}/forks`, { body: { name: 'fork' } })).toMatchObject({
      status: 409,
      body: { code: 'fork_refused', detail: expect.stringContaining('windowMs was 1') as string },
    });
    expect((await api.send('POST', `${path}/forks`, { body: { name: 'fork' }, key: api.otherKey })).status).toBe(404);
  });
});
