import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApi } from './testing/fake-api.js';
import { Tidemark } from './tidemark.js';

let api: FakeApi;
let tidemark: Tidemark;
beforeEach(async () => {
  api = await FakeApi.start();
  tidemark = new Tidemark({ apiUrl: api.url, apiKey: 'a-key' });
});
afterEach(async () => {
  await api.close();
});

const aRow = (key: unknown): object => ({ slot: 1, key, table: 'state', value: 1, internal: {} });

describe('the state of a checkpoint', () => {
  it('is listed over all pages, also where one of them is empty', async () => {
    const pages = [
      { items: [aRow('a')], next: 'p1' },
      { items: [], next: 'p2' },
      { items: [aRow('b')], next: null },
    ];
    api.willAnswer(...pages.map((body) => ({ status: 200, body })));

    const keys: unknown[] = [];
    const request = { operator: 'by origin', table: 'w1', limit: 1 };
    for await (const { key } of tidemark.state.list('job_1', 'ckp_1', request)) keys.push(key);

    expect(keys).toEqual(['a', 'b']);
    expect(api.seen.map(({ url }) => url)).toEqual([
      '/v1/jobs/job_1/checkpoints/ckp_1/state?operator=by+origin&table=w1&limit=1',
      '/v1/jobs/job_1/checkpoints/ckp_1/state?operator=by+origin&table=w1&limit=1&after=p1',
      '/v1/jobs/job_1/checkpoints/ckp_1/state?operator=by+origin&table=w1&limit=1&after=p2',
    ]);
  });

  it('is asked for one key as JSON, so that a text is never taken for a number', async () => {
    api.willAnswer({ status: 200, body: { items: [aRow('42')], next: null } });

    expect(await tidemark.state.get('job_1', 'ckp_1', { operator: 'totals', key: '42' })).toEqual([aRow('42')]);
    expect(api.seen[0]?.url).toContain('key=%2242%22');
  });

  it('of a job is by default that of its newest complete checkpoint', async () => {
    api.willAnswer(
      { status: 200, body: { items: [{ id: 'ckp_3', status: 'pending' }], next: 'ckp_3' } },
      {
        status: 200,
        body: {
          items: [
            { id: 'ckp_2', status: 'complete' },
            { id: 'ckp_1', status: 'complete' },
          ],
          next: null,
        },
      },
    );

    expect(await tidemark.state.newestCheckpoint('job_1')).toMatchObject({ id: 'ckp_2' });
    expect(api.seen[1]?.url).toContain('after=ckp_3');
  });

  it('is compared with another, in the order that was asked for', async () => {
    const difference = { key: 'a', change: 'added' };
    api.willAnswer(
      { status: 200, body: { operators: [] } },
      { status: 200, body: { items: [difference], next: null } },
    );

    expect(await tidemark.state.diff('job_1', 'ckp_1', 'ckp_2')).toEqual({ operators: [] });
    const { items } = await tidemark.state.differences('job_1', 'ckp_1', 'ckp_2', { operator: 'totals' });
    expect(items).toEqual([difference]);
    expect(api.seen.map(({ url }) => url)).toEqual([
      '/v1/jobs/job_1/checkpoints/ckp_1/diff/ckp_2',
      '/v1/jobs/job_1/checkpoints/ckp_1/diff/ckp_2/keys?operator=totals',
    ]);
  });
});
