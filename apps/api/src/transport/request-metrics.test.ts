import { METRICS } from '@tidemark/observability';
import { RecordedMetrics, type RecordedSeries } from '@tidemark/observability/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';

let api: ApiUnderTest;
let recorded: RecordedMetrics;
beforeEach(async () => {
  recorded = RecordedMetrics.start();
  api = await ApiUnderTest.start();
});
afterEach(async () => {
  await api.close();
  await recorded.stop();
});

async function aJob(name = 'a-job'): Promise<string> {
  const { body } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle({ name }) } });
  return (body as { readonly id: string }).id;
}

const measured = (): Promise<readonly RecordedSeries[]> => recorded.of(METRICS.requestDuration);

describe('the duration of requests', () => {
  it('is told by method, route and status, whichever job they were for', async () => {
    for (const id of [await aJob('one'), await aJob('two'), 'job_of-nobody']) await api.send('GET', `/v1/jobs/${id}`);

    const common = { 'http.route': '/v1/jobs/:id', 'http.request.method': 'GET', 'url.scheme': 'http' };
    const series = (await measured()).filter(({ attributes }) => attributes['http.request.method'] === 'GET');
    expect(series.map(({ attributes, times }) => ({ attributes, times }))).toEqual([
      { attributes: { ...common, 'http.response.status_code': 200 }, times: 2 },
      { attributes: { ...common, 'http.response.status_code': 404 }, times: 1 },
    ]);
    for (const { value } of series) expect(value).toBeGreaterThan(0);
  });

  it('says nothing of a path that is no route, nor of what is in a query or a key', async () => {
    await api.send('GET', '/v1/secret/4111-1111');
    await api.send('GET', '/v1/jobs?limit=1&cursor=secret');
    await api.send('GET', '/v1/jobs', { key: 'secret' });
    await api.send('DELETE', '/v1/health');

    const series = await measured();
    expect(JSON.stringify(series)).not.toMatch(/secret|4111|limit/);
    expect(series.map(({ attributes }) => attributes['http.route'])).toContain(undefined);
    expect(series.reduce((sum, { times = 0 }) => sum + times, 0)).toBe(4);
  });

  it('leaves out a stream of events, however long that was watched', async () => {
    const url = `${await api.listen()}/v1/jobs/${await aJob()}/events`;
    const headers = { authorization: `Bearer ${api.tenantKey}`, accept: 'text/event-stream' };
    const answer = await fetch(url, { headers });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    await api.send('GET', '/v1/jobs');
    // Ends all streams.
    await api.close();
    await answer.text();

    expect(JSON.stringify(await measured())).toContain('"/v1/jobs"');
    expect(JSON.stringify(await measured())).not.toContain('events');
  });
});
