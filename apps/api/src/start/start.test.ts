import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BundleDigest, Checkpoint, GraphNode, Job, JobId } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';

const source = (uid: string, connector: string, options: GraphNode['options']): GraphNode => ({
  ...{ id: 0, kind: 'source', uid, inputs: [], connector, options, at: 'job.ts:1:1' },
});
const FILES = source('words', 'files', { path: 'words', format: 'text' });
const RATE = source('ticks', 'rate', { recordsPerSecond: 10 });
const SOCKET = source('feed', 'socket', { host: '127.0.0.1', port: 1, format: 'text' });

let filesRoot: string;
let api: ApiUnderTest;
let id: JobId;
beforeEach(async () => {
  filesRoot = await mkdtemp(join(tmpdir(), 'tidemark-api-'));
  await mkdir(join(filesRoot, 'one', 'words'), { recursive: true });
  await writeFile(join(filesRoot, 'one', 'words', 'a.txt'), 'one\ntwo\nthree\nfo');
  api = await ApiUnderTest.start(filesRoot);
  await submit(FILES, RATE);
});
afterEach(async () => {
  await api.close();
  await rm(filesRoot, { recursive: true });
});

async function submit(...nodes: readonly GraphNode[]): Promise<void> {
  const { body } = await api.send('POST', '/v1/jobs', {
    body: { name: `job-${nodes.map(({ uid }) => uid).join('-')}`, bundle: aBundle({ nodes }) },
  });
  id = (body as { id: JobId }).id;
  become({ status: 'stopped', desired: 'stopped' });
  api.offsets.standing.set(id, { offsets: { words: { 'a.txt': 4 } }, identities: {} });
}

function become(change: Partial<Job>): void {
  const at = api.tenant.jobs.findIndex((job) => job.id === id);
  const job = api.tenant.jobs[at];
  if (job !== undefined) api.tenant.jobs[at] = { ...job, ...change };
}

const patch = (body: object) => api.send('PATCH', `/v1/jobs/${id}/offsets`, { body });
const at = (offset: unknown, partition = 'a.txt', of = 'words') => ({ source: of, partition, offset });
const standing = () => api.offsets.standing.get(id)?.offsets;

