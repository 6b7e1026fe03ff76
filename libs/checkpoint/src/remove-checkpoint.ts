import { MANIFEST_NAME } from './manifest-parts.js';
import type { ObjectStore } from './object-store.port.js';

/**
 * Removes the objects of a checkpoint, or of an unfinished attempt at one. The manifest goes last: as long as there is
 * anything to remove, a whole checkpoint still says what it was. Can be called again after a failure.
 */
export async function removeCheckpoint(store: ObjectStore, path: string): Promise<void> {
  const manifest = `${path}/${MANIFEST_NAME}`;
  for (const object of await store.list(path)) if (object !== manifest) await store.remove(object);
  await store.remove(manifest);
}
