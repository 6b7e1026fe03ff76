import type { ObjectStore } from './object-store.port.js';
import type { StateFile } from './manifest.js';
import type { StateFileV1 } from './manifest-v1.js';
import { verifiedManifest } from './read-checkpoint.js';
import { StoredObjects } from './stored-objects.js';

/**
 * Reads back what a restore would read, one file at a time, and holds each against its SHA-256. Files in a folder of
 * `known` are passed over: the caller knows that they were read back. Answers with the bytes that were read.
 *
 * Throws `checkpoint_unreadable` with the file and what is wrong with it, and `checkpoint_version_unknown`. Other errors
 * are the store's own and say nothing about the checkpoint.
 */
export async function verifyCheckpoint(
  store: ObjectStore,
  {
    path,
    manifestSha256,
    known,
  }: {
    readonly path: string;
    readonly manifestSha256: string;
    readonly known: readonly string[];
  },
): Promise<{ readonly bytesRead: number }> {
  const objects = new StoredObjects(store, path);
  const { manifest, bytes } = await verifiedManifest(objects, path, manifestSha256);
  let bytesRead = bytes;
  const operators: readonly { readonly files: readonly (StateFile | StateFileV1)[] }[] = Object.values(
    manifest.operators,
  );
  for (const file of operators.flatMap(({ files }) => files)) {
    if ('in' in file && file.in !== undefined && known.includes(file.in)) continue;
    bytesRead += (await objects.verified(file.path, file)).length;
  }
  return { bytesRead };
}
