import { checkpointPath, encodeBlock, writeCheckpoint } from '@tidemark/checkpoint';
import type { BundleDigest, Checkpoint, JobId, StateShape } from '@tidemark/domain';
import type { ApiUnderTest } from './api-under-test.js';

const SHAPE: StateShape = {
  ...{ kind: 'fold', key: 'json', value: 'json', parameters: {} },
  codec: { name: 'fold', version: 1 },
};

/** A checkpoint of the key "ATL" with the state 7, whose objects are there. */
export async function aStoredCheckpoint(
  api: ApiUnderTest,
  jobId: JobId,
  more: Partial<Checkpoint> = {},
): Promise<Checkpoint & { readonly manifestSha256: string }> {
  const { tenantId } = api;
  const path = checkpointPath({ tenantId, jobId, timeline: 1, batchId: 1, epoch: 1, unique: 'one' });
  const bytes = encodeBlock({
    ...{ table: 'state', clear: false, columns: [{ name: 'value', type: 'json' }], deleted: [] },
    rows: [{ slot: 5, key: '"ATL"', values: ['7'] }],
  });
  const left = [{ uid: 'totals', bytes, rows: 1, deleted: 0 }].values();
  const bundleDigest = 'd'.repeat(64) as BundleDigest;
  const shapes = { totals: SHAPE };
  const { written } = await writeCheckpoint(api.objects, {
    ...{ path, engineVersion: '0.1.0', tenantId, jobId, revision: 1, bundleDigest, shapes, parent: undefined },
    snapshot: { timeline: 1, batchId: 1, batchTimeMs: 0, offsets: {}, next: async () => left.next().value },
    pendingPlans: [],
  });
  const checkpoint = {
    ...{ id: api.ids.next('checkpoint'), tenantId, jobId, timeline: 1, batchId: 1, batchTimeMs: 0, epoch: 1 },
    ...{ revision: 1, bundleDigest, path, buildsOn: [], offsets: {}, shapes, verifiedAt: undefined },
    ...{ status: 'complete' as const, kind: 'checkpoint' as const, manifestSha256: written.manifestSha256 },
    ...{ stateRows: 1, stateBytes: written.stateBytes, ownBytes: written.bytesWritten },
    ...{ createdAt: new Date(0), completedAt: new Date(0) },
  };
  api.tenant.checkpoints.push({ ...checkpoint, ...more });
  return checkpoint;
}