describe("a job's offsets", () => {
  it('are shown beside what the sources hold', async () => {
    expect((await api.send('GET', `/v1/jobs/${id}/offsets`)).body).toEqual({
      timeline: 1,
      batchId: 0,
      sources: [
        {
          ...{ source: 'words', unit: 'bytes', problem: null },
          partitions: [{ partition: 'a.txt', committed: 4, sinceBatchId: null, earliest: 0, latest: 14, lag: 10 }],
        },
        {
          ...{ source: 'ticks', unit: 'records', problem: null },
          partitions: [{ partition: '0', committed: null, sinceBatchId: null, earliest: 0, latest: null, lag: null }],
        },
      ],
    });
  });

  it('come with what the next batch would find wrong', async () => {
    await writeFile(join(filesRoot, 'one', 'words', 'a.txt'), 'x\n');

    expect((await api.send('GET', `/v1/jobs/${id}/offsets`)).body).toMatchObject({
      sources: [{ problem: { code: 'offsets_expired' }, partitions: [{ committed: 4, latest: 2, lag: 0 }] }, {}],
    });
    await rm(join(filesRoot, 'one', 'words'), { recursive: true });
    expect((await api.send('GET', `/v1/jobs/${id}/offsets`)).body).toMatchObject({
      sources: [{ problem: { code: 'source_missing' }, partitions: [{ committed: 4, latest: null }] }, {}],
    });
  });

  it('are shown of any checkpoint', async () => {
    const checkpoint = aCheckpointOf('complete', { words: { 'a.txt': 8 } });

    expect((await api.send('GET', `/v1/jobs/${id}/checkpoints/${checkpoint}/offsets`)).body).toMatchObject({
      batchId: 4,
      sources: [{ source: 'words', partitions: [{ committed: 8, lag: 6 }] }, { source: 'ticks' }],
    });
    expect((await api.send('GET', `/v1/jobs/${id}/checkpoints/ckp_${'0'.repeat(32)}/offsets`)).status).toBe(404);
  });

  it("are nobody else's", async () => {
    for (const [method, path] of [
      ['GET', 'offsets'],
      ['PATCH', 'offsets'],
      ['DELETE', 'offsets'],
      ['GET', 'next-start'],
    ] as const) {
      const sent = method === 'PATCH' ? { body: { offsets: [at(0)] } } : {};
      expect(await api.send(method, `/v1/jobs/${id}/${path}`, { key: api.otherKey, ...sent })).toMatchObject({
        status: 404,
        body: { code: 'thing_not_found' },
      });
    }
  });

  it('can be set, and the answer tells the records between', async () => {
    expect(await patch({ offsets: [at(0), at(7, '0', 'ticks')] })).toMatchObject({
      status: 200,
      body: {
        dryRun: false,
        changes: [
          { source: 'ticks', partition: '0', before: null, after: 7, recordsAgain: 0, recordsSkipped: 7 },
          { source: 'words', before: 4, after: 0, unit: 'bytes', recordsAgain: 1, recordsSkipped: 0 },
        ],
      },
    });
    expect(standing()).toEqual({ ticks: { '0': 7 }, words: { 'a.txt': 0 } });
    expect(api.offsets.edits).toMatchObject([
      { by: { state: 'keep', actor: expect.stringMatching(/^key_/) as string } },
    ]);
  });

  it('are left as they are by a dry run', async () => {
    expect(await patch({ offsets: [at(14)], dryRun: true })).toMatchObject({
      body: { dryRun: true, changes: [{ before: 4, after: 14, recordsSkipped: 2 }] },
    });
    const path = `/v1/jobs/${id}/offsets?dryRun=true`;
    expect(await api.send('DELETE', path)).toMatchObject({ body: { dryRun: true, changes: [{ after: null }] } });
    expect(standing()).toEqual({ words: { 'a.txt': 4 } });
    expect(await api.send('DELETE', `/v1/jobs/${id}/offsets?dryRun=perhaps`)).toMatchObject({ status: 400 });
  });

  it.each([
    [[at(-1)], { code: 'offset_not_whole', offset: -1 }],
    [[at(1.5)], { code: 'offset_not_whole' }],
    [[at('4')], { problems: [{ field: 'offsets.0.offset' }] }],
    [[at(17)], { code: 'offset_out_of_range', latest: 14 }],
    [[at(5)], { code: 'offset_inside_record', before: 4, after: 8 }],
    [[at(0, 'b.txt')], { code: 'partition_unknown', partition: 'b.txt' }],
    [[at(0, 'constructor')], { code: 'partition_unknown', partition: 'constructor' }],
    [[at(0, '../../other/words/a.txt')], { code: 'partition_unknown' }],
    [[at(0, 'a.txt', '__proto__')], { code: 'source_unknown', sources: ['words', 'ticks'] }],
    [[at(0), at(4)], { problems: [{ field: 'offsets', problem: 'names a.txt of "words" twice' }] }],
    [[], { problems: [{ field: 'offsets' }] }],
    [{ words: { 'a.txt': 0 } }, { code: 'validation_failed' }],
  ])('are refused where they are none: %o', async (offsets, problem) => {
    expect(await patch({ offsets })).toMatchObject({ status: 400, body: problem });
    expect(standing()).toEqual({ words: { 'a.txt': 4 } });
  });

  it('are refused while the job is not at rest', async () => {
    become({ status: 'running' });

    expect(await patch({ offsets: [at(0)] })).toMatchObject({
      status: 409,
      body: { code: 'offsets_in_use', detail: expect.stringContaining('Stop it first') as string },
    });
  });

  it('are refused where the state cannot go on from them, with what to do', async () => {
    api.offsets.refusal = { outcome: 'no_checkpoint', newestBatchId: 7, lastBatchId: 9 };

    expect(await patch({ offsets: [at(0)] })).toMatchObject({
      status: 409,
      body: { code: 'state_not_at_last_commit', checkpointBatchId: 7, lastBatchId: 9 },
    });
  });

  it('are refused when the job has changed since it was seen', async () => {
    const headers = { 'if-match': '"99"' };
    const body = { offsets: [at(0)] };
    expect((await api.send('PATCH', `/v1/jobs/${id}/offsets`, { body, headers })).status).toBe(412);
  });

  it('can be forgotten, all or some', async () => {
    const path = `/v1/jobs/${id}/offsets`;
    expect((await api.send('DELETE', `${path}?partition=a.txt`)).status).toBe(400);
    expect(await api.send('DELETE', `${path}?source=words&partition=b.txt`)).toMatchObject({
      body: { code: 'partition_unknown' },
    });
    expect(await api.send('DELETE', `${path}?source=words&partition=a.txt`)).toMatchObject({
      body: { changes: [{ partition: 'a.txt', before: 4, after: null, recordsAgain: 1 }] },
    });
    expect(standing()).toEqual({});
  });

  it('cannot be set for a source that can only be read on', async () => {
    await submit(SOCKET);

    expect(await patch({ offsets: [at(0, '0', 'feed')] })).toMatchObject({ body: { code: 'offsets_not_settable' } });
    expect(await api.send('DELETE', `/v1/jobs/${id}/offsets`)).toMatchObject({
      body: { code: 'offsets_not_settable' },
    });
    expect((await api.send('GET', `/v1/jobs/${id}/offsets`)).body).toMatchObject({
      sources: [{ source: 'feed', unit: null, problem: null }],
    });
  });
});

