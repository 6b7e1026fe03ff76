import { Injectable } from '@nestjs/common';
import { ObjectStore } from '@tidemark/checkpoint';
import { bundlePaths, isTidemarkError, JobStores, TidemarkError, type TenantId } from '@tidemark/domain';
import { existingBundle } from '../submit/upload-bundle.js';
import type { BundleCodeAnswer } from './replay.answers.js';

/** Hands out the code of a bundle as it was uploaded. */
@Injectable()
export class ReadCode {
  constructor(
    private readonly stores: JobStores,
    private readonly objects: ObjectStore,
  ) {}

  /** Throws `thing_not_found`. */
  async run(tenantId: TenantId, digest: string): Promise<BundleCodeAnswer> {
    const bundle = await existingBundle(this.stores, tenantId, digest);
    const paths = bundlePaths(tenantId, bundle.digest);
    const code = await this.textAt(paths.code);
    if (code === null) throw new TidemarkError('thing_not_found', { thing: 'bundle', id: digest });
    return { digest: bundle.digest, code, sourceMap: await this.textAt(paths.map) };
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
