import type { JobId, StateShape } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';
import { aCheckpoint } from '../testing/history.js';

let api: ApiUnderTest;
let jobId: JobId;

const aShape = (more: Partial<StateShape> = {}): StateShape => ({
  kind: 'fold',
  key: 'json',
  value: 'json',
  codec: { name: 'fold', version: 1 },
  parameters: {},
  ...more,
});
const narrow = { totals: aShape({ schema: { type: 'integer' } }) };
const wide = { totals: aShape({ schema: { type: 'number' } }) };
const other = { totals: aShape({ kind: 'process' }) };

beforeEach(async () => {
  api = await ApiUnderTest.start();
  const { body } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle({ shapes: narrow }) } });
  jobId = (body as { id: JobId }).id;
});
afterEach(async () => {
  await api.close();
});

const keep = (...checkpoints: Parameters<typeof aCheckpoint>[1][]): void => {
  for (const more of checkpoints) {
    const of = { id: api.ids.next('checkpoint'), tenantId: api.tenantId, jobId };
    api.tenant.checkpoints.push(aCheckpoint(of, more));
  }
};
const deploy = (shapes: { readonly [uid: string]: StateShape }, upgrade = {}) =>
  api.send('POST', `/v1/jobs/${jobId}/revisions`, { body: { bundle: aBundle({ shapes }), upgrade } });
const fits = async (revision: number): Promise<unknown> => {
  const { body } = await api.send('GET', `/v1/jobs/${jobId}/checkpoints?revision=${revision}`);
  return (body as { items: readonly { fits: unknown }[] }).items.map((one) => one.fits);
};

describe('the checkpoints of a job, held against one of its revisions', () => {
  it('say what would become of the state of each operator, and whether they would be taken', async () => {
    await deploy(wide);
    keep({ shapes: narrow }, { shapes: other }, { shapes: narrow, status: 'corrupt' });

    expect(await fits(2)).toMatchObject([
      { revision: 2, outcome: 'not_restorable', reasons: ['it is corrupt, and only a complete one is restored'] },
      {
        outcome: 'does_not_fit',
        reasons: ['"totals": kind was process and is now fold'],
        operators: [{ uid: 'totals', verdict: 'refused', reason: '"totals": kind was process and is now fold' }],
      },
      { outcome: 'fits', reasons: [], operators: [{ uid: 'totals', verdict: 'evolve', reason: null }] },
    ]);
    expect(await fits(1)).toMatchObject([
      { outcome: 'not_restorable' },
      { outcome: 'does_not_fit' },
      { revision: 1, outcome: 'fits', operators: [{ uid: 'totals', verdict: 'as_is' }] },
    ]);
  });

  it('count what was said when the revision was deployed, for state from before it', async () => {
    await deploy(other, { resets: ['totals'], drops: ['gone'] });
    keep({ shapes: { ...narrow, gone: aShape() } }, { shapes: other, revision: 2 });

    expect(await fits(2)).toMatchObject([
      { outcome: 'fits', operators: [{ uid: 'totals', verdict: 'as_is' }] },
      {
        outcome: 'does_not_fit',
        operators: [
          { uid: 'gone', verdict: 'dropped' },
          { uid: 'totals', verdict: 'reset' },
        ],
      },
    ]);
  });

  it('are compared as far as one request may go on about it', async () => {
    const large = (title: string) => ({
      totals: aShape({ schema: { type: 'object', title, properties: { ['x'.repeat(200_000)]: { type: 'integer' } } } }),
    });
    await deploy(large('now'));
    keep(...Array.from({ length: 20 }, (_, index) => ({ shapes: large(`before ${index}`) })));

    const found = (await fits(2)) as { outcome: string }[];

    expect([found.at(0), found.at(-1)]).toMatchObject([
      { outcome: 'fits' },
      { outcome: 'not_compared', operators: [] },
    ]);
  });

  it('are not held against a revision that is none', async () => {
    keep({});
    expect(await api.send('GET', `/v1/jobs/${jobId}/checkpoints?revision=2`)).toMatchObject({
      status: 404,
      body: { code: 'thing_not_found', detail: expect.stringContaining('revision') as string },
    });
    expect((await api.send('GET', `/v1/jobs/${jobId}/checkpoints?revision=0`)).status).toBe(400);
  });
});
