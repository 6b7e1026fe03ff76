import { checkpointPath, encodeBlock, writeCheckpoint, type BlockToEncode } from '@tidemark/checkpoint';
import type { BundleDigest, Checkpoint, CheckpointId, JobId, StateShape } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBundle, ApiUnderTest, type Received } from '../testing/api-under-test.js';

let api: ApiUnderTest;
let id: JobId;
beforeEach(async () => {
  api = await ApiUnderTest.start();
  const { body } = await api.send('POST', '/v1/jobs', { body: { bundle: aBundle() } });
  id = (body as { id: JobId }).id;
});
afterEach(async () => {
  await api.close();
});

const VALUE = [
  { name: 'value', type: 'json' },
  { name: '@lastMs', type: 'f64' },
] as const;
const shape = (more: Partial<StateShape> = {}): StateShape => ({
  kind: 'fold',
  key: 'json',
  value: 'json',
  codec: { name: 'fold', version: 1 },
  parameters: {},
  ...more,
});

/** A table of "totals": values by key, each with the time 7. */
const totals = (values: readonly (readonly [key: unknown, value: unknown])[], table = 'state'): BlockToEncode => ({
  table,
  clear: false,
  columns: VALUE,
  rows: values.map(([key, value]) => ({ slot: 5, key: JSON.stringify(key), values: [JSON.stringify(value), 7] })),
  deleted: [],
});

/** Writes a checkpoint of the job with state of "totals", and its row. */
async function aCheckpoint(
  blocks: readonly BlockToEncode[],
  more: Partial<Checkpoint> = {},
): Promise<Checkpoint & { readonly id: CheckpointId }> {
  const { tenantId } = api;
  const batchId = api.tenant.checkpoints.length + 1;
  const path = checkpointPath({ tenantId, jobId: id, timeline: 1, batchId, epoch: 1, unique: String(batchId) });
  const shapes = more.shapes ?? { totals: shape() };
  const left = blocks
    .map((block) => ({ uid: 'totals', bytes: encodeBlock(block), rows: block.rows.length, deleted: 0 }))
    .values();
  const bundleDigest = 'd'.repeat(64) as BundleDigest;
  const { written } = await writeCheckpoint(api.objects, {
    ...{ path, engineVersion: '0.1.0', tenantId, jobId: id, revision: 1, bundleDigest, shapes, parent: undefined },
    snapshot: { timeline: 1, batchId, batchTimeMs: 0, offsets: {}, next: async () => left.next().value },
    pendingPlans: [],
  });
  const checkpoint: Checkpoint = {
    ...{ id: api.ids.next('checkpoint'), tenantId, jobId: id, timeline: 1, batchId, batchTimeMs: 0, epoch: 1 },
    ...{ revision: 1, bundleDigest, status: 'complete', kind: 'checkpoint', path, buildsOn: [], offsets: {}, shapes },
    ...{ manifestSha256: written.manifestSha256, stateRows: written.stateRows, stateBytes: written.stateBytes },
    ...{ ownBytes: written.bytesWritten, verifiedAt: undefined },
    ...{ createdAt: new Date(0), completedAt: new Date(0) },
    ...more,
  };
  api.tenant.checkpoints.push(checkpoint);
  return checkpoint;
}

const ask = (checkpoint: Pick<Checkpoint, 'id'>, rest: string, key = api.tenantKey): Promise<Received> =>
  api.send('GET', `/v1/jobs/${id}/checkpoints/${checkpoint.id}/${rest}`, { key });
const keyed = (key: string): string => `state?operator=totals&key=${encodeURIComponent(key)}`;

