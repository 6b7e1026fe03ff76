import type { JobId, TenantId } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { attemptOf, progressInStore } from './attempt.js';
import { InMemoryObjectStore } from './in-memory-object-store.js';

const job = { tenantId: 'tnt_1' as TenantId, jobId: 'job_1' as JobId };

async function storeWith(...paths: readonly string[]): Promise<InMemoryObjectStore> {
  const store = new InMemoryObjectStore();
  for (const path of paths) await store.put(path, new Uint8Array());
  return store;
}

describe('how far a job has come by its objects', () => {
  it('is the last batch and epoch of the last timeline, by number and not by letter', async () => {
    const store = await storeWith(
      'tnt_1/job_1/t9/b400-e3-x/manifest.json',
      'tnt_1/job_1/t10/b9-e12-x/manifest.json',
      'tnt_1/job_1/t10/b100-e11-x/state/1',
      'tnt_1/job_1/t10/notes/1',
      'tnt_1/job_2/t99/b1-e1-x/manifest.json',
    );
    expect(await progressInStore(store, job)).toEqual({ timeline: 10, batchId: 100, epoch: 12 });
  });

  it('is nothing where there are none', async () => {
    expect(await progressInStore(await storeWith('wal/tnt_1/job_1/lines/1'), job)).toBeUndefined();
  });
});

describe('the attempt at a checkpoint', () => {
  it('is told by the path of any of its objects, and of nothing else', () => {
    const folder = 'tnt_1/job_1/t2/b41-e5-0192-abc';
    const expected = { folder, progress: { timeline: 2, batchId: 41, epoch: 5 } };
    expect(attemptOf(`${folder}/state/1`)).toEqual(expected);
    expect(attemptOf(folder)).toEqual(expected);
    for (const other of ['tnt_1/job_1/x', 'wal/tnt_1/job_1/lines/1', 'installation.json'])
      expect(attemptOf(other)).toBeUndefined();
  });
});
