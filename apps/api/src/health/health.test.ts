import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiUnderTest } from '../testing/api-under-test.js';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await ApiUnderTest.start();
});
afterEach(async () => {
  await api.close();
});

describe('health', () => {
  it('is ok when the database answers and the sandbox is whole', async () => {
    expect(await api.send('GET', '/v1/health', { key: undefined })).toMatchObject({
      status: 200,
      body: { status: 'ok', database: 'ok', sandbox: { mode: 'auto', missing: [] } },
    });
  });

  it('is degraded and names what the sandbox lacks', async () => {
    api.inspector.missing = ['bubblewrap'];

    expect(await api.send('GET', '/v1/health', { key: undefined })).toMatchObject({
      status: 200,
      body: { status: 'degraded', sandbox: { missing: ['bubblewrap'] } },
    });
  });

  it('is unavailable when the database does not answer, which liveness does not care for', async () => {
    api.runners.pingOutcome = () => Promise.reject(new Error('password authentication failed for user tide'));

    const { status, body } = await api.send('GET', '/v1/health', { key: undefined });

    expect([status, body]).toMatchObject([503, { status: 'unavailable', database: 'unreachable' }]);
    expect(JSON.stringify(body)).not.toContain('password');
    expect((await api.send('GET', '/v1/health/live', { key: undefined })).status).toBe(200);
  });
});
