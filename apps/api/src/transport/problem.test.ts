import { ERROR_KINDS, ERRORS, TidemarkError, type ErrorCode } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';
import { HTTP_STATUS, statusOf } from './error-status.js';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await ApiUnderTest.start();
});
afterEach(async () => {
  await api.close();
});

describe('an error of the catalogue', () => {
  it('becomes a problem with its parameters', async () => {
    api.inspector.before = () =>
      Promise.reject(new TidemarkError('graph_uid_twice', { uid: 'a', at: 'job.ts:2:1', firstAt: 'job.ts:1:1' }));

    const { status, headers, body } = await api.send('POST', '/v1/bundles', { body: aBundle() });

    expect([status, headers['content-type']]).toEqual([400, 'application/problem+json']);
    expect(body).toEqual({
      type: 'urn:tidemark:problem:graph_uid_twice',
      title: 'graph uid twice',
      status: 400,
      detail: expect.stringContaining('The uid "a" is used twice') as string,
      code: 'graph_uid_twice',
      instance: '/v1/bundles',
      uid: 'a',
      at: 'job.ts:2:1',
      firstAt: 'job.ts:1:1',
    });
  });

  it.each([
    ['store_full', new TidemarkError('store_full', { path: 'bundles/x' }), 507],
    ['sandbox_unsafe', new TidemarkError('sandbox_unsafe', { missing: ['bubblewrap'] }), 503],
    ['job_over_memory', new TidemarkError('job_over_memory', { limitMb: 128, batchId: 0 }), 422],
  ])('has the status that tells a client what to do: %s', async (code, error, status) => {
    api.inspector.before = () => Promise.reject(error);

    expect(await api.send('POST', '/v1/bundles', { body: aBundle() })).toMatchObject({
      status,
      body: { code, status },
    });
  });

  it('has a status for every code, and a kind for every status', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      expect(statusOf(code, { hasPrecondition: false }), code).toBeGreaterThanOrEqual(400);
    }
    expect(Object.keys(HTTP_STATUS).sort()).toEqual([...ERROR_KINDS].sort());
  });
});

describe('a path that no router takes', () => {
  it.each([
    ['has a part that is too long', `/v1/jobs/${'x'.repeat(500)}`],
    ['is not encoded as a path is', '/v1/%E0%A4%A'],
  ])('is a problem as well, which does not repeat it: it %s', async (_, path) => {
    const { status, headers, body } = await api.send('GET', path);

    expect([status, headers['content-type']]).toEqual([400, 'application/problem+json']);
    expect(body).toMatchObject({ code: 'validation_failed', instance: '/', problems: [{ field: 'path' }] });
  });
});

describe('a database that is away', () => {
  it('is told as such, without where it is, and with when to try again', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' });
    api.inspector.before = () => Promise.reject(refused);

    const { status, headers, body } = await api.send('POST', '/v1/bundles', { body: aBundle() });

    expect([status, headers['retry-after']]).toEqual([503, '1']);
    expect(body).toMatchObject({ code: 'database_unavailable' });
    expect(JSON.stringify(body)).not.toContain('10.0.0.7');
  });
});

describe('a fault of ours', () => {
  it.each([
    ['unknown to the catalogue', new Error('connect ECONNREFUSED 10.0.0.7:5432')],
    ['internal by the catalogue', new TidemarkError('object_missing', { path: 'bundles/10.0.0.7' })],
    ['thrown as a text', '10.0.0.7'],
  ])('tells a client a reference and nothing else when it is %s', async (_, thrown) => {
    api.inspector.before = () => Promise.reject(thrown);

    const { status, body } = await api.send('POST', '/v1/bundles', { body: aBundle() });

    expect(status).toBe(500);
    expect(body).toMatchObject({
      code: 'internal_fault',
      reference: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(JSON.stringify(body)).not.toContain('10.0.0.7');
  });
});