describe('the state of one key', () => {
  it('is its value in every table, with what the operator keeps for itself apart', async () => {
    const checkpoint = await aCheckpoint([
      totals([
        ['ATL', { n: 1 }],
        ['ORD', 2],
      ]),
      totals([['ATL', [3]]], 'w2'),
    ]);

    expect(await ask(checkpoint, keyed('ATL'))).toMatchObject({
      status: 200,
      body: {
        items: [
          { table: 'state', slot: 5, key: 'ATL', value: { n: 1 }, internal: { '@lastMs': 7 } },
          { table: 'w2', slot: 5, key: 'ATL', value: [3], internal: { '@lastMs': 7 } },
        ],
        next: null,
      },
    });
    expect((await ask(checkpoint, `${keyed('ATL')}&table=w2`)).body).toMatchObject({ items: [{ table: 'w2' }] });
  });

  it.each([
    ['"ATL"', ['ATL']],
    ['ATL', ['ATL']],
    ['42', ['42', 42]],
    ['42.0', [42]],
    ['"42"', ['42']],
    ['true', [true]],
    ['null', [null]],
    ['1e999', ['1e999']],
    ['{}x', undefined],
    ['{"a":1}', undefined],
    ['"open', undefined],
  ] as const)('is found by %s', async (text, found) => {
    const keys = ['ATL', 42, '42', true, null, '1e999', 'x'];
    const checkpoint = await aCheckpoint([totals(keys.map((key) => [key, 1]))]);

    const { status, body } = await ask(checkpoint, keyed(text));

    if (found === undefined) expect(body).toMatchObject({ status: 400, code: 'state_key_invalid', key: text });
    else {
      expect(status).toBe(200);
      expect((body as { items: { key: unknown }[] }).items.map(({ key }) => key)).toEqual(found);
    }
  });

  it('is refused with what to do next where there is none', async () => {
    const checkpoint = await aCheckpoint([totals([['ATL', 1]])]);

    expect(await ask(checkpoint, keyed('DEN'))).toMatchObject({
      status: 404,
      body: { code: 'state_key_not_found', detail: expect.stringContaining('List its state') as string },
    });
  });

  it('is put together as the schema of its state says', async () => {
    const schema = { type: 'object', properties: { value: { type: 'number' } }, required: ['value'] };
    const whole = await aCheckpoint([totals([['ATL', 1]])]);
    const member = await aCheckpoint([totals([['ATL', 1]])], { shapes: { totals: shape({ schema }) } });

    expect((await ask(whole, keyed('ATL'))).body).toMatchObject({ items: [{ value: 1 }] });
    expect((await ask(member, keyed('ATL'))).body).toMatchObject({ items: [{ value: { value: 1 } }] });
  });
});

describe('the state of an operator', () => {
  it('is listed page by page, each row once, in an order that does not depend on the checkpoint', async () => {
    const rows = Array.from({ length: 7 }, (_, index) => [`k${6 - index}`, index] as const);
    const checkpoint = await aCheckpoint([totals(rows)]);
    const pages: string[][] = [];
    for (let after: string | null = ''; after !== null;) {
      const { body } = await ask(checkpoint, `state?operator=totals&limit=3${after}`);
      const { items, next } = body as { items: { key: string }[]; next: string | null };
      pages.push(items.map(({ key }) => key));
      after = next === null ? null : `&after=${next}`;
    }

    expect(pages).toEqual([['k0', 'k1', 'k2'], ['k3', 'k4', 'k5'], ['k6']]);
  });

  it('ends a page early where values are large', async () => {
    const large = 'x'.repeat(3 * 1024 * 1024);
    const checkpoint = await aCheckpoint([
      totals([
        ['a', large],
        ['b', large],
        ['c', large],
      ]),
    ]);

    const { body } = await ask(checkpoint, 'state?operator=totals');

    expect(body).toMatchObject({ items: [{ key: 'a' }], next: expect.any(String) as string });
  });

  it('refuses what it cannot list', async () => {
    const checkpoint = await aCheckpoint([totals([['a', 1]])]);
    const refusals = [
      ['state', 400, 'validation_failed'],
      ['state?operator=totals&after=nonsense', 400, 'validation_failed'],
      ['state?operator=totals&limit=1001', 400, 'validation_failed'],
      ['state?operator=nobody', 404, 'state_operator_unknown'],
      ['state?operator=constructor', 404, 'state_operator_unknown'],
    ] as const;
    for (const [rest, status, code] of refusals) {
      expect(await ask(checkpoint, rest), rest).toMatchObject({ status, body: { code } });
    }
    expect((await ask(checkpoint, 'state?operator=nobody')).body).toMatchObject({
      operators: ['totals'],
      detail: expect.stringContaining('It has state of "totals"') as string,
    });
  });
});

