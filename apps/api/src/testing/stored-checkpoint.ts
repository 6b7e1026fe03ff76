import { checkpointPath, encodeBlock, writeCheckpoint } from '@tidemark/checkpoint';
import type { BundleDigest, Checkpoint, JobId, StateShape } from '@tidemark/domain';
import type { ApiUnderTest } from './api-under-test.js';

const SHAPE: StateShape = {
  ...{ kind: 'fold', key: 'json', value: 'json', parameters: {} },
  codec: { name: 'fold', version: 1 },
};

/** A checkpoint whose objects are there: of the key "ATL" with the state 7, or with these values by key. */
export async function aStoredCheckpoint(
  api: ApiUnderTest,
  jobId: JobId,
  more: Partial<Checkpoint> = {},
  values: { readonly [key: string]: unknown } = { ATL: 7 },
): Promise<Checkpoint & { readonly manifestSha256: string }> {
  const { tenantId } = api;
  const path = checkpointPath({ tenantId, jobId, timeline: 1, batchId: 1, epoch: 1, unique: 'one' });
  const bytes = encodeBlock({
    ...{ table: 'state', clear: false, columns: [{ name: 'value', type: 'json' }], deleted: [] },
    rows: Object.entries(values).map(([key, value]) => ({
      ...{ slot: 5, key: JSON.stringify(key), values: [JSON.stringify(value)] },
    })),
  });
  const left = [{ uid: 'totals', bytes, rows: Object.keys(values).length, deleted: 0 }].values();
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
    ...{ stateRows: written.stateRows, stateBytes: written.stateBytes, ownBytes: written.bytesWritten },
    ...{ createdAt: new Date(0), completedAt: new Date(0) },
  };
  api.tenant.checkpoints.push({ ...checkpoint, ...more });
  return checkpoint;
}
