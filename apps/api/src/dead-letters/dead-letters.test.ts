import type { DeadLetter, Job } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';
import { aDeadLetter } from '../testing/history.js';

let api: ApiUnderTest;
let path: string;
let job: Job;

beforeEach(async () => {
  api = await ApiUnderTest.start();
  await api.send('POST', '/v1/jobs', { body: { bundle: aBundle({ poison: 'dead_letter' }) } });
  const [found] = api.tenant.jobs;
  if (found === undefined) throw new Error('There is no job.');
  job = found;
  path = `/v1/jobs/${job.id}/dead-letters`;
});
afterEach(async () => {
  await api.close();
});

function withLetter(offset: number, more: Partial<DeadLetter> = {}): string {
  const id = api.ids.next('deadLetter');
  api.deadLetters.letters.push(aDeadLetter({ id, tenantId: api.tenantId, jobId: job.id, offset, ...more }));
  return id;
}

const offsetsIn = (body: unknown): readonly number[] =>
  (body as { readonly items: readonly { readonly offset: number }[] }).items.map(({ offset }) => offset);

describe('dead letters', () => {
  it('are listed newest first, in pages, by source, code and status', async () => {
    withLetter(1);
    withLetter(2, { source: 'other' });
    withLetter(3, { code: 'job_code_threw', status: 'discarded', settledAt: new Date(1) });
    const { body } = await api.send('GET', `${path}?limit=2`);
    expect(offsetsIn(body)).toEqual([3, 2]);
    const { next } = body as { next: string };
    expect(offsetsIn((await api.send('GET', `${path}?limit=2&after=${next}`)).body)).toEqual([1]);
    expect(offsetsIn((await api.send('GET', `${path}?source=other`)).body)).toEqual([2]);
    expect(offsetsIn((await api.send('GET', `${path}?code=record_unreadable&status=waiting`)).body)).toEqual([2, 1]);
    expect(await api.send('GET', `${path}?status=lost`)).toMatchObject({ status: 400 });
  });

  it('are shown with the bytes of their record', async () => {
    const id = withLetter(7, { status: 'redriven', redrivenBy: { timeline: 2, batchId: 9 }, settledAt: new Date(1) });
    expect(await api.send('GET', `${path}/${id}`)).toMatchObject({
      status: 200,
      body: {
        ...{ id, source: 'in', partition: 'a.jsonl', offset: 7, code: 'record_unreadable', cut: false },
        ...{ status: 'redriven', redrivenBy: { timeline: 2, batchId: 9 }, settledAt: '1970-01-01T00:00:00.001Z' },
        bytes: Buffer.from('record 7').toString('base64'),
      },
    });
    expect(await api.send('GET', `${path}/dlt_1`)).toMatchObject({ status: 404, body: { code: 'thing_not_found' } });
  });

  it.each([
    ['redrive', 202],
    ['discard', 200],
  ])('are chosen by id or all at once to %s', async (order, status) => {
    const [one, two] = [withLetter(1), withLetter(2)];
    const passedOver = { settled: 0, leftBehind: 0, cut: 0, sourceGone: 0 };
    const chosen = await api.send('POST', `${path}/${order}`, { body: { letters: [one] } });
    expect(chosen).toMatchObject({ status, body: { letters: 1, passedOver } });
    const again = await api.send('POST', `${path}/${order}`, { body: { letters: [one, two] } });
    expect(again).toMatchObject({ body: { letters: 1, passedOver: { settled: 1 } } });
    withLetter(3);
    expect(await api.send('POST', `${path}/${order}`, { body: { all: {} } })).toMatchObject({ body: { letters: 1 } });
    const unknown = `dlt_${'0'.repeat(32)}`;
    expect(await api.send('POST', `${path}/${order}`, { body: { letters: [unknown] } })).toMatchObject({
      status: 404,
      body: { code: 'thing_not_found', detail: `There is no dead letter "${unknown}".` },
    });
  });

  it.each([{}, { letters: [], all: {} }, { letters: ['x'] }, { all: { source: 1 } }, { all: null }])(
    'are not chosen by %j',
    async (body) => {
      expect(await api.send('POST', `${path}/redrive`, { body })).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
    },
  );

  it('get one answer for one key', async () => {
    withLetter(1);
    const order = { body: { all: {} }, headers: { 'idempotency-key': 'once' } };
    const first = await api.send('POST', `${path}/redrive`, order);
    withLetter(2);
    expect(await api.send('POST', `${path}/redrive`, order)).toMatchObject({ status: 202, body: first.body });
    expect(api.deadLetters.letters.map(({ status }) => status)).toEqual(['redriving', 'waiting']);
  });

  it('leave their trace in the audit trail', async () => {
    withLetter(1);
    await api.send('POST', `${path}/redrive`, { body: { all: {} } });
    await api.send('POST', `${path}/discard`, { body: { all: {} } });
    const { body } = await api.send('GET', `/v1/audit-events?job=${job.id}`);
    const operations = (body as { items: { operation: string }[] }).items.map(({ operation }) => operation);
    expect(operations).toEqual(expect.arrayContaining(['redriveDeadLetters', 'discardDeadLetters']));
  });

  it('of a cancelled job are not re-driven', async () => {
    api.tenant.jobs[0] = { ...job, status: 'cancelled' };
    expect(await api.send('POST', `${path}/redrive`, { body: { all: {} } })).toMatchObject({
      status: 409,
      body: { code: 'job_is_cancelled' },
    });
  });
});
