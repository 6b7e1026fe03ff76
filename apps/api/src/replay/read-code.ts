import { Injectable } from '@nestjs/common';
import { ObjectStore } from '@tidemark/checkpoint';
import { bundlePaths, isTidemarkError, JobStores, TidemarkError, type TenantId } from '@tidemark/domain';
import { Turnstile } from '../submit/turnstile.js';
import { existingBundle } from '../submit/upload-bundle.js';
import type { Sending } from '../transport/sending.js';
import type { BundleCodeAnswer } from './replay.answers.js';

/** Code and map have 10 MiB each at most, and are there twice or more while they are sent. */
const DOWNLOADS = {
  ...{ what: 'downloads of bundles', atOnce: 4, atOncePerKey: 2 },
  ...{ waitingMax: 64, waitingMaxPerKey: 16 },
  ...{ keptMax: 12, keptMaxPerKey: 2 },
} as const;

/** Hands out the code of a bundle as it was uploaded. */
@Injectable()
export class ReadCode {
  private readonly downloads = new Turnstile(DOWNLOADS);

  constructor(
    private readonly stores: JobStores,
    private readonly objects: ObjectStore,
  ) {}

  /** Throws `thing_not_found` and `too_many_at_once`. */
  async run(tenantId: TenantId, digest: string, sending: Sending): Promise<BundleCodeAnswer> {
    const bundle = await existingBundle(this.stores, tenantId, digest);
    const paths = bundlePaths(tenantId, bundle.digest);
    const read = async (): Promise<BundleCodeAnswer> => {
      const code = await this.textAt(paths.code);
      if (code === null) throw new TidemarkError('thing_not_found', { thing: 'bundle', id: digest });
      return { digest: bundle.digest, code, sourceMap: await this.textAt(paths.map) };
    };
    return this.downloads.pass(tenantId, read, sending);
  }

  private async textAt(path: string): Promise<string | null> {
    try {
      return new TextDecoder().decode(await this.objects.get(path));
    } catch (error) {
      if (isTidemarkError(error) && error.code === 'object_missing') return null;
      throw error;
    }
  }
}
