import { Injectable, type PipeTransform } from '@nestjs/common';
import {
  isId,
  TidemarkError,
  type BundleManifest,
  type CheckpointId,
  type Job,
  type JobId,
  type JobStore,
  type Revision,
} from '@tidemark/domain';

/** The job of this id. Throws `thing_not_found`, also for another tenant's: its existence is nobody's business. */
export async function existingJob(store: JobStore, id: JobId): Promise<Job> {
  const job = await store.find(id);
  if (job === undefined) throw new TidemarkError('thing_not_found', { thing: 'job', id });
  return job;
}

/** A revision of a job with what its bundle says of itself. Throws `thing_not_found`. */
export async function existingRevision(
  store: JobStore,
  id: JobId,
  number: number,
): Promise<{ readonly revision: Revision; readonly manifest: BundleManifest }> {
  const revision = await store.findRevision(id, number);
  if (revision === undefined) throw new TidemarkError('thing_not_found', { thing: 'revision', id: String(number) });
  const bundle = await store.findBundle(revision.bundleDigest);
  if (bundle === undefined) throw new TidemarkError('thing_not_found', { thing: 'bundle', id: revision.bundleDigest });
  return { revision, manifest: bundle.manifest };
}

/** The `{id}` of a job's path. A text that cannot be an id names no job. */
@Injectable()
export class JobIdPipe implements PipeTransform<string, JobId> {
  transform(text: string): JobId {
    if (!isId('job', text)) throw new TidemarkError('thing_not_found', { thing: 'job', id: text });
    return text;
  }
}

/** The id of a checkpoint in a path. A text that cannot be an id names no checkpoint. */
@Injectable()
export class CheckpointIdPipe implements PipeTransform<string, CheckpointId> {
  transform(text: string): CheckpointId {
    if (!isId('checkpoint', text)) throw new TidemarkError('thing_not_found', { thing: 'checkpoint', id: text });
    return text;
  }
}
