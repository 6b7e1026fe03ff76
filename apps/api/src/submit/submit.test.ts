import { bundlePaths, TidemarkError, type BundleDigest } from '@tidemark/domain';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest, BODY_BYTES_MAX } from '../testing/api-under-test.js';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await ApiUnderTest.start();
});
afterEach(async () => {
  await api.close();
});

const sha256 = (text: string): BundleDigest => createHash('sha256').update(text).digest('hex') as BundleDigest;

describe('uploading a bundle', () => {
  it('stores code and source map under the digest of the code and shows the manifest', async () => {
    const { code } = aBundle({ name: 'flights' });

    const { status, body } = await api.send('POST', '/v1/bundles', { body: { code, sourceMap: '{"version":3}' } });

    expect(status).toBe(201);
    expect(body).toMatchObject({ digest: sha256(code), bytes: code.length, manifest: { name: 'flights' } });
    const paths = bundlePaths(api.tenantId, sha256(code));
    expect(Buffer.from(await api.objects.get(paths.code)).toString()).toBe(code);
    expect(Buffer.from(await api.objects.get(paths.map)).toString()).toBe('{"version":3}');
  });

  it('shows when the batches of its job are due', async () => {
    const flow = { trigger: 'asap', downtime: 'coalesce', backPressure: false } as const;
    const asap = await api.send('POST', '/v1/bundles', { body: aBundle({ batchIntervalMs: 0, flow }) });
    expect(asap.body).toMatchObject({ manifest: { trigger: 'asap', batchIntervalMs: null, backPressure: false } });

    const usual = await api.send('POST', '/v1/bundles', { body: aBundle({ batchIntervalMs: 700 }) });
    expect(usual.body).toMatchObject({
      manifest: { trigger: 'interval', batchIntervalMs: 700, downtime: 'coalesce', backPressure: true },
    });
  });

  it('shows a hash of what each operator does, where it could be told', async () => {
    const logic = { totals: 'v1:0123' };
    const told = await api.send('POST', '/v1/bundles', { body: aBundle({ logic }) });
    const { digest } = told.body as { digest: string };
    expect((await api.send('GET', `/v1/bundles/${digest}`)).body).toMatchObject({ manifest: { logic } });
    expect((await api.send('POST', '/v1/bundles', { body: aBundle() })).body).toMatchObject({
      manifest: { logic: {} },
    });
  });

  it('takes the same code again for the same bundle and does not run it again', async () => {
    const first = await api.send('POST', '/v1/bundles', { body: aBundle() });
    const second = await api.send('POST', '/v1/bundles', { body: aBundle() });

    expect(second.body).toEqual(first.body);
    expect(api.inspector.inspected).toHaveLength(1);
    expect(api.tenant.bundles).toHaveLength(1);
  });

  it('puts the code of a known bundle back that the store has lost', async () => {
    const { code } = aBundle();
    await api.send('POST', '/v1/bundles', { body: { code } });
    const path = bundlePaths(api.tenantId, sha256(code)).code;
    await api.objects.remove(path);

    expect((await api.send('POST', '/v1/bundles', { body: { code } })).status).toBe(201);
    expect(Buffer.from(await api.objects.get(path)).toString()).toBe(code);
  });

  describe('with a source map', () => {
    const { code } = aBundle();
    const upload = (sourceMap?: string) => api.send('POST', '/v1/bundles', { body: { code, sourceMap } });
    const mapOf = async (): Promise<string> =>
      Buffer.from(await api.objects.get(bundlePaths(api.tenantId, sha256(code)).map)).toString();
    const over = JSON.stringify({
      ...{ version: 3, sources: ['x'.repeat(5_000)], names: [], mappings: 'AAAA' },
    });

    it('is refused where that is larger than is read of one', async () => {
      expect(await upload(over)).toMatchObject({
        status: 400,
        body: { code: 'bundle_map_too_large', what: "characters in a source's name", found: 5_000, max: 4_096 },
      });
      expect(await api.objects.list('bundles')).toEqual([]);
    });

    it('gets one that it did not have, once that was looked at', async () => {
      await upload();
      expect(await upload(over)).toMatchObject({ status: 400, body: { code: 'bundle_map_too_large' } });
      await expect(mapOf()).rejects.toMatchObject({ code: 'object_missing' });

      expect((await upload('{"version":3}')).status).toBe(201);
      expect(await mapOf()).toBe('{"version":3}');
      expect(api.inspector.inspectedMaps).toEqual([over, '{"version":3}']);
      expect(api.inspector.inspected).toHaveLength(1);
    });

    it('keeps the first, and looks at no other', async () => {
      await upload('{"version":3}');
      expect((await upload(over)).status).toBe(201);
      expect(await mapOf()).toBe('{"version":3}');
      expect(api.inspector.inspectedMaps).toEqual(['{"version":3}']);
    });
  });

  it('goes on where an upload died between its objects and its row', async () => {
    const { code } = aBundle();
    await api.objects.put(bundlePaths(api.tenantId, sha256(code)).code, Buffer.from(code));

    expect((await api.send('POST', '/v1/bundles', { body: { code } })).status).toBe(201);
  });

  it('stores nothing of a bundle that is refused', async () => {
    api.inspector.before = () =>
      Promise.reject(new TidemarkError('graph_uid_missing', { kind: 'source', at: 'src/job.ts:3:5' }));

    const { status, body } = await api.send('POST', '/v1/bundles', { body: aBundle() });

    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'graph_uid_missing', at: 'src/job.ts:3:5' });
    expect(await api.objects.list('bundles')).toEqual([]);
  });

  it('answers 422 when the definition goes over a bound, so that nobody repeats it', async () => {
    api.inspector.before = () => Promise.reject(new TidemarkError('job_over_cpu', { limitMs: 5_000, batchId: 0 }));

    expect((await api.send('POST', '/v1/bundles', { body: aBundle() })).status).toBe(422);
  });

  it('refuses a body over the limit and names the limit', async () => {
    const { status, body } = await api.send('POST', '/v1/bundles', { body: { code: 'x'.repeat(BODY_BYTES_MAX) } });

    expect(status).toBe(413);
    expect(body).toMatchObject({ code: 'body_too_large', bytesMax: BODY_BYTES_MAX });
  });
});

