import { own } from '@tidemark/domain';
import type { AnyManifest } from './manifest.js';
import type { ObjectStore } from './object-store.port.js';
import { openManifest } from './read-checkpoint.js';
import { filesOf, openState } from './read-state.js';
import { openStateV1 } from './read-state-v1.js';
import type { StoredObjects } from './stored-objects.js';

/** The state of single operators, for trying something with it: no way to restore a job. */
export interface OpenedCheckpoint {
  /** Over all files of the operator: a key that was written again counts again. 0 for one that the checkpoint does not have. */
  rowsOf(uid: string): number;
  /**
   * The state blocks of one operator in the order in which they are applied. A file is held against its SHA-256 before a
   * byte of it is used, and let go before the next one but one is read: memory does not grow with the state. Throws
   * `checkpoint_unreadable`, and only a run to the end has checked every file.
   */
  blocks(uid: string): AsyncIterable<Uint8Array>;
}

/** Reads the manifest and nothing else. Throws as `readCheckpoint` does. */
export async function openCheckpoint(
  store: ObjectStore,
  path: string,
  manifestSha256: string,
): Promise<OpenedCheckpoint> {
  const { objects, manifest } = await openManifest(store, path, manifestSha256);
  const operators: { readonly [uid: string]: { readonly files: readonly { readonly rows: number }[] } } =
    manifest.operators;
  return {
    rowsOf: (uid) => (own(operators, uid)?.files ?? []).reduce((sum, { rows }) => sum + rows, 0),
    blocks: (uid) => blocksOf(objects, manifest, uid),
  };
}

async function* blocksOf(objects: StoredObjects, manifest: AnyManifest, uid: string): AsyncGenerator<Uint8Array> {
  if (manifest.format === 1) {
    const operator = own(manifest.operators, uid);
    if (operator === undefined) return;
    yield* (await openStateV1(objects, { ...manifest, operators: { [uid]: operator } }))(uid);
    return;
  }
  const { buildsOn } = manifest;
  for (const file of filesOf(manifest, uid)) {
    yield* (await openState(objects, { buildsOn, operators: { [uid]: { files: [file] } } }))(uid);
  }
}
