import { TidemarkError, type GraphNode, type Job, type StateShape } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest } from '../testing/api-under-test.js';

let api: ApiUnderTest;
let path: string;

const aShape = (more: Partial<StateShape> = {}): StateShape => ({
  kind: 'fold',
  key: 'json',
  value: 'json',
  codec: { name: 'fold', version: 1 },
  parameters: {},
  ...more,
});
const aSource = (uid: string, connector = 'files', options = {}): GraphNode => ({
  ...{ id: 0, kind: 'source', uid, inputs: [], connector, options, at: 'job.ts:1:1' },
});
const v1 = { nodes: [aSource('in')], shapes: { totals: aShape({ schema: { type: 'number' } }) } };
const wider = { ...v1, shapes: { totals: aShape({ schema: {} }) } };
const other = { ...v1, shapes: { totals: aShape({ kind: 'process' }) } };

beforeEach(async () => {
  api = await ApiUnderTest.start();
  const { body } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle(v1) } });
  path = `/v1/jobs/${(body as { id: string }).id}`;
});
afterEach(async () => {
  await api.close();
});

function hasCommitted(): void {
  const [job] = api.tenant.jobs;
  const offsets = { in: { 'a.jsonl': 7 } };
  const lastBatch = { timeline: 1, batchId: 3, batchTimeMs: 1_500, committedAt: new Date(0), offsets };
  if (job !== undefined) api.tenant.jobs[0] = { ...job, status: 'running', lastBatch } satisfies Job;
}

const plan = (body: object) => api.send('POST', `${path}/upgrade-plans`, { body });

describe('planning an upgrade', () => {
  it('answers what becomes of state, places and sinks, changes nothing, and keeps the answer', async () => {
    hasCommitted();
    const before = structuredClone(api.tenant.jobs);
    const bundle = aBundle({ ...v1, nodes: [aSource('in', 'files', { path: 'b' }), aSource('more')] });
    const { status, body } = await plan({ bundle });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      revision: 1,
      outcome: 'proceed',
      objections: [],
      operators: [{ uid: 'totals', verdict: 'as_is', reason: null }],
      sources: [
        { uid: 'in', offsets: 'kept', reason: null },
        { uid: 'more', offsets: 'new' },
      ],
      warnings: [
        'Source "more" is new: it begins at its start.',
        'Source "in" has other options: its place is kept by the names of its partitions.',
      ],
    });
    expect(api.tenant.jobs).toEqual(before);
    const { id } = body as { id: string };
    expect((await api.send('GET', `${path}/upgrade-plans/${id}`)).body).toEqual(body);
    expect((await api.send('GET', `${path}/upgrade-plans`)).body).toMatchObject({ items: [{ id }] });
  });

  it('tells a job that has kept nothing yet', async () => {
    expect((await plan({ bundle: aBundle(other) })).body).toMatchObject({
      outcome: 'proceed',
      operators: [{ uid: 'totals', verdict: 'new' }],
      warnings: ['The job has never committed a batch: there is nothing to take over.'],
    });
  });

  it('names what stands in the way, and goes ahead where somebody has said that it may go', async () => {
    hasCommitted();
    const bundle = aBundle(other);
    expect((await plan({ bundle })).body).toMatchObject({
      outcome: 'ask',
      objections: ['"totals": kind was fold and is now process'],
      operators: [{ uid: 'totals', verdict: 'refused' }],
    });
    expect((await plan({ bundle, config: { restorePolicy: 'fail' } })).body).toMatchObject({ outcome: 'refuse' });
    expect((await plan({ bundle, upgrade: { resets: ['totals'] } })).body).toMatchObject({
      outcome: 'proceed',
      operators: [{ uid: 'totals', verdict: 'reset' }],
    });
  });

  it('never carries offsets over to another connector', async () => {
    hasCommitted();
    const bundle = aBundle({ ...v1, nodes: [aSource('in', 'socket')] });
    const config = { restorePolicy: 'reset_keep_offsets' };
    expect((await plan({ bundle, config })).body).toMatchObject({
      outcome: 'refuse',
      sources: [{ uid: 'in', offsets: 'refused' }],
      objections: [expect.stringContaining('was read from files and is now read from socket')],
    });
  });

  it('is refused for a job that is cancelled, and so is a deployment: neither could ever run', async () => {
    await api.send('POST', `${path}/cancel`);
    const body = { bundle: aBundle(v1) };
    for (const answer of [await plan(body), await api.send('POST', `${path}/revisions`, { body })]) {
      expect(answer).toMatchObject({
        status: 409,
        body: { code: 'job_is_cancelled', detail: expect.stringContaining('Fork it') as string },
      });
    }
  });

  it('says that a rename leads nowhere', async () => {
    hasCommitted();
    expect((await plan({ bundle: aBundle(v1), upgrade: { renames: { gone: 'totals' } } })).body).toMatchObject({
      warnings: ['The rename of "gone" to "totals" says nothing: one of them is not there.'],
    });
  });

  it('says that an operator which is still there keeps its state, whatever is said of a rename or a drop', async () => {
    hasCommitted();
    const both = { ...v1, shapes: { ...v1.shapes, sums: aShape() } };
    const upgrade = { renames: { totals: 'sums' }, drops: ['totals'] };
    expect((await plan({ bundle: aBundle(both), upgrade })).body).toMatchObject({
      operators: [
        { uid: 'sums', verdict: 'new' },
        { uid: 'totals', verdict: 'as_is' },
      ],
      warnings: [
        'The rename of "totals" to "sums" says nothing: "totals" is still in the job, and keeps its state.',
        'That "totals" may be dropped says nothing: it is still in the job, and keeps its state.',
      ],
    });
  });

  it.each([
    [{ renames: { totals: 'sum' } }, 'renames', 'sum'],
    [{ resets: ['total'] }, 'resets', 'total'],
  ])(
    'refuses %j of an operator that the new code does not have, and so does a deployment',
    async (upgrade, option, uid) => {
      hasCommitted();
      const body = { bundle: aBundle(v1), upgrade };
      for (const answer of [await plan(body), await api.send('POST', `${path}/revisions`, { body })]) {
        expect(answer).toMatchObject({
          status: 400,
          body: {
            code: 'upgrade_operator_unknown',
            uid,
            option,
            detail: expect.stringContaining('"totals"') as string,
          },
        });
      }
      expect(api.tenant.jobs).toMatchObject([{ revision: 1, upgrade: undefined }]);
      expect(api.tenant.revisions).toHaveLength(1);
    },
  );

  it.each([
    [{ renames: { a: 5 } }, 'upgrade.renames'],
    [{ renames: ['a'] }, 'upgrade.renames'],
    [{ drops: 'a' }, 'upgrade.drops'],
    [{ resets: ['not a uid!'] }, 'upgrade.resets'],
  ])('refuses %j', async (upgrade, field) => {
    expect(await plan({ bundle: aBundle(v1), upgrade })).toMatchObject({
      status: 400,
      body: {
        code: 'validation_failed',
        problems: expect.arrayContaining([expect.objectContaining({ field })]) as object,
      },
    });
  });
});

