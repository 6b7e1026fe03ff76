import { ServerResponse } from 'node:http';
import type { ApiKeyId, JobId, JobStore } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { aBundle, ApiUnderTest, STREAMS_PER_KEY } from '../testing/api-under-test.js';
import { aBatch, anEvent } from '../testing/history.js';

let api: ApiUnderTest;
let id: JobId;
let url: string;

beforeEach(async () => {
  api = await ApiUnderTest.start();
  const { body } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } });
  id = (body as { id: JobId }).id;
  url = `${await api.listen()}/v1/jobs/${id}/events`;
});
afterEach(async () => {
  await api.close();
});

describe('the events of a job as pages', () => {
  beforeEach(() => {
    api.tenant.events.push(...[1, 2, 3, 4, 5].map((seq) => anEvent(id, seq)));
  });

  it('are the newest, oldest first, where nothing is said', async () => {
    const { body } = await api.send('GET', `/v1/jobs/${id}/events?limit=2`);

    expect(body).toMatchObject({ items: [{ seq: '4' }, { seq: '5' }], next: null });
  });

  it('go on after an event until there are no more', async () => {
    const first = await api.send('GET', `/v1/jobs/${id}/events?after=1&limit=3`);
    expect(first.body).toMatchObject({ items: [{ seq: '2' }, { seq: '3' }, { seq: '4' }], next: '4' });

    const second = await api.send('GET', `/v1/jobs/${id}/events?after=4&limit=3`);
    expect(second.body).toMatchObject({ items: [{ seq: '5' }], next: null });
  });

  it('go on after a page that holds fewer than were asked for', async () => {
    const store = Object.getPrototypeOf(api.stores.forTenant(api.tenantId)) as JobStore;
    const { listEvents } = store;
    const narrow = vi.spyOn(store, 'listEvents').mockImplementation(async function (this: JobStore, job, page) {
      return (await listEvents.call(this, job, page)).slice(0, 2);
    });
    onTestFinished(() => {
      narrow.mockRestore();
    });

    const first = await api.send('GET', `/v1/jobs/${id}/events?after=1&limit=3`);
    expect(first.body).toMatchObject({ items: [{ seq: '2' }, { seq: '3' }], next: '3' });
    const second = await api.send('GET', `/v1/jobs/${id}/events?after=3&limit=3`);
    expect(second.body).toMatchObject({ items: [{ seq: '4' }, { seq: '5' }], next: null });
  });

  it('are the newest of a type, where one is named', async () => {
    api.tenant.events.push(anEvent(id, 6, 'revision.rolled_back'), anEvent(id, 7));
    const { body } = await api.send('GET', `/v1/jobs/${id}/events?type=revision.rolled_back&limit=1`);

    expect(body).toMatchObject({ items: [{ seq: '6', type: 'revision.rolled_back' }], next: null });
    const stream = await api.send('GET', `/v1/jobs/${id}/events?type=log`, {
      headers: { accept: 'text/event-stream' },
    });
    expect(stream).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });
});

