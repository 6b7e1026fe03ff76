import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InMemoryObjectStore, readCheckpoint, walFolder } from '@tidemark/checkpoint';
import type { BatchRecord, Checkpoint, GraphNode, JobId } from '@tidemark/domain';
import { Connections, EgressPolicy, openSource } from '@tidemark/connectors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';
import { aBatch, aDeadLetter } from '../testing/history.js';
import { aStoredCheckpoint } from '../testing/stored-checkpoint.js';
import type { BatchInputAnswer, CheckpointObjectsAnswer } from './replay.answers.js';

const source = (uid: string, connector: string, options: GraphNode['options']): GraphNode => ({
  ...{ id: 0, kind: 'source', uid, inputs: [], connector, options, at: 'job.ts:1:1' },
});
const WORDS = source('words', 'files', { path: 'words', format: 'text' });
const FEED = source('feed', 'socket', { host: '127.0.0.1', port: 1, format: 'text' });

let filesRoot: string;
let api: ApiUnderTest;
let id: JobId;
beforeEach(async () => {
  filesRoot = await mkdtemp(join(tmpdir(), 'tidemark-api-'));
  await mkdir(join(filesRoot, 'one', 'words'), { recursive: true });
  await write('a.txt', 'one\ntwo\nthree\n');
  api = await ApiUnderTest.start(filesRoot);
  const { body } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle({ nodes: [WORDS, FEED] }) } });
  id = (body as { id: JobId }).id;
});
afterEach(async () => {
  await api.close();
  await rm(filesRoot, { recursive: true });
});

const write = (name: string, text: string): Promise<void> => writeFile(join(filesRoot, 'one', 'words', name), text);

/** Adds a committed batch that has read these ranges, with what the source recognises them by. */
async function recorded(batchId: number, ranges: BatchRecord['plan']['ranges'], revision = 1): Promise<void> {
  const batch = aBatch(id, { batchId, ranges, revision });
  const tenantName = 'one';
  const opened = await openSource(WORDS, {
    ...{ tenantName, tenantId: api.tenantId, jobId: id, epoch: 0, filesRoot, objects: api.objects },
    ...{ connections: new Connections(undefined), egress: new EgressPolicy({ allow: [], deny: [] }) },
    log: () => Promise.resolve(),
  });
  const chunks = await opened.read(ranges['words'] ?? {}).catch(() => []);
  const identities = { words: Object.fromEntries(chunks.map(({ partition, identity = '' }) => [partition, identity])) };
  const { commit } = batch;
  api.tenant.batches.push({ ...batch, commit: commit && { ...commit, identities } });
}

const input = (batchId: number | string, key = api.tenantKey) =>
  api.send('GET', `/v1/jobs/${id}/batches/1/${batchId}/input`, { key });

const textsOf = (body: unknown): readonly string[] =>
  (body as BatchInputAnswer).sources.flatMap(({ chunks }) =>
    chunks.map(({ bytes }) => Buffer.from(bytes, 'base64').toString()),
  );

