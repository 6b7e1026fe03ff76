import { Injectable } from '@nestjs/common';
import { checkpointObjects, ObjectStore, type CheckpointObject } from '@tidemark/checkpoint';
import {
  isTidemarkError,
  JobStores,
  TidemarkError,
  type CheckpointId,
  type JobId,
  type TenantId,
} from '@tidemark/domain';
import { existingJob } from '../inspect/existing-job.js';
import { completeCheckpoint, type CompleteCheckpoint } from '../inspect/read-state.js';
import { Turnstile } from '../submit/turnstile.js';
import type { Sending } from '../transport/sending.js';

/** An object has some 16 MiB, or as much as one key has state, and is in memory until it was sent. */
const DOWNLOADS = {
  ...{ what: 'downloads of state', atOnce: 8, atOncePerKey: 4 },
  ...{ waitingMax: 64, waitingMaxPerKey: 16 },
  ...{ keptMax: 16, keptMaxPerKey: 4 },
} as const;

interface Wanted {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly checkpointId: CheckpointId;
}

/** Hands out the objects of a checkpoint as they are stored: whoever reads them holds them against their SHA-256. */
@Injectable()
export class ReadObjects {
  private readonly downloads = new Turnstile(DOWNLOADS);

  constructor(
    private readonly stores: JobStores,
    private readonly objects: ObjectStore,
  ) {}

  async list(
    wanted: Wanted,
  ): Promise<{ readonly checkpoint: CompleteCheckpoint; readonly objects: readonly CheckpointObject[] }> {
    return this.reading(wanted, async (checkpoint) => ({
      checkpoint,
      objects: await checkpointObjects(this.objects, checkpoint.path, checkpoint.manifestSha256),
    }));
  }

  /** Throws `thing_not_found` for an object that is not of this checkpoint, and `too_many_at_once`. */
  async one(wanted: Wanted, sha256: string, sending: Sending): Promise<Uint8Array> {
    return this.reading(wanted, async ({ path, manifestSha256 }) => {
      const object = (await checkpointObjects(this.objects, path, manifestSha256)).find(
        (each) => each.sha256 === sha256,
      );
      if (object === undefined) throw new TidemarkError('thing_not_found', { thing: 'object', id: sha256 });
      return this.downloads.pass(wanted.tenantId, () => this.objects.get(object.path), sending);
    });
  }

  private async reading<T>(
    { tenantId, jobId, checkpointId }: Wanted,
    read: (checkpoint: CompleteCheckpoint) => Promise<T>,
  ): Promise<T> {
    const store = this.stores.forTenant(tenantId);
    await existingJob(store, jobId);
    const find = async (): Promise<CompleteCheckpoint> =>
      completeCheckpoint(checkpointId, await store.findCheckpoint(jobId, checkpointId));
    const checkpoint = await find();
    try {
      return await read(checkpoint);
    } catch (error) {
      if (!isTidemarkError(error) || !DAMAGE.includes(error.code)) throw error;
      // What was deleted while it was read is not damaged.
      await find();
      throw new TidemarkError('checkpoint_corrupt', { checkpointId }, { cause: error });
    }
  }
}

const DAMAGE: readonly string[] = ['checkpoint_unreadable', 'object_missing'];
