import { createHash } from 'node:crypto';
import type { Job, Tidemark } from '@tidemark/sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import { ensureJob, type Ensured } from './ensure-job.js';

const bundle = { code: 'var tidemarkJob = 1;', sourceMap: '{}' };
const digest = createHash('sha256').update(bundle.code).digest('hex');

describe('the example job', () => {
  let calls: string[];
  beforeEach(() => {
    calls = [];
  });

  const job = (parts: Partial<Job>): Job =>
    ({ id: 'job_1', name: 'flights', desired: 'running', status: 'running', ...parts }) as Job;

  /** A service that has these jobs, the newest revision of each with this bundle. */
  const serviceWith = (jobs: readonly Job[], newestDigest: string): Tidemark => {
    const noted = (call: string, answer: Job) => async (): Promise<Job> => {
      calls.push(call);
      return answer;
    };
    const [first = job({})] = jobs;
    const service = {
      jobs: {
        async *list() {
          yield* jobs;
        },
        revisions: async () => ({ items: [{ bundleDigest: newestDigest }], next: null }),
        submit: noted('submit', job({ status: 'submitted' })),
        deploy: noted('deploy', first),
        start: noted('start', first),
        delete: noted('delete', first),
      },
    };
    return service as unknown as Tidemark;
  };
  const ensure = (jobs: readonly Job[], newestDigest = digest): Promise<Ensured> =>
    ensureJob(serviceWith(jobs, newestDigest), {
      name: 'flights',
      bundle,
      onNew: async () => {
        calls.push('set aside');
      },
    });

  it('is submitted where there is none of its name, and what another one wrote is set aside first', async () => {
    expect((await ensure([job({ name: 'other' })])).how).toBe('submitted');
    expect(calls).toEqual(['set aside', 'submit']);
  });

  it('that runs is left alone', async () => {
    expect((await ensure([job({})])).how).toBe('goes_on');
    expect(calls).toEqual([]);
  });

  it.each([{ desired: 'stopped' as const }, { status: 'failed' as const }, { status: 'finished' as const }])(
    'that does not run is started again: %o',
    async (state) => {
      await ensure([job(state)]);
      expect(calls).toEqual(['start']);
    },
  );

  it('that waits for a decision keeps waiting', async () => {
    await ensure([job({ status: 'awaiting_decision' })]);
    expect(calls).toEqual([]);
  });

  it('gets a new revision when its code has changed', async () => {
    expect((await ensure([job({})], 'another')).how).toBe('deployed');
    expect(calls).toEqual(['deploy']);
  });

  it('that was cancelled makes room for a new one', async () => {
    expect((await ensure([job({ status: 'cancelled' })])).how).toBe('submitted');
    expect(calls).toEqual(['delete', 'set aside', 'submit']);
  });
});