describe('the input of a batch', () => {
  it('is what the batch has read, byte for byte, with its time', async () => {
    await recorded(3, { words: { 'a.txt': { from: 4, to: 14 } } });
    const { status, body } = await input(3);
    expect(status).toBe(200);
    expect(body).toEqual({
      ...{ timeline: 1, batchId: 3, batchTime: new Date(3_000).toISOString(), revision: 1 },
      sources: [
        {
          source: 'words',
          chunks: [
            {
              ...{ partition: 'a.txt', from: 4, to: 14, offsetUnit: 'bytes' },
              bytes: Buffer.from('two\nthree\n').toString('base64'),
            },
          ],
        },
      ],
    });
  });

  it('is still there when the file has grown', async () => {
    await recorded(1, { words: { 'a.txt': { from: 0, to: 8 } } });
    await write('a.txt', 'one\ntwo\nthree\nfour\n');
    expect(textsOf((await input(1)).body)).toEqual(['one\ntwo\n']);
  });

  it('comes from the sources of the revision that ran the batch', async () => {
    await recorded(1, { words: { 'a.txt': { from: 0, to: 8 } } }, 1);
    await recorded(2, { words: { 'a.txt': { from: 0, to: 8 } } }, 2);
    const elsewhere = source('words', 'files', { path: 'nowhere', format: 'text' });
    const bundle = aBundle({ nodes: [elsewhere] });
    expect((await api.send('POST', `/v1/jobs/${id}/revisions`, { body: { bundle } })).status).toBe(201);
    const { body } = await input(1);
    expect([textsOf(body), (body as BatchInputAnswer).revision]).toEqual([['one\ntwo\n'], 1]);
    expect(await input(2)).toMatchObject({ body: { code: 'source_missing' } });
  });

  it('is refused where another file has taken the name', async () => {
    await recorded(1, { words: { 'a.txt': { from: 0, to: 8 } } });
    await write('a.txt', 'uno\ndos\ntres\n');
    expect(await input(1)).toMatchObject({ status: 409, body: { code: 'partition_replaced' } });
  });

  it('is refused where the source no longer holds it', async () => {
    await recorded(1, { words: { 'a.txt': { from: 0, to: 8 } } });
    await rename(join(filesRoot, 'one', 'words', 'a.txt'), join(filesRoot, 'one', 'a.txt'));
    expect(await input(1)).toMatchObject({ status: 409, body: { code: 'offsets_expired' } });
  });

  it('comes from what was kept of a source that cannot be read twice, without a connection to it', async () => {
    const held = `${walFolder({ tenantId: api.tenantId, jobId: id })}/feed/t1-b2.ndjson`;
    await api.objects.put(held, Buffer.from('x\ny\n'));
    await recorded(2, { feed: { '0': { from: 0, to: 2, held } } });
    const { body } = await input(2);
    expect(textsOf(body)).toEqual(['x\ny\n']);
    expect(JSON.stringify(body)).not.toContain(held);
  });

  it('is never an object of another job', async () => {
    const held = `${walFolder({ tenantId: api.otherTenantId, jobId: id })}/feed/t1-b2.ndjson`;
    await api.objects.put(held, Buffer.from('theirs\n'));
    await recorded(2, { feed: { '0': { from: 0, to: 1, held } } });
    expect(await input(2)).toMatchObject({ status: 409, body: { code: 'offsets_expired' } });
  });

  it('is refused with its bound where it is too large, before it is read', async () => {
    await recorded(1, { words: { 'a.txt': { from: 0, to: 100_000_000 } } });
    expect(await input(1)).toMatchObject({
      status: 422,
      body: { code: 'batch_input_too_large', bytes: 100_000_000, bytesMax: 67_108_864 },
    });
  });

  it('is refused where dead letters were part of it, or became it', async () => {
    await recorded(1, { words: { 'a.txt': { from: 0, to: 4 } } });
    const [batch] = api.tenant.batches.splice(0);
    if (batch?.commit === undefined) throw new Error('There is no committed batch.');
    api.tenant.batches.push({ ...batch, commit: { ...batch.commit, recordsDeadLettered: 1 } });
    expect(await input(1)).toMatchObject({ status: 409, body: { code: 'batch_has_dead_letters' } });

    await recorded(2, { words: { 'a.txt': { from: 4, to: 8 } } });
    expect(await input(2)).toMatchObject({ status: 200 });
    const known = { id: api.ids.next('deadLetter'), tenantId: api.tenantId, jobId: id };
    api.deadLetters.letters.push(
      aDeadLetter({ ...known, status: 'redriven', redrivenBy: { timeline: 1, batchId: 2 } }),
    );
    expect(await input(2)).toMatchObject({ status: 409, body: { code: 'batch_has_dead_letters' } });
  });

  it('is there for the batches of a job that has run for long', async () => {
    await recorded(1_000_000_000, { words: { 'a.txt': { from: 0, to: 4 } } });
    expect(textsOf((await input(1_000_000_000)).body)).toEqual(['one\n']);
  });

  it.each([['9'], ['0'], ['-1'], ['1e3'], ['99999999999'], ['9'.repeat(17)], ['x']])(
    'is not there for batch %s',
    async (batchId) => {
      await recorded(1, { words: { 'a.txt': { from: 0, to: 8 } } });
      expect(await input(batchId)).toMatchObject({ status: 404, body: { code: 'thing_not_found' } });
    },
  );

  it('is not there for a batch that is only planned', async () => {
    api.tenant.batches.push(aBatch(id, { batchId: 1, open: true, ranges: { words: { 'a.txt': { from: 0, to: 8 } } } }));
    expect(await input(1)).toMatchObject({ status: 404, body: { thing: 'committed batch' } });
  });

  it("is nobody else's", async () => {
    await recorded(1, { words: { 'a.txt': { from: 0, to: 8 } } });
    expect(await input(1, api.otherKey)).toMatchObject({ status: 404, body: { code: 'thing_not_found' } });
  });
});