describe('a start that is told where to begin', () => {
  const start = (body?: object) => api.send('POST', `/v1/jobs/${id}/start`, { body });

  it('carries the offsets that every source has found', async () => {
    expect((await start({ from: 'earliest' })).status).toBe(202);
    expect(api.tenant.startModes).toMatchObject([
      { mode: 'earliest', offsets: { words: { 'a.txt': 0 }, ticks: { '0': 0 } } },
    ]);
  });

  it('is an ordinary one without a body, or for the latest checkpoint', async () => {
    expect((await start()).status).toBe(202);
    expect((await start({ from: 'latest-checkpoint' })).status).toBe(202);
    expect(api.tenant.startModes).toEqual([]);
  });

  it('names a complete checkpoint of the job', async () => {
    const checkpointId = aCheckpointOf('complete', {});
    const damaged = aCheckpointOf('corrupt', {});

    expect((await start({ from: 'checkpoint', checkpointId })).status).toBe(202);
    expect(api.tenant.startModes).toEqual([{ mode: 'checkpoint', checkpointId }]);
    become({ status: 'stopped', desired: 'stopped' });
    expect(await start({ from: 'checkpoint', checkpointId: damaged })).toMatchObject({
      status: 409,
      body: { code: 'checkpoint_not_restorable', status: 409 },
    });
    expect(await start({ from: 'checkpoint', checkpointId: 'ckp_1' })).toMatchObject({ status: 404 });
  });

  it.each([
    [{ from: 'latest' }, { status: 400, body: { code: 'start_mode_unsupported', source: 'ticks', mode: 'latest' } }],
    [
      { from: 'timestamp', timestamp: '2026-01-01T00:00:00Z' },
      { status: 400, body: { code: 'start_mode_unsupported', source: 'words', mode: 'timestamp' } },
    ],
    [{ from: 'timestamp' }, { status: 400, body: { problems: [{ field: 'timestamp' }] } }],
    [
      { from: 'timestamp', timestamp: 'yesterday' },
      { status: 400, body: { problems: [{ field: 'timestamp' }] } },
    ],
    [
      { from: 'earliest', checkpointId: 'ckp_1' },
      { status: 400, body: { problems: [{ field: 'checkpointId' }] } },
    ],
    [{ from: 'somewhere' }, { status: 400, body: { code: 'validation_failed' } }],
  ])('is refused where that makes no sense: %o', async (body, refusal) => {
    expect(await start(body)).toMatchObject(refusal);
    expect(api.tenant.startModes).toEqual([]);
    expect(api.tenant.jobs.find((job) => job.id === id)?.desired).toBe('stopped');
  });

  it('is refused while the job is not at rest, and for a source that can only be read on', async () => {
    become({ status: 'running', desired: 'running' });
    expect(await start({ from: 'offsets-only' })).toMatchObject({ status: 409, body: { code: 'start_mode_refused' } });
    await submit(SOCKET);
    expect(await start({ from: 'latest' })).toMatchObject({ body: { code: 'start_mode_unsupported', source: 'feed' } });
  });

  it('can be previewed for a revision and a place to begin', async () => {
    const checkpointId = aCheckpointOf('complete', {});

    const query = `revision=1&from=checkpoint&checkpointId=${checkpointId}`;
    expect(await api.send('GET', `/v1/jobs/${id}/next-start?${query}`)).toMatchObject({
      status: 200,
      body: { revision: 1, trigger: 'resume', outcome: 'start', from: { kind: 'beginning', offsetsFrom: 'beginning' } },
    });
    expect(api.offsets.previewed).toEqual([{ revision: 1, startMode: { mode: 'checkpoint', checkpointId } }]);
    expect((await api.send('GET', `/v1/jobs/${id}/next-start?from=earliest&revision=9`)).status).toBe(404);
  });
});

function aCheckpointOf(status: Checkpoint['status'], offsets: Checkpoint['offsets']): string {
  const checkpoint: Checkpoint = {
    ...{ id: api.ids.next('checkpoint'), tenantId: api.tenantId, jobId: id, timeline: 1, batchId: 4, batchTimeMs: 0 },
    ...{ epoch: 1, revision: 1, bundleDigest: 'd'.repeat(64) as BundleDigest, status, kind: 'checkpoint', path: '' },
    ...{ buildsOn: [], manifestSha256: undefined, offsets, shapes: {}, stateRows: 0, stateBytes: 0 },
    ...{ createdAt: new Date(0), completedAt: undefined, ownBytes: 0, verifiedAt: undefined },
  };
  api.tenant.checkpoints.push(checkpoint);
  return checkpoint.id;
}