describe('deploying', () => {
  it('what a plan says, as long as it would come out the same', async () => {
    hasCommitted();
    const { body } = await plan({ bundle: aBundle(wider), config: { checkpointIntervalMs: 12_345 } });
    const { id } = body as { id: string };
    expect(await api.send('POST', `${path}/revisions`, { body: { plan: id } })).toMatchObject({
      status: 201,
      body: { revision: 2, upgrade: null },
    });
    expect(api.tenant.revisions.at(-1)).toMatchObject({ config: { checkpointIntervalMs: 12_345 } });
    await api.send('POST', `${path}/revisions`, { body: { bundle: aBundle(v1), upgrade: { resets: ['totals'] } } });
    expect(await api.send('POST', `${path}/revisions`, { body: { plan: id } })).toMatchObject({
      status: 409,
      body: { code: 'upgrade_plan_outdated' },
    });
  });

  it('neither without a bundle nor a plan, nor with both', async () => {
    expect(await api.send('POST', `${path}/revisions`, { body: {} })).toMatchObject({
      status: 400,
      body: { problems: [{ field: 'bundle', problem: 'is missing: give a bundle, or a plan' }] },
    });
    const { body } = await plan({ bundle: aBundle(v1) });
    const both = { plan: (body as { id: string }).id, bundle: aBundle(v1) };
    expect(await api.send('POST', `${path}/revisions`, { body: both })).toMatchObject({
      status: 400,
      body: { problems: [{ field: 'plan' }] },
    });
  });

  it('what does not fit waits for a decision while the old revision goes on, and is answered by one call', async () => {
    hasCommitted();
    expect(await api.send('POST', `${path}/upgrade-decision`, { body: { answer: 'reset' } })).toMatchObject({
      status: 409,
      body: { code: 'upgrade_nothing_waits' },
    });
    expect(await api.send('POST', `${path}/revisions`, { body: { bundle: aBundle(other) } })).toMatchObject({
      status: 201,
      body: {
        revision: 1,
        status: 'running',
        upgrade: { revision: 2, objections: ['"totals": kind was fold and is now process'] },
      },
    });
    expect(await api.send('POST', `${path}/upgrade-decision`, { body: { answer: 'reset' } })).toMatchObject({
      status: 202,
      body: { revision: 2, upgrade: null },
    });
  });

  it('is refused under the policy that fails, with what to do', async () => {
    hasCommitted();
    const body = { bundle: aBundle(other), config: { restorePolicy: 'fail' } };
    expect(await api.send('POST', `${path}/revisions`, { body })).toMatchObject({
      status: 409,
      body: { code: 'upgrade_refused', detail: expect.stringContaining('kind was fold and is now process') as string },
    });
    expect(api.tenant.revisions).toHaveLength(1);
  });
});

it('a deep plan without a checkpoint converts nothing', async () => {
  hasCommitted();
  api.inspector.convert = () =>
    Promise.reject(new TidemarkError('state_conversion_failed', { operator: 'totals', key: '"a"', reason: 'no' }));
  expect(await plan({ bundle: aBundle(wider), deep: true })).toMatchObject({
    status: 201,
    body: {
      outcome: 'proceed',
      tried: null,
      warnings: ['There is no checkpoint yet: no state was converted.'],
    },
  });
});

it('how deep a plan goes is a yes, a no, or all', async () => {
  for (const deep of ['all', true, false]) expect((await plan({ bundle: aBundle(wider), deep })).status).toBe(201);
  for (const deep of ['some', 'true', 1, null]) {
    expect(await plan({ bundle: aBundle(wider), deep })).toMatchObject({
      status: 400,
      body: { problems: [{ field: 'deep', problem: 'must be true, false or all' }] },
    });
  }
});
