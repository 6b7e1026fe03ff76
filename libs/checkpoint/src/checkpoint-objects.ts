import { MANIFEST_NAME } from './manifest-parts.js';
import type { StateFile } from './manifest.js';
import type { StateFileV1 } from './manifest-v1.js';
import type { ObjectStore } from './object-store.port.js';
import { verifiedManifest } from './read-checkpoint.js';
import { StoredObjects } from './stored-objects.js';

/** An object that a restore of a checkpoint reads. */
export interface CheckpointObject {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * All that a reader needs to open the checkpoint elsewhere: its manifest first, then the files of its state, also those in
 * folders of checkpoints that it builds on. Reads the manifest alone. Throws as `readCheckpoint` does for that.
 */
export async function checkpointObjects(
  store: ObjectStore,
  path: string,
  manifestSha256: string,
): Promise<readonly CheckpointObject[]> {
  const { manifest, bytes } = await verifiedManifest(new StoredObjects(store, path), path, manifestSha256);
  const operators: readonly { readonly files: readonly (StateFile | StateFileV1)[] }[] = Object.values(
    manifest.operators,
  );
  const files = operators.flatMap(({ files }) =>
    files.map((file) => {
      const folder = 'in' in file ? (file.in ?? path) : path;
      return { path: `${folder}/${file.path}`, bytes: file.bytes, sha256: file.sha256 };
    }),
  );
  return [{ path: `${path}/${MANIFEST_NAME}`, bytes, sha256: manifestSha256 }, ...files];
}