describe('submitting a job', () => {
  it("takes the bundle's name and the defaults for what the request leaves out", async () => {
    const { status, headers, body } = await api.send('POST', '/v1/jobs', {
      body: { bundle: aBundle({ name: 'flights', batchIntervalMs: 2_000 }) },
    });

    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: 'flights',
      desired: 'running',
      status: 'submitted',
      revision: 1,
      currentRun: null,
    });
    const { id, version } = body as { id: string; version: number };
    expect(headers).toMatchObject({ location: `/v1/jobs/${id}`, etag: `"${version}"` });
    expect(api.tenant.revisions).toMatchObject([
      {
        jobId: id,
        config: {
          restorePolicy: 'ask',
          checkpointIntervalMs: 20_000,
          limits: { memoryMb: 256, cpuMsPerBatch: 10_000 },
          health: { batches: 5, slowdown: 3, growth: 10, skipped: 0.1 },
        },
      },
    ]);
  });

  it('checkpoints fast batches no more often than every ten seconds by default', async () => {
    await api.send('POST', '/v1/jobs', { body: { bundle: aBundle({ batchIntervalMs: 100 }) } });

    expect(api.tenant.revisions[0]?.config.checkpointIntervalMs).toBe(10_000);
  });

  it('takes a bundle that was uploaded before by its digest', async () => {
    const { body: bundle } = await api.send('POST', '/v1/bundles', { body: aBundle() });
    const { digest } = bundle as { digest: string };

    expect((await api.send('POST', '/v1/jobs', { body: { name: 'mine', bundle: { digest } } })).body).toMatchObject({
      name: 'mine',
    });
    expect(api.inspector.inspected).toHaveLength(1);
  });

  it("answers 404 for another tenant's bundle", async () => {
    const { body } = await api.send('POST', '/v1/bundles', { key: api.otherKey, body: aBundle() });

    const { digest } = body as { digest: string };
    expect(await api.send('POST', '/v1/jobs', { body: { bundle: { digest } } })).toMatchObject({
      status: 404,
      body: { code: 'thing_not_found', thing: 'bundle' },
    });
  });

  it('refuses a name that is taken and says by whom', async () => {
    const { body: first } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } });

    expect(await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } })).toMatchObject({
      status: 409,
      body: { code: 'job_name_taken', jobId: (first as { id: string }).id },
    });
  });

  it('refuses a checkpoint interval below the batch interval', async () => {
    const order = { bundle: aBundle({ batchIntervalMs: 1_000 }), config: { checkpointIntervalMs: 999 } };

    expect(await api.send('POST', '/v1/jobs', { body: order })).toMatchObject({
      status: 400,
      body: {
        problems: [{ field: 'config.checkpointIntervalMs', problem: 'must be at least one batch interval (1000 ms)' }],
      },
    });
  });

  it('carries the trace of the request to the scheduler', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers: { traceparent } });

    expect(api.tenant.traces).toEqual([traceparent]);
  });

  it('carries no trace that is not one', async () => {
    await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers: { traceparent: '00-xyz' } });

    expect(api.tenant.traces).toEqual([undefined]);
  });
});

