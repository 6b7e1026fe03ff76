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
    const paths = bundlePaths(tenantId, digest);
    const map = await this.missing(paths.map, files.sourceMap);
    const manifest =
      known !== undefined && map === undefined
        ? known.manifest
        : await this.inspections.pass(tenantId, () => this.inspect(files, { map, known }));
    // The map first: a bundle whose code is there is complete.
    if (map !== undefined) await this.putOnce(paths.map, Buffer.from(map));
    // The store may have lost the code of a known one: its disk was, or another folder is the installation's store now.
    if (known === undefined || !(await this.isThere(paths.code))) await this.putOnce(paths.code, bytes);
    if (known !== undefined) return known;
    const bundle: Bundle = { tenantId, digest, bytes: bytes.length, manifest, createdAt: new Date(this.clock.nowMs()) };
    await store.saveBundle(bundle);
    return bundle;
  }

  /** Nothing is put that was not looked at; of a known bundle only the map can be new. */
  private async inspect(
    files: BundleFiles,
    { map, known }: { readonly map: string | undefined; readonly known: Bundle | undefined },
  ): Promise<Bundle['manifest']> {
    if (map !== undefined) this.inspector.inspectMap(map);
    return known?.manifest ?? this.inspector.inspect(files);
  }

  /** The text, unless there is one at its path: the first stays. */
  private async missing(path: string, text: string | undefined): Promise<string | undefined> {
    return text === undefined || (await this.isThere(path)) ? undefined : text;
  }

  private async isThere(path: string): Promise<boolean> {
    try {
      await this.objects.get(path);
      return true;
    } catch (error) {
      if (!(isTidemarkError(error) && error.code === 'object_missing')) throw error;
      return false;
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
