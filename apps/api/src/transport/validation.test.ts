import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.close();
});

describe('a request that is not valid', () => {
  it('is answered with every wrong field by its path', async () => {
    const body = {
      name: 'Not A Name',
      bundle: { code: 7 },
      config: { restorePolicy: 'hope', checkpointIntervalMs: 0, limits: { memoryMb: 1, cpuMsPerBatch: '9', more: 1 } },
      tenantId: 'mine',
    };

    const answer = await api.send('POST', '/v1/jobs', { body });

    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'validation_failed', status: 400, instance: '/v1/jobs' });
    const { problems } = answer.body as { problems: { field: string; problem: string }[] };
    expect([...new Set(problems.map(({ field }) => field))].sort()).toEqual([
      'bundle.code',
      'config.checkpointIntervalMs',
      'config.limits.cpuMsPerBatch',
      'config.limits.memoryMb',
      'config.limits.more',
      'config.restorePolicy',
      'name',
      'tenantId',
    ]);
    expect(problems).toContainEqual({ field: 'tenantId', problem: 'is not a field of this request' });
    expect(problems).toContainEqual({
      field: 'config.restorePolicy',
      problem: 'must be one of ask, fail, reset_keep_offsets',
    });
  });

  it.each([
    ['no bundle', {}, ['bundle']],
    ['a bundle that is a text', { bundle: 'x' }, ['bundle']],
    ['a bundle that is a list', { bundle: [] }, ['bundle']],
    ['a bundle that is null', { bundle: null }, ['bundle']],
    ['an empty bundle', { bundle: {} }, ['bundle.code']],
    ['a digest that is none', { bundle: { digest: 'abc' } }, ['bundle.digest']],
    ['a digest and code', { bundle: { digest: 'a'.repeat(64), code: 'x' } }, ['bundle.code']],
    ['a config that is null', { bundle: aBundle(), config: null }, ['config']],
    ['limits that are a list', { bundle: aBundle(), config: { limits: [] } }, ['config.limits']],
    ['a name that is null', { bundle: aBundle(), name: null }, ['name']],
    ['half a batch', { bundle: aBundle(), config: { health: { batches: 0.5 } } }, ['config.health.batches']],
    [
      'limits of health that are none',
      { bundle: aBundle(), config: { health: { batches: -1, slowdown: 0.9, growth: '2', skipped: 1.1 } } },
      ['config.health.batches', 'config.health.slowdown', 'config.health.growth', 'config.health.skipped'],
    ],
    ['a fraction', { bundle: aBundle(), config: { limits: { memoryMb: 64.5 } } }, ['config.limits.memoryMb']],
  ])('names the field for %s', async (_, body, fields) => {
    const answer = await api.send('POST', '/v1/jobs', { body });

    const { problems } = answer.body as { problems: { field: string }[] };
    expect([answer.status, ...new Set(problems.map(({ field }) => field))]).toEqual([400, ...fields]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['status=lost', 'status'],
    ['after=nothing', 'after'],
    ['tenantId=x', 'tenantId'],
  ])('names the query parameter in ?%s', async (query, field) => {
    const answer = await api.send('GET', `/v1/jobs?${query}`);

    expect(answer.status).toBe(400);
    expect((answer.body as { problems: { field: string }[] }).problems.map((problem) => problem.field)).toContain(
      field,
    );
  });

  it.each([
    ['no JSON', '{', 'body'],
    ['an empty body', '', 'body'],
    ['a prototype in disguise', '{"__proto__":{"admin":true}}', 'body'],
  ])('says that the body cannot be read for %s', async (_, payload, field) => {
    const answer = await api.send('POST', '/v1/jobs', { body: payload });

    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed', problems: [{ field }] } });
  });

  it('names Content-Type when the body is no JSON by its own word', async () => {
    const answer = await api.send('POST', '/v1/jobs', { body: 'a=b', headers: { 'content-type': 'text/plain' } });

    expect(answer).toMatchObject({ status: 400, body: { problems: [{ field: 'Content-Type' }] } });
  });

  it.each(['a b', '', 'x'.repeat(201), 'é'])('names Idempotency-Key for the key "%s"', async (key) => {
    const answer = await api.send('POST', '/v1/jobs', { body: {}, headers: { 'idempotency-key': key } });

    expect(answer).toMatchObject({ status: 400, body: { problems: [{ field: 'Idempotency-Key' }] } });
  });

  it('names If-Match when it is no ETag of ours', async () => {
    const job = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } });
    const { id } = job.body as { id: string };

    const answer = await api.send('POST', `/v1/jobs/${id}/stop`, { headers: { 'if-match': 'yesterday' } });

    expect(answer).toMatchObject({ status: 400, body: { problems: [{ field: 'If-Match' }] } });
  });
});

describe('odd input', () => {
  it('is refused where it is nested deeper than any request', async () => {
    const body = `{"bundle":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const answer = await api.send('POST', '/v1/jobs', { body });
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ field: 'body' }] } });
  });

  it.each([
    ['an object of many members', Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`m${index}`, 0]))],
    ['a list of many items', { offsets: Array.from({ length: 10_001 }, () => ({})) }],
    ['many values', { lists: Array.from({ length: 100 }, () => Array(1_001).fill(0)) }],
  ])('is refused before anything looks at it closely where it holds %s', async (_, body) => {
    const problems = [{ field: 'body', problem: expect.stringContaining('more than') as string }];
    expect(await api.send('POST', '/v1/jobs', { body })).toMatchObject({ status: 400, body: { problems } });
  });

  it.each([
    ['half of a surrogate pair', 'a\ud800'],
    ['NUL', 'a\0b'],
  ])('is refused where a text holds %s', async (_, code) => {
    const answer = await api.send('POST', '/v1/bundles', { body: { code } });
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ field: 'code' }] } });
  });

  it('is no bundle, and no cursor', async () => {
    expect(await api.send('GET', '/v1/bundles/%00')).toMatchObject({ status: 404 });
    expect(await api.send('GET', '/v1/bundles?after=%00')).toMatchObject({ status: 400 });
  });
});