describe('deploying a revision', () => {
  it('keeps the configuration that the request leaves out', async () => {
    const job = await aJob({ config: { restorePolicy: 'fail', limits: { memoryMb: 64 } } });

    const { status, body } = await api.send('POST', `/v1/jobs/${job.id}/revisions`, {
      body: { bundle: aBundle({ poison: 'skip' }), config: { limits: { cpuMsPerBatch: 100 } } },
    });

    expect(status).toBe(201);
    expect(body).toMatchObject({ id: job.id, revision: 2 });
    expect(api.tenant.revisions[1]?.config).toMatchObject({
      restorePolicy: 'fail',
      limits: { memoryMb: 64, cpuMsPerBatch: 100 },
    });
  });

  it('is told what it is held to, and keeps what the revision before it was held to', async () => {
    const job = await aJob({ config: { health: { batches: 0, slowdown: 1.5 } } });
    const body = { bundle: aBundle({ poison: 'skip' }), config: { health: { skipped: 0 } } };
    await api.send('POST', `/v1/jobs/${job.id}/revisions`, { body });
    expect((await api.send('GET', `/v1/jobs/${job.id}/revisions`)).body).toMatchObject({
      items: [
        { config: { health: { batches: 0, slowdown: 1.5, growth: 10, skipped: 0 } } },
        { config: { health: { batches: 0, slowdown: 1.5, growth: 10, skipped: 0.1 } } },
      ],
    });
  });

  it('answers 412 when the job has changed since the version in If-Match', async () => {
    const job = await aJob();
    const deploy = { body: { bundle: aBundle() }, headers: { 'if-match': `"${job.version}"` } };

    expect((await api.send('POST', `/v1/jobs/${job.id}/revisions`, deploy)).status).toBe(201);
    expect(await api.send('POST', `/v1/jobs/${job.id}/revisions`, deploy)).toMatchObject({
      status: 412,
      body: { code: 'job_changed_meanwhile' },
    });
  });
});

describe('an Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'once' };

  it('gives a repeated request the first answer and creates one job', async () => {
    const first = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers });
    const again = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers });

    expect(again).toMatchObject({
      status: 201,
      body: first.body,
      headers: { 'idempotency-replayed': 'true', etag: '"1"' },
    });
    expect(api.tenant.jobs).toHaveLength(1);
  });

  it('creates one job when fifty requests come at once', async () => {
    let refused = 0;
    let letFirstGoOn = (): void => undefined;
    api.inspector.before = () => new Promise((resolve) => (letFirstGoOn = resolve));
    const send = async (): Promise<number> => {
      const { status } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers });
      if (status === 409) refused += 1;
      // The first is held up until all others have their answer, so that every one of them meets it at work.
      if (refused === 49) letFirstGoOn();
      return status;
    };

    const statuses = await Promise.all(Array.from({ length: 50 }, send));

    expect(statuses.sort()).toEqual([201, ...Array.from({ length: 49 }, () => 409)]);
    expect(api.tenant.jobs).toHaveLength(1);
  });

  it('finds the job that a request made which died before its answer was stored', async () => {
    api.idempotency.diesBeforeComplete = true;
    const first = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers });

    expect(await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers })).toMatchObject({
      status: 201,
      body: first.body,
    });
    expect(api.tenant.jobs).toHaveLength(1);
  });

  it('finds the revision that a request added which died before its answer was stored', async () => {
    const job = await aJob();
    api.idempotency.diesBeforeComplete = true;
    const deploy = { body: { bundle: aBundle() }, headers: { ...headers, 'if-match': `"${job.version}"` } };
    const first = await api.send('POST', `/v1/jobs/${job.id}/revisions`, deploy);

    expect(await api.send('POST', `/v1/jobs/${job.id}/revisions`, deploy)).toMatchObject({
      status: 201,
      body: first.body,
    });
    expect(api.tenant.revisions.map(({ number }) => number)).toEqual([1, 2]);
  });

  it('is answered even when the answer cannot be stored', async () => {
    api.idempotency.complete = () => Promise.reject(new Error('the database is gone'));

    expect((await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers })).status).toBe(201);
  });

  it('is refused for a different request', async () => {
    await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers });

    expect(await api.send('POST', '/v1/jobs', { body: { name: 'b', bundle: aBundle() }, headers })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_key_reused' },
    });
  });

  it('may be used again after a request that failed', async () => {
    expect((await api.send('POST', '/v1/jobs', { body: {}, headers })).status).toBe(400);
    expect((await api.send('POST', '/v1/jobs', { body: {}, headers })).status).toBe(400);
  });

  it("means nothing to another tenant's requests", async () => {
    await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers });
    await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() }, headers, key: api.otherKey });

    expect(api.stores.tenant(api.otherTenantId).jobs).toHaveLength(1);
  });
});

async function aJob(order: object = {}): Promise<{ readonly id: string; readonly version: number }> {
  const { body } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle(), ...order } });
  return body as { id: string; version: number };
}
