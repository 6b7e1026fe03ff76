import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { walFolder } from '@tidemark/checkpoint';
import { bundlePaths, type BundleDigest, type GraphNode, type JobId } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { aBundle, ApiUnderTest, type Received } from '../testing/api-under-test.js';
import { aBatch, anEvent } from '../testing/history.js';
import { aStoredCheckpoint } from '../testing/stored-checkpoint.js';
import type { SendingBounds } from '../transport/sending.js';
import type { CheckpointObjectsAnswer } from './replay.answers.js';

/** More than the system takes for a client that does not read. */
const LARGE_BYTES = 16 * 1024 * 1024;
const WAITING_MAX = 16;
const NEVER_MS = 3_600_000;
const FEED: GraphNode = {
  ...{ id: 0, kind: 'source', uid: 'feed', inputs: [], connector: 'socket', at: 'job.ts:1:1' },
  options: { host: '127.0.0.1', port: 1, format: 'text' },
};

let api: ApiUnderTest;
let url: URL;
let id: JobId;

async function start(sending?: SendingBounds): Promise<void> {
  api = await ApiUnderTest.start(undefined, sending === undefined ? {} : { sending });
  url = new URL(await api.listen());
  const { body } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle({ nodes: [FEED] }) } });
  id = (body as { readonly id: JobId }).id;
}
afterEach(() => api.close());

/** An answer too large to go anywhere without its client, and a small one that waits for the same places. */
interface Answers {
  readonly large: string;
  readonly small: string;
}

async function codeOfBundles(): Promise<Answers> {
  const { body } = await api.send('POST', '/v1/bundles', { body: aBundle({ name: 'small' }) });
  const [large, small] = [api.tenant.bundles[0]?.digest, (body as { readonly digest: BundleDigest }).digest];
  const { code } = bundlePaths(api.tenantId, large ?? small);
  await api.objects.remove(code);
  await api.objects.put(code, Buffer.alloc(LARGE_BYTES, 'x'));
  return { large: `/v1/bundles/${large}/code`, small: `/v1/bundles/${small}/code` };
}

async function objectsOfACheckpoint(): Promise<Answers> {
  const { id: checkpointId } = await aStoredCheckpoint(api, id);
  const path = `/v1/jobs/${id}/checkpoints/${checkpointId}/objects`;
  const { objects } = (await api.send('GET', path)).body as CheckpointObjectsAnswer;
  const [manifest, file] = objects;
  await api.objects.remove(file?.path ?? '');
  await api.objects.put(file?.path ?? '', Buffer.alloc(LARGE_BYTES, 'x'));
  return { large: `${path}/${file?.sha256}`, small: `${path}/${manifest?.sha256}` };
}

async function inputOfBatches(): Promise<Answers> {
  const held = (name: string): string => `${walFolder({ tenantId: api.tenantId, jobId: id })}/feed/${name}.ndjson`;
  const line = `${'x'.repeat(1_023)}\n`;
  for (const [batchId, lines] of [LARGE_BYTES / line.length, 1].entries()) {
    await api.objects.put(held(String(batchId)), Buffer.from(line.repeat(lines)));
    const range = { from: 0, to: lines, held: held(String(batchId)) };
    api.tenant.batches.push(aBatch(id, { batchId: batchId + 1, ranges: { feed: { '0': range } } }));
  }
  return { large: `/v1/jobs/${id}/batches/1/1/input`, small: `/v1/jobs/${id}/batches/1/2/input` };
}

async function pagesOfState(): Promise<Answers> {
  const values = { large: 'x'.repeat(LARGE_BYTES), small: 'x' };
  const { id: checkpointId } = await aStoredCheckpoint(api, id, {}, values);
  const path = `/v1/jobs/${id}/checkpoints/${checkpointId}/state?operator=totals`;
  return { large: `${path}&key=large`, small: `${path}&key=small` };
}

/** A client that asks and reads no further than that an answer has begun. */
async function unread(path: string): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname);
  // The service hangs up on it.
  socket.on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(`GET ${path} HTTP/1.1\r\nhost: tidemark\r\nauthorization: Bearer ${api.tenantKey}\r\n\r\n`);
  await once(socket, 'readable');
  return socket;
}

describe('answers whose client does not read', () => {
  beforeEach(() => start());

  it.each([
    ['the code of bundles', 4, codeOfBundles],
    ['objects of a checkpoint', 8, objectsOfACheckpoint],
    ['the input of batches', 3, inputOfBatches],
    ['pages of state', 3, pagesOfState],
  ])('keep the places of a tenant for %s, of which there are %i, until it is gone', async (_, places, prepare) => {
    const { large, small } = await prepare();
    const clients = await Promise.all(Array.from({ length: places }, () => unread(large)));
    const authorization = `Bearer ${api.tenantKey}`;
    const ask = (): Promise<Response> => fetch(new URL(small, url), { headers: { authorization } });
    const asked = Array.from({ length: WAITING_MAX + 1 }, ask);

    // Whoever comes when all places are taken, and all to wait for one as well, is told at once.
    expect((await Promise.race(asked)).status).toBe(429);

    for (const client of clients) client.destroy();
    const answers = await Promise.all(asked);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(WAITING_MAX);
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  });

  it('take no place of another tenant', async () => {
    const { large } = await codeOfBundles();
    await Promise.all(Array.from({ length: 4 }, () => unread(large)));
    const { body } = await api.send('POST', '/v1/bundles', { key: api.otherKey, body: aBundle() });
    const { digest } = body as { readonly digest: string };
    const answer: Received = await api.send('GET', `/v1/bundles/${digest}/code`, { key: api.otherKey });
    expect(answer.status).toBe(200);
  });
});

describe.each([
  ['that stalls', { stalledMs: 50, wholeMs: NEVER_MS }],
  ['that takes too long for all of it', { stalledMs: NEVER_MS, wholeMs: 100 }],
])('a client %s', (_, sending) => {
  beforeEach(() => start(sending));

  const headers = (more: object = {}): Record<string, string> => ({
    authorization: `Bearer ${api.tenantKey}`,
    ...more,
  });

  it.each([
    ['JSON', 3, inputOfBatches],
    ['a file', 8, objectsOfACheckpoint],
  ])('is cut off from %s, and others get their turn', async (_, places, prepare) => {
    const { large, small } = await prepare();
    await Promise.all(Array.from({ length: places }, () => unread(large)));
    expect((await fetch(new URL(small, url), { headers: headers() })).status).toBe(200);
  });

  it('is cut off, and a stream of events is not, however little happens in it', async () => {
    const { large, small } = await inputOfBatches();
    // On this connection the stream comes after an answer.
    await (await fetch(new URL('/v1/jobs', url), { headers: headers() })).text();
    const stream = await fetch(new URL(`/v1/jobs/${id}/events`, url), {
      headers: headers({ accept: 'text/event-stream' }),
    });
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();

    await unread(large);
    expect((await api.send('GET', small)).status).toBe(200);

    api.tenant.events.push(anEvent(id, 1));
    let received = '';
    while (!received.includes('id: 1\n')) {
      const read = await reader?.read();
      if (read === undefined || read.done) throw new Error(`The stream has ended after ${received}`);
      received += read.value;
    }
    await reader?.cancel();
  });
});