const objectsOf = (checkpoint: Pick<Checkpoint, 'id'>, key = api.tenantKey) =>
  api.send('GET', `/v1/jobs/${id}/checkpoints/${checkpoint.id}/objects`, { key });

describe("a checkpoint's objects", () => {
  it('are all that a reader needs somewhere else', async () => {
    const checkpoint = await aStoredCheckpoint(api, id);
    const { path, manifestSha256, objects } = (await objectsOf(checkpoint)).body as CheckpointObjectsAnswer;
    const url = await api.listen();
    const elsewhere = new InMemoryObjectStore();
    for (const { path: name, sha256 } of objects) {
      const at = `${url}/v1/jobs/${id}/checkpoints/${checkpoint.id}/objects/${sha256}`;
      const answer = await fetch(at, { headers: { authorization: `Bearer ${api.tenantKey}` } });
      expect(answer.headers.get('content-type')).toBe('application/octet-stream');
      await elsewhere.put(name, new Uint8Array(await answer.arrayBuffer()));
    }
    const read = await readCheckpoint(elsewhere, path, manifestSha256);
    const blocks: Uint8Array[] = [];
    for await (const block of read.blocks('totals')) blocks.push(block);
    expect(blocks).toHaveLength(1);
  });

  it('are only those of the checkpoint', async () => {
    const checkpoint = await aStoredCheckpoint(api, id);
    const answer = await api.send('GET', `/v1/jobs/${id}/checkpoints/${checkpoint.id}/objects/${'0'.repeat(64)}`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'thing_not_found', thing: 'object' } });
  });

  it('are told to be damaged where one is missing', async () => {
    const checkpoint = await aStoredCheckpoint(api, id);
    const [manifest] = ((await objectsOf(checkpoint)).body as CheckpointObjectsAnswer).objects;
    await api.objects.remove(manifest?.path ?? '');
    expect(await objectsOf(checkpoint)).toMatchObject({ status: 409, body: { code: 'checkpoint_corrupt' } });
  });

  it('are not there while it is written, and not any more when it was deleted', async () => {
    const deleted = await aStoredCheckpoint(api, id, { status: 'deleted' });
    expect(await objectsOf(deleted)).toMatchObject({ status: 409, body: { code: 'checkpoint_deleted' } });
    api.tenant.checkpoints[0] = { ...deleted, status: 'pending' };
    expect(await objectsOf(deleted)).toMatchObject({ status: 409, body: { code: 'checkpoint_pending' } });
  });

  it("are nobody else's", async () => {
    const checkpoint = await aStoredCheckpoint(api, id);
    const [manifest] = ((await objectsOf(checkpoint)).body as CheckpointObjectsAnswer).objects;
    const one = `/v1/jobs/${id}/checkpoints/${checkpoint.id}/objects/${manifest?.sha256}`;
    for (const path of [one, one.replace(/\/\w+$/, '')])
      expect(await api.send('GET', path, { key: api.otherKey })).toMatchObject({ status: 404 });
  });
});

describe("a bundle's code", () => {
  it('is what was uploaded, with its map', async () => {
    const bundle = { ...aBundle({ name: 'other' }), sourceMap: '{"version":3}' };
    const { body } = await api.send('POST', '/v1/bundles', { body: bundle });
    const { digest } = body as { digest: string };
    const answer = await api.send('GET', `/v1/bundles/${digest}/code`);
    expect(answer).toMatchObject({ status: 200, body: { digest, code: bundle.code, sourceMap: bundle.sourceMap } });
    expect(await api.send('GET', `/v1/bundles/${digest}/code`, { key: api.otherKey })).toMatchObject({ status: 404 });
  });

  it('has no map where none was uploaded', async () => {
    const [{ digest } = { digest: '' }] = api.tenant.bundles;
    expect(await api.send('GET', `/v1/bundles/${digest}/code`)).toMatchObject({ body: { sourceMap: null } });
  });
});
