import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TidemarkError, type GraphNode, type JobId } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { ConnectorSourceInspector } from '../infrastructure/connector-source-inspector.js';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';
import { aCheckpoint } from '../testing/history.js';

const WORDS: GraphNode = {
  ...{ id: 0, kind: 'source', uid: 'words', inputs: [], connector: 'files' },
  ...{ options: { path: 'words', format: 'text' }, at: 'job.ts:1:1' },
};
const FILES = Array.from({ length: 40 }, (_, index) => `${String(index).padStart(2, '0')}.txt`);
/** As the bounds have it: two look, sixteen wait. */
const ADMITTED = 18;

let filesRoot: string;
let api: ApiUnderTest;
let path: string;
let look: MockInstance<ConnectorSourceInspector['look']>;
beforeEach(async () => {
  filesRoot = await mkdtemp(join(tmpdir(), 'tidemark-api-'));
  for (const tenant of ['one', 'other']) {
    await mkdir(join(filesRoot, tenant, 'words'), { recursive: true });
    for (const name of FILES) await writeFile(join(filesRoot, tenant, 'words', name), 'one\ntwo\n');
  }
  api = await ApiUnderTest.start(filesRoot);
  path = `/v1/jobs/${await aStoppedJob()}`;
  look = vi.spyOn(ConnectorSourceInspector.prototype, 'look');
});
afterEach(async () => {
  look.mockRestore();
  await api.close();
  await rm(filesRoot, { recursive: true });
});

async function aStoppedJob(key?: string): Promise<JobId> {
  const of = key === undefined ? {} : { key };
  const { body } = await api.send('POST', '/v1/jobs', { ...of, body: { bundle: aBundle({ nodes: [WORDS] }) } });
  const { id } = body as { id: JobId };
  const { jobs } = api.stores.tenant(key === undefined ? api.tenantId : api.otherTenantId);
  jobs.splice(0, jobs.length, ...jobs.map((job) => ({ ...job, status: 'stopped', desired: 'stopped' }) as const));
  api.offsets.standing.set(id, {
    offsets: { words: Object.fromEntries(FILES.map((name) => [name, 8])) },
    identities: {},
  });
  return id;
}

function withCheckpoint(): string {
  const [job] = api.tenant.jobs;
  if (job === undefined) throw new Error('There is no job.');
  const of = { id: api.ids.next('checkpoint'), jobId: job.id, tenantId: api.tenantId };
  const checkpoint = aCheckpoint(of, { offsets: { words: { '00.txt': 4 } } });
  api.tenant.checkpoints.push(checkpoint);
  return checkpoint.id;
}

describe('weighing offsets', () => {
  it('opens a source once for all of its partitions', async () => {
    const { body } = await api.send('DELETE', `${path}/offsets?dryRun=true`);

    const { changes } = body as { changes: { partition: string; unit: string; recordsAgain: number | null }[] };
    expect(changes.map(({ partition }) => partition)).toEqual(FILES);
    expect(changes.every(({ unit }) => unit === 'bytes')).toBe(true);
    expect(changes.map(({ recordsAgain }) => recordsAgain)).toEqual(FILES.map((_, index) => (index < 16 ? 2 : null)));
    // Once to hear whether it can be sought in, and once to weigh.
    expect(look).toHaveBeenCalledTimes(2);
  });

  it('opens it once for the preview of a rollback too, and says nothing of one that is gone', async () => {
    const [job] = api.tenant.jobs;
    if (job === undefined) throw new Error('There is no job.');
    const offsets = { words: Object.fromEntries(FILES.map((name) => [name, 8])) };
    const lastBatch = { timeline: 1, batchId: 9, batchTimeMs: 0, committedAt: new Date(0), offsets };
    api.tenant.jobs[0] = { ...job, lastBatch };
    const preview = `${path}/rollback-preview?checkpointId=${withCheckpoint()}`;

    const { body } = await api.send('GET', preview);
    const { changes } = body as { changes: readonly object[] };
    expect(changes).toHaveLength(FILES.length);
    expect(changes[0]).toMatchObject({ partition: '00.txt', before: 8, after: 4, unit: 'bytes', recordsAgain: 1 });
    // Once to show what it holds, and once to weigh.
    expect(look).toHaveBeenCalledTimes(2);

    await rm(join(filesRoot, 'one', 'words'), { recursive: true });
    const unknown = { unit: null, recordsAgain: null, recordsSkipped: null };
    expect(await api.send('GET', preview)).toMatchObject({ status: 200, body: { changes: FILES.map(() => unknown) } });
  });
});

describe('requests that look at sources', () => {
  it('pass a few at once, and more of one tenant are refused before they change anything', async () => {
    const others = `/v1/jobs/${await aStoppedJob(api.otherKey)}`;
    const checkpoint = withCheckpoint();
    const held = Promise.withResolvers<never>();
    look.mockImplementationOnce(() => held.promise).mockImplementationOnce(() => held.promise);
    const sent = Array.from({ length: ADMITTED + 1 }, () => api.send('GET', `${path}/offsets`));
    expect(await Promise.race(sent)).toMatchObject({ status: 429, body: { code: 'too_many_at_once' } });

    const zero = { offsets: [{ source: 'words', partition: '00.txt', offset: 0 }] };
    const refused = await Promise.all([
      api.send('PATCH', `${path}/offsets`, { body: zero }),
      api.send('DELETE', `${path}/offsets`),
      api.send('GET', `${path}/checkpoints/${checkpoint}/offsets`),
      api.send('GET', `${path}/rollback-preview?checkpointId=${checkpoint}`),
      api.send('GET', `${path}/next-start?from=earliest`),
      api.send('POST', `${path}/start`, { body: { from: 'earliest' } }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([429, 429, 429, 429, 429, 429]);
    expect(api.offsets.edits).toEqual([]);
    expect(look).toHaveBeenCalledTimes(2);

    expect((await api.send('GET', `${others}/offsets`, { key: api.otherKey })).status).toBe(200);
    held.reject(new TidemarkError('source_missing', { source: 'words', what: 'gone' }));
    const statuses = (await Promise.all(sent)).map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array.from({ length: ADMITTED }, () => 200), 429]);
  });
});
