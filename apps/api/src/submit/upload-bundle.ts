import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ObjectStore } from '@tidemark/checkpoint';
import {
  bundlePaths,
  Clock,
  isTidemarkError,
  JobStores,
  TidemarkError,
  type Bundle,
  type BundleDigest,
  type TenantId,
} from '@tidemark/domain';
import { BundleInspector, type BundleFiles } from './bundle-inspector.js';
import { Turnstile } from './turnstile.js';

const INSPECTIONS = { what: 'bundles', atOnce: 2, atOncePerKey: 1, waitingMax: 64, waitingMaxPerKey: 16 } as const;

/** Accepts a bundle. When this resolves its objects and its row are durable; the same code again is the same bundle. */
@Injectable()
export class UploadBundle {
  /** A sandbox costs memory and a core; a queue without end would cost the caller's patience. */
  private readonly inspections = new Turnstile(INSPECTIONS);

  constructor(
    private readonly stores: JobStores,
    private readonly objects: ObjectStore,
    private readonly inspector: BundleInspector,
    private readonly clock: Clock,
  ) {}

  async run(tenantId: TenantId, files: BundleFiles): Promise<Bundle> {
    const store = this.stores.forTenant(tenantId);
    const bytes = Buffer.from(files.code);
    const digest = createHash('sha256').update(bytes).digest('hex') as BundleDigest;
    const known = await store.findBundle(digest);
    const manifest = known?.manifest ?? (await this.inspections.pass(tenantId, () => this.inspector.inspect(files)));
    const paths = bundlePaths(tenantId, digest);
    // The map first: a bundle whose code is there is complete.
    if (files.sourceMap !== undefined) await this.putOnce(paths.map, Buffer.from(files.sourceMap));
    if (known !== undefined) {
      await this.putBack(paths.code, bytes);
      return known;
    }
    await this.putOnce(paths.code, bytes);
    const bundle: Bundle = { tenantId, digest, bytes: bytes.length, manifest, createdAt: new Date(this.clock.nowMs()) };
    await store.saveBundle(bundle);
    return bundle;
  }

  /** The store may have lost it: its disk was, or another folder is the installation's store now. */
  private async putBack(path: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.objects.get(path);
    } catch (error) {
      if (!(isTidemarkError(error) && error.code === 'object_missing')) throw error;
      await this.putOnce(path, bytes);
    }
  }

  private async putOnce(path: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.objects.put(path, bytes);
    } catch (error) {
      // The path is named after the code: what lies there was put by an earlier upload of the same bundle.
      if (!(isTidemarkError(error) && error.code === 'object_exists')) throw error;
    }
  }
}

/** The bundle of this digest. Throws `thing_not_found`. */
export async function existingBundle(stores: JobStores, tenantId: TenantId, digest: string): Promise<Bundle> {
  const known = /^[0-9a-f]{64}$/.test(digest);
  const bundle = known ? await stores.forTenant(tenantId).findBundle(digest as BundleDigest) : undefined;
  if (bundle === undefined) throw new TidemarkError('thing_not_found', { thing: 'bundle', id: digest });
  return bundle;
}
