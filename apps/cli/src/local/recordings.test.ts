import { createHash } from 'node:crypto';
import { checkpointPath, encodeBlock, InMemoryObjectStore, writeCheckpoint } from '@tidemark/checkpoint';
import type { BundleDigest, JobId, StateShape, TenantId } from '@tidemark/domain';
import type { Checkpoint, CheckpointObjects, Tidemark } from '@tidemark/sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import { stateOf } from './recordings.js';

const tenantId = `tnt_${'a'.repeat(32)}` as TenantId;
const jobId = `job_${'b'.repeat(32)}` as JobId;
const shape: StateShape = {
  ...{ kind: 'fold', key: 'json', value: 'json', parameters: {} },
  codec: { name: 'fold', version: 1 },
};
const shapes = { totals: shape };
const checkpoint = { id: 'ckp_1', shapes } as unknown as Checkpoint;

let objects: CheckpointObjects;
let stored: Map<string, Uint8Array>;
beforeEach(async () => {
  const store = new InMemoryObjectStore();
  const path = checkpointPath({ tenantId, jobId, timeline: 1, batchId: 1, epoch: 1, unique: 'one' });
  const bytes = encodeBlock({
    ...{ table: 'state', clear: false, columns: [{ name: 'value', type: 'json' }], deleted: [] },
    rows: [{ slot: 5, key: '"ATL"', values: ['7'] }],
  });
  const left = [{ uid: 'totals', bytes, rows: 1, deleted: 0 }].values();
  const bundleDigest = 'd'.repeat(64) as BundleDigest;
  const { written } = await writeCheckpoint(store, {
    ...{ path, engineVersion: '0.1.0', tenantId, jobId, revision: 1, bundleDigest, shapes, parent: undefined },
    snapshot: { timeline: 1, batchId: 1, batchTimeMs: 0, offsets: {}, next: async () => left.next().value },
    pendingPlans: [],
  });
  stored = new Map();
  const listed: CheckpointObjects['objects'][number][] = [];
  for (const name of await store.list(tenantId)) {
    const object = await store.get(name);
    const sha256 = createHash('sha256').update(object).digest('hex');
    stored.set(sha256, object);
    listed.push({ path: name, bytes: object.length, sha256 });
  }
  objects = { path, manifestSha256: written.manifestSha256, objects: listed };
});

const fetched: string[] = [];
const service = {
  recordings: {
    checkpointObjects: () => Promise.resolve(objects),
    checkpointObject: (_job: string, _checkpoint: string, sha256: string) => {
      fetched.push(sha256);
      return Promise.resolve(stored.get(sha256));
    },
  },
} as unknown as Tidemark;

const MIB = 1024 * 1024;

describe("a checkpoint's state", () => {
  it('is downloaded, and is what the job has kept', async () => {
    const blocks: Uint8Array[] = [];
    for await (const block of (await stateOf(service, jobId, checkpoint, MIB)).blocks('totals')) blocks.push(block);
    expect(blocks).toHaveLength(1);
  });

  it('is refused if a byte of it has changed on the way', async () => {
    const [[sha256, bytes] = ['', new Uint8Array()]] = [...stored].filter(([name]) => name !== objects.manifestSha256);
    stored.set(
      sha256,
      Uint8Array.from(bytes, (byte, index) => (index === bytes.length >> 1 ? byte ^ 1 : byte)),
    );
    await expect(stateOf(service, jobId, checkpoint, MIB)).rejects.toMatchObject({ code: 'checkpoint_unreadable' });
  });

  it('is not downloaded, not even a part of it, where it is larger than what was allowed', async () => {
    fetched.length = 0;
    await expect(stateOf(service, jobId, checkpoint, 100)).rejects.toThrow(
      /has \d+ bytes, and at most 100 are downloaded/,
    );
    expect(fetched).toEqual([]);
  });
});
