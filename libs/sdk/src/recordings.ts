import type { BatchInput, BundleCode, CheckpointObjects } from '@tidemark/contracts';
import type { Http } from './http.js';
import { jobPath, type Cancellable } from './requests.js';

/**
 * What it takes to run a job's batches again somewhere else: its code, its state, and what its batches have read. Every
 * method throws `TidemarkApiError` and `TidemarkConnectionError`.
 */
export class Recordings {
  constructor(private readonly http: Http) {}

  /** The JavaScript of a bundle, and its source map. */
  bundleCode(digest: string, { signal }: Cancellable = {}): Promise<BundleCode> {
    const path = `/v1/bundles/${encodeURIComponent(digest)}/code`;
    return this.http.json({ method: 'GET', path, repeatable: true, signal });
  }

  /**
   * What a committed batch has read, read again from the job's sources. Throws `TidemarkApiError` with code `offsets_expired`
   * or `partition_replaced` where a source no longer holds it, and `batch_input_too_large`.
   */
  batchInput(
    jobId: string,
    { timeline, batchId }: { readonly timeline: number; readonly batchId: number },
    { signal }: Cancellable = {},
  ): Promise<BatchInput> {
    const path = `${jobPath(jobId)}/batches/${timeline}/${batchId}/input`;
    return this.http.json({ method: 'GET', path, repeatable: true, signal });
  }

  /** The stored objects of a checkpoint: its manifest, and the files of its state. */
  checkpointObjects(jobId: string, checkpointId: string, { signal }: Cancellable = {}): Promise<CheckpointObjects> {
    return this.http.json({ method: 'GET', path: objectsPathOf(jobId, checkpointId), repeatable: true, signal });
  }

  /** One of them, by its SHA-256. The bytes are as they came: hold them against it. */
  checkpointObject(
    jobId: string,
    checkpointId: string,
    sha256: string,
    { signal }: Cancellable = {},
  ): Promise<Uint8Array> {
    const path = `${objectsPathOf(jobId, checkpointId)}/${encodeURIComponent(sha256)}`;
    return this.http.bytes({ method: 'GET', path, repeatable: true, signal });
  }
}

const objectsPathOf = (jobId: string, checkpointId: string): string =>
  `${jobPath(jobId)}/checkpoints/${encodeURIComponent(checkpointId)}/objects`;
