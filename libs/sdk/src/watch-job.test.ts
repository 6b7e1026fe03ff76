import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApi, hangUp, problem, type Answer } from './testing/fake-api.js';
import { Tidemark } from './tidemark.js';
import type { WatchedEvent } from './watch-job.js';

let api: FakeApi;
let tidemark: Tidemark;
beforeEach(async () => {
  api = await FakeApi.start();
  tidemark = new Tidemark({ apiUrl: api.url, apiKey: 'a-key' });
});
afterEach(async () => {
  await api.close();
});

const message = (seq: number): string => `id: ${seq}\nevent: log\ndata: {"seq":"${seq}","type":"log"}\n\n`;
const batch = (id: number): string => `event: batch.committed\ndata: {"seq":null,"data":{"batchId":${id}}}\n\n`;

/** A stream of these pieces, cut off after the last one unless it stays open. */
const streaming =
  (pieces: readonly string[], options: { readonly staysOpen?: boolean } = {}): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) response.write(piece);
    if (options.staysOpen !== true) response.end();
  };

async function watched(count: number, options: { readonly after?: string } = {}): Promise<(string | null)[]> {
  const seen: WatchedEvent[] = [];
  for await (const event of tidemark.jobs.watch('job_1', options)) if (seen.push(event) === count) break;
  return seen.map(({ seq }) => seq);
}

describe('watching a job', () => {
  it('gives events and batches in the order in which they come', async () => {
    api.willAnswer(streaming(['retry: 1000\n\n', message(1), ':\n\n', batch(7), message(2)], { staysOpen: true }));

    expect(await watched(3)).toEqual(['1', null, '2']);
    expect(api.seen[0]).toMatchObject({ url: '/v1/jobs/job_1/events', headers: { accept: 'text/event-stream' } });
  });

  it('goes on after the last event when the connection breaks, whatever came after it', async () => {
    api.willAnswer(streaming([message(1), batch(1)]), hangUp, streaming([message(2)], { staysOpen: true }));

    expect(await watched(3)).toEqual(['1', null, '2']);
    expect(api.seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '1', '1']);
  });

  it('begins again where it began when the connection breaks before the first event', async () => {
    api.willAnswer(streaming(['retry: 1000\nid: 41\n\n']), streaming([message(42)], { staysOpen: true }));

    expect(await watched(1)).toEqual(['42']);
    expect(api.seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '41']);
  });

  it('begins where the caller says', async () => {
    api.willAnswer(streaming([message(42)], { staysOpen: true }));

    await watched(1, { after: '41' });

    expect(api.seen[0]?.headers['last-event-id']).toBe('41');
  });

  it('comes back after a refusal that passes and throws one that does not', async () => {
    api.willAnswer(
      problem(429, 'too_many_at_once'),
      problem(503, 'x'),
      streaming([message(1)]),
      problem(404, 'thing_not_found'),
    );

    const events = tidemark.jobs.watch('job_1');

    expect((await events.next()).value).toMatchObject({ seq: '1' });
    await expect(events.next()).rejects.toMatchObject({ code: 'thing_not_found' });
  });

  it('ends when the caller aborts it, and lets go of the connection', async () => {
    let closed = false;
    api.willAnswer((response) => {
      response.on('close', () => (closed = true));
      response.writeHead(200).write(message(1));
    });
    const wanted = new AbortController();
    const events = tidemark.jobs.watch('job_1', { signal: wanted.signal });
    await events.next();
    const next = events.next();

    wanted.abort();

    expect(await next).toEqual({ done: true, value: undefined });
    await expect.poll(() => closed).toBe(true);
  });
});