describe('the events of a job as a stream', () => {
  it('begin with what happens after the stream is open', async () => {
    api.tenant.events.push(anEvent(id, 1));
    const stream = await open();
    api.tenant.events.push(anEvent(id, 2, 'run.claimed'));

    const text = await stream.until('"seq":"2"');

    expect(text).toMatch(/^retry: 1000\nid: 1\n\n/);
    expect(text).toContain('id: 2\nevent: run.claimed\ndata: {"seq":"2"');
    expect(text).not.toContain('"seq":"1"');
  });

  it('go on after Last-Event-ID, each once and in order, over any number of pages', async () => {
    api.tenant.events.push(...Array.from({ length: 250 }, (_, index) => anEvent(id, index + 1)));

    const text = await (await open({ 'last-event-id': '5' })).until('id: 250\n');

    expect([...text.matchAll(/^id: (\d+)$/gm)].map(([, seq]) => Number(seq))).toEqual(
      Array.from({ length: 246 }, (_, index) => index + 5),
    );
  });

  it('show a batch when it is committed, once and without an id', async () => {
    api.tenant.batches.push(aBatch(id, { batchId: 1 }), aBatch(id, { batchId: 2, open: true }));
    const newest = vi.spyOn(Object.getPrototypeOf(api.stores.forTenant(api.tenantId)), 'newestCommitted');
    const stream = await open();
    // Its first look is where a stream begins; what was committed before is in the list of batches.
    await vi.waitFor(() => expect(newest).toHaveBeenCalled());
    api.tenant.batches[1] = aBatch(id, { batchId: 2 });
    await stream.until('"batchId":2');
    api.tenant.batches.push(aBatch(id, { batchId: 3 }));

    const text = await stream.until('"batchId":3');

    expect(text).toContain('event: batch.committed\ndata: {"seq":null');
    expect([...text.matchAll(/"batchId":(\d)/g)].map(([, batch]) => batch)).toEqual(['2', '3']);
    expect([...text.matchAll(/^id: .*$/gm)].map(([id]) => id)).toEqual(['id: 0']);
    newest.mockRestore();
  });

  it('show every batch, also of more than one look shows', async () => {
    const newest = vi.spyOn(Object.getPrototypeOf(api.stores.forTenant(api.tenantId)), 'newestCommitted');
    const stream = await open();
    await vi.waitFor(() => expect(newest).toHaveBeenCalled());
    const committed = Array.from({ length: 250 }, (_, index) => aBatch(id, { batchId: index + 1 }));
    api.tenant.batches.push(...committed);

    const text = await stream.until('"batchId":250');

    expect([...text.matchAll(/"batchId":(\d+)/g)].map(([, batch]) => Number(batch))).toEqual(
      committed.map(({ plan }) => plan.batchId),
    );
    newest.mockRestore();
  });

  it('read a batch once, however often they look', async () => {
    const store: object = Object.getPrototypeOf(api.stores.forTenant(api.tenantId)) as object;
    const [newest, committed, all] = [
      vi.spyOn(store as JobStore, 'newestCommitted'),
      vi.spyOn(store as JobStore, 'listCommitted'),
      vi.spyOn(store as JobStore, 'listBatches'),
    ];
    const stream = await open();
    await vi.waitFor(() => expect(newest).toHaveBeenCalled());
    api.tenant.batches.push(aBatch(id, { batchId: 1 }));
    await stream.until('"batchId":1');
    const looks = newest.mock.calls.length;
    await vi.waitFor(() => expect(newest.mock.calls.length).toBeGreaterThan(looks + 2), { timeout: 5_000 });

    const read = committed.mock.calls.filter(([, page]) => 'limit' in page && page.limit !== undefined);
    expect([read.length, all.mock.calls.length]).toEqual([1, 0]);
    for (const spy of [newest, committed, all]) spy.mockRestore();
  });

  it('end when their key is revoked, and those of other keys go on', async () => {
    const { body } = await api.send('POST', `/v1/tenants/${api.tenantId}/api-keys`, {
      key: api.adminKey,
      body: { label: 'leaked' },
    });
    const leaked = body as { id: ApiKeyId; key: string };
    const [stream, other] = [await open({ authorization: `Bearer ${leaked.key}` }), await open()];
    await api.send('DELETE', `/v1/tenants/${api.tenantId}/api-keys/${leaked.id}`, { key: api.adminKey });
    api.tenant.events.push(anEvent(id, 1));

    expect(await stream.until('never')).not.toContain('"seq"');
    expect(await other.until('"seq":"1"')).toContain('"seq":"1"');
  }, 5_000);

  it('send nothing while it cannot be known whether their key is revoked', async () => {
    const revoked = vi.spyOn(api.tenantStore, 'revokedAmong').mockRejectedValue(new Error('no'));
    const stream = await open();
    api.tenant.events.push(anEvent(id, 1));
    await vi.waitFor(() => expect(revoked.mock.calls.length).toBeGreaterThan(2), { timeout: 5_000 });
    const listEvents = vi.spyOn(Object.getPrototypeOf(api.stores.forTenant(api.tenantId)) as JobStore, 'listEvents');
    const looks = revoked.mock.calls.length;
    await vi.waitFor(() => expect(revoked.mock.calls.length).toBeGreaterThan(looks), { timeout: 5_000 });
    expect(listEvents).not.toHaveBeenCalled();
    listEvents.mockRestore();

    revoked.mockRestore();
    expect(await stream.until('"seq":"1"')).toContain('"seq":"1"');
  });

  it('end when the service stops, so that it can stop', async () => {
    const stream = await open();

    await api.close();

    await expect(stream.until('never')).resolves.toContain('retry:');
  });

  it('are refused beyond the bound for one key, until one is closed', async () => {
    const streams = await Promise.all(Array.from({ length: STREAMS_PER_KEY }, () => open()));

    const refused = await fetch(url, { headers: headers() });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');

    await streams[0]?.close();
    await vi.waitFor(async () => {
      const stream = await open();
      expect(stream.status).toBe(200);
    });
  });

  it('do not count for a client that went away before they were open', async () => {
    const listEvents = vi.spyOn(Object.getPrototypeOf(api.stores.forTenant(api.tenantId)), 'listEvents');
    let look = (): void => undefined;
    const looking = new Promise<readonly []>((resolve) => {
      look = () => {
        resolve([]);
      };
    });
    listEvents.mockReturnValue(looking);
    onTestFinished(() => {
      listEvents.mockRestore();
    });
    const leaving = new AbortController();
    const left = Array.from({ length: STREAMS_PER_KEY }, () =>
      fetch(url, { headers: headers(), signal: leaving.signal }).catch(() => 'left'),
    );
    await vi.waitFor(() => expect(listEvents).toHaveBeenCalledTimes(STREAMS_PER_KEY));
    const closed = vi.spyOn(ServerResponse.prototype, 'emit');
    leaving.abort();
    await Promise.all(left);
    await vi.waitFor(() =>
      expect(closed.mock.calls.filter(([event]) => event === 'close')).toHaveLength(STREAMS_PER_KEY),
    );
    closed.mockRestore();
    look();

    await vi.waitFor(async () => expect((await open()).status).toBe(200));
  });

  it('are kept from browsers that guess and from caches', async () => {
    const { headers: received } = await fetch(url, { headers: headers() });

    expect(received.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(received.get('x-content-type-options')).toBe('nosniff');
    expect(received.get('cache-control')).toBe('no-store');
  });
});

const headers = (more: object = {}): Record<string, string> => ({
  authorization: `Bearer ${api.tenantKey}`,
  accept: 'text/event-stream',
  ...more,
});

interface OpenStream {
  readonly status: number;
  /** Everything received so far, once `part` is in it or the stream has ended. */
  until(part: string): Promise<string>;
  close(): Promise<void>;
}

async function open(more: object = {}): Promise<OpenStream> {
  const response = await fetch(url, { headers: headers(more) });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let received = '';
  return {
    status: response.status,
    async until(part) {
      while (!received.includes(part)) {
        const read = await reader?.read();
        if (read === undefined || read.done) break;
        received += read.value;
      }
      return received;
    },
    async close() {
      await reader?.cancel();
    },
  };
}
