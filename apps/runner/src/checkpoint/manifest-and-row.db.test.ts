import { InMemoryObjectStore, readCheckpoint } from '@tidemark/checkpoint';
import { judgeState, type StateShape } from '@tidemark/domain';
import { aManifest, aSubmittedJob, aTenant, aClaimedRun, stores } from '@tidemark/persistence/testing';
import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { ActiveRun } from '../run-batch/active-run.js';
import { aShape, aSnapshot } from '../testing/a-run.js';
import { UuidIds } from '../testing/uuid-ids.js';
import { Checkpointer } from './checkpointer.js';

const shapes: { readonly [uid: string]: StateShape } = {
  counts: {
    ...aShape,
    parameters: { windowMs: 1_000, isLate: true, of: 'ü' },
    // Members in an order that no database keeps.
    schema: {
      type: 'object',
      required: ['n'],
      properties: { n: { type: 'integer' }, a: { default: [1.5, null, '"'] } },
    },
    version: 4,
    keySchema: { type: 'string' },
  },
  anything: { ...aShape, schema: {}, keySchema: true },
  first: { ...aShape, version: 1 },
  plain: aShape,
};

describe('the manifest of a checkpoint', () => {
  postgresTest('holds shapes, offsets and identities as its row does', async ({ dataSource }) => {
    const tenantId = await aTenant(dataSource, aManifest({ shapes }));
    const jobId = await aSubmittedJob(dataSource, tenantId);
    const { claimed, runs } = await aClaimedRun(dataSource);
    await runs.markRunning(claimed.fence);
    const plan = { timeline: 1, batchId: 1, batchTimeMs: 500, ranges: {} };
    await runs.writeBatch(claimed.fence, { kind: 'plan', plan });
    const objects = new InMemoryObjectStore();
    const run = new ActiveRun(claimed);
    const checkpointer = new Checkpointer(
      run,
      { runs, objects, ids: new UuidIds() },
      { overdue: true, chain: undefined },
    );
    checkpointer.begin(aSnapshot(1, { identities: { numbers: { '0': 'the first file' } } }), 0);
    await checkpointer.settle();

    const [row] = await stores(dataSource).jobs.forTenant(tenantId).listCheckpoints(jobId, { limit: 1 });
    expect(row).toMatchObject({ status: 'complete', identities: { numbers: { '0': 'the first file' } } });
    const read = await readCheckpoint(objects, row?.path ?? '', row?.manifestSha256 ?? '');
    expect(read.shapes).toEqual(row?.shapes);
    expect(read.shapes).toEqual(shapes);
    expect(read.manifest).toMatchObject({ offsets: row?.offsets, identities: row?.identities });
    expect(judgeState(read.shapes, { shapes }).map(({ verdict }) => verdict)).toEqual(
      Object.keys(shapes).map(() => 'as_is'),
    );
  });
});
