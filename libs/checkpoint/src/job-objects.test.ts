import type { CheckpointId, JobId, TenantId } from '@tidemark/domain';
import { expect, it } from 'vitest';
import { checkpointPath } from './checkpoint-path.js';
import { InMemoryObjectStore } from './in-memory-object-store.js';
import { removeJobObjects, walFolder } from './job-objects.js';

const job = { tenantId: 'tnt_1' as TenantId, jobId: 'job_1' as JobId };
const attempt = { timeline: 1, batchId: 2, epoch: 3, unique: 'ckp_1' as CheckpointId };

it("removes a deleted job's checkpoints and stored records, and nothing of another job", async () => {
  const store = new InMemoryObjectStore();
  const bytes = new Uint8Array(1);
  const other = { ...job, jobId: 'job_11' as JobId };
  for (const each of [job, other]) {
    await store.put(`${checkpointPath({ ...each, ...attempt })}/manifest.json`, bytes);
    await store.put(`${walFolder(each)}/lines/t1-b2.ndjson`, bytes);
  }

  await removeJobObjects(store, job);
  await removeJobObjects(store, job);

  expect([...(await store.list(job.tenantId)), ...(await store.list('wal'))]).toEqual([
    `${checkpointPath({ ...other, ...attempt })}/manifest.json`,
    `${walFolder(other)}/lines/t1-b2.ndjson`,
  ]);
});
