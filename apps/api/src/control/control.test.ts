import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '@tidemark/domain';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';

let api: ApiUnderTest;
let path: string;
beforeEach(async () => {
  api = await ApiUnderTest.start();
  const { body } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } });
  path = `/v1/jobs/${(body as { id: string }).id}`;
});
afterEach(async () => {
  await api.close();
});

describe("ordering a job's life", () => {
  it('accepts a stop at once and leaves the status to whoever owns the job', async () => {
    become({ status: 'running' });

    expect(await api.send('POST', `${path}/stop`)).toMatchObject({
      status: 202,
      body: { desired: 'stopped', status: 'running', version: 2 },
      headers: { etag: '"2"' },
    });
  });

  it('takes the same order twice', async () => {
    await api.send('POST', `${path}/stop`);

    expect(await api.send('POST', `${path}/stop`)).toMatchObject({ status: 202, body: { desired: 'stopped' } });
  });

  it('starts what was stopped', async () => {
    become({ status: 'stopped', desired: 'stopped' });

    expect(await api.send('POST', `${path}/start`)).toMatchObject({
      status: 202,
      body: { desired: 'running', status: 'scheduled' },
    });
  });

  it('refuses to start what was cancelled and says why', async () => {
    become({ status: 'cancelled', desired: 'cancelled' });

    expect(await api.send('POST', `${path}/start`)).toMatchObject({
      status: 409,
      body: { code: 'job_event_refused', event: 'restart', detail: expect.stringContaining('is cancelled') as string },
    });
  });

  it('changes nothing when the version in If-Match is not the current one', async () => {
    const answer = await api.send('POST', `${path}/cancel`, { headers: { 'if-match': '"7"' } });

    expect(answer).toMatchObject({ status: 412, body: { code: 'job_changed_meanwhile' } });
    expect(api.tenant.jobs).toMatchObject([{ desired: 'running', version: 1 }]);
  });

  it('goes ahead when the version in If-Match is the current one, or any will do', async () => {
    expect((await api.send('POST', `${path}/stop`, { headers: { 'if-match': '"1"' } })).status).toBe(202);
    expect((await api.send('POST', `${path}/start`, { headers: { 'if-match': '*' } })).status).toBe(202);
  });
});

describe('deleting a job', () => {
  it('removes one that no runner owns', async () => {
    expect(await api.send('DELETE', path)).toMatchObject({ status: 204, body: undefined });
    expect((await api.send('GET', path)).status).toBe(404);
  });

  it('is refused while a runner owns it', async () => {
    become({ status: 'running' });

    expect(await api.send('DELETE', path)).toMatchObject({
      status: 409,
      body: { code: 'job_event_refused', event: 'delete' },
    });
    expect(api.tenant.jobs).toHaveLength(1);
  });

  it('is refused when the job has changed since the version in If-Match', async () => {
    expect((await api.send('DELETE', path, { headers: { 'if-match': '"9"' } })).status).toBe(412);
    expect(api.tenant.jobs).toHaveLength(1);
  });
});

function become(change: Partial<Job>): void {
  const [job] = api.tenant.jobs;
  if (job !== undefined) api.tenant.jobs[0] = { ...job, ...change };
}