describe('a checkpoint that cannot be looked at', () => {
  it.each([
    ['pending', 409, 'checkpoint_pending'],
    ['corrupt', 409, 'checkpoint_corrupt'],
    ['deleted', 409, 'checkpoint_deleted'],
  ] as const)('says so when it is %s', async (status, answer, code) => {
    const checkpoint = await aCheckpoint([totals([['a', 1]])], { status });
    const sound = await aCheckpoint([totals([['a', 1]])]);

    for (const rest of ['state?operator=totals', `diff/${sound.id}`, `diff/${sound.id}/keys?operator=totals`]) {
      expect(await ask(checkpoint, rest), rest).toMatchObject({
        status: answer,
        body: { code, checkpointId: checkpoint.id },
      });
    }
    expect(await ask(sound, `diff/${checkpoint.id}`)).toMatchObject({ status: answer, body: { code } });
  });

  it('is corrupt when a file is gone, and deleted when its row says so by then', async () => {
    const sound = await aCheckpoint([totals([['a', 1]])]);
    const damaged = await aCheckpoint([totals([['a', 1]])]);
    await api.objects.remove(`${damaged.path}/state/1.tmb.zst`);

    const { status, body } = await ask(sound, `diff/${damaged.id}`);
    expect({ status, body }).toMatchObject({
      status: 409,
      body: { code: 'checkpoint_corrupt', checkpointId: damaged.id },
    });
    expect(JSON.stringify(body)).not.toContain(damaged.path);

    deletedOnceRead(damaged.id);
    expect(await ask(damaged, keyed('a'))).toMatchObject({ body: { code: 'checkpoint_deleted' } });
  });

  it('is not there for another tenant, nor under another job', async () => {
    const checkpoint = await aCheckpoint([totals([['a', 1]])]);
    const other = await api.send('POST', '/v1/jobs', { body: { name: 'other', bundle: aBundle() } });
    const { id: otherId } = other.body as { id: string };

    for (const rest of [keyed('a'), `diff/${checkpoint.id}`, `diff/${checkpoint.id}/keys?operator=totals`]) {
      expect(await ask(checkpoint, rest, api.otherKey)).toMatchObject({ status: 404, body: { thing: 'job' } });
      expect(await api.send('GET', `/v1/jobs/${otherId}/checkpoints/${checkpoint.id}/${rest}`)).toMatchObject({
        status: 404,
        body: { thing: 'checkpoint' },
      });
    }
  });
});

describe('the difference of two checkpoints', () => {
  it('is counted by operator and listed by key, old and new', async () => {
    const before = await aCheckpoint([
      totals([
        ['kept', 1],
        ['changed', { n: 1 }],
        ['removed', 3],
      ]),
    ]);
    const after = await aCheckpoint(
      [
        totals([
          ['added', 4],
          ['changed', { n: 2 }],
          ['kept', 1],
        ]),
      ],
      { timeline: 2 },
    );

    expect((await ask(before, `diff/${after.id}`)).body).toEqual({
      operators: [{ uid: 'totals', kindBefore: 'fold', kindAfter: 'fold', added: 1, removed: 1, changed: 1 }],
    });
    const internal = { '@lastMs': 7 };
    const at = { slot: 5, table: 'state' };
    expect((await ask(before, `diff/${after.id}/keys?operator=totals`)).body).toEqual({
      items: [
        { ...at, key: 'added', change: 'added', before: null, after: { value: 4, internal } },
        {
          ...at,
          key: 'changed',
          change: 'changed',
          before: { value: { n: 1 }, internal },
          after: { value: { n: 2 }, internal },
        },
        { ...at, key: 'removed', change: 'removed', before: { value: 3, internal }, after: null },
      ],
      next: null,
    });
  });

  it('is listed page by page', async () => {
    const before = await aCheckpoint([totals([])]);
    const after = await aCheckpoint([
      totals([
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ]),
    ]);

    const first = await ask(before, `diff/${after.id}/keys?operator=totals&limit=2`);
    const { next } = first.body as { next: string };
    const second = await ask(before, `diff/${after.id}/keys?operator=totals&limit=2&after=${next}`);

    expect(first.body).toMatchObject({ items: [{ key: 'a' }, { key: 'b' }] });
    expect(second.body).toMatchObject({ items: [{ key: 'c' }], next: null });
    expect(await ask(before, `diff/${after.id}/keys?operator=nobody`)).toMatchObject({
      status: 404,
      body: { code: 'state_operator_unknown' },
    });
  });
});

/** The row turns `deleted` while its objects are read. */
function deletedOnceRead(checkpointId: CheckpointId): void {
  const read = api.objects.get.bind(api.objects);
  api.objects.get = async (path) => {
    const at = api.tenant.checkpoints.findIndex((checkpoint) => checkpoint.id === checkpointId);
    const row = api.tenant.checkpoints[at];
    if (row !== undefined) api.tenant.checkpoints[at] = { ...row, status: 'deleted' };
    return read(path);
  };
}
