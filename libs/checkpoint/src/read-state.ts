import { setImmediate as nextTurn } from 'node:timers/promises';
import { own } from '@tidemark/domain';
import { blocksOf, plainBytesOf } from './block-file.js';
import type { StateFile, StateFiles } from './manifest.js';
import { MANIFEST_NAME } from './manifest-parts.js';
import type { StoredObjects } from './stored-objects.js';

interface StoredFile {
  readonly file: StateFile;
  readonly bytes: Uint8Array;
}

/** Verifies every file of a checkpoint's state, each in its own folder; answers with its blocks, by uid. */
export async function openState(
  objects: StoredObjects,
  manifest: StateFiles,
): Promise<(uid: string) => AsyncIterable<Uint8Array>> {
  const stored = new Map<string, StoredFile[]>();
  for (const [uid, { files }] of Object.entries(manifest.operators)) {
    const verified: StoredFile[] = [];
    refuseStrayFiles(objects, manifest, uid);
    for (const file of files) {
      verified.push({ file, bytes: await objects.verified(file.path, file) });
    }
    stored.set(uid, verified);
  }
  return (uid) => blocks(objects, stored.get(uid) ?? []);
}

/** In the order in which they are applied; none of an operator that the checkpoint does not have. */
export const filesOf = ({ operators }: StateFiles, uid: string): readonly StateFile[] =>
  own(operators, uid)?.files ?? [];

/** Throws where a file of an operator lies in a folder that the checkpoint does not build on. */
export function refuseStrayFiles(objects: StoredObjects, manifest: StateFiles, uid: string): void {
  for (const { in: folder } of filesOf(manifest, uid)) {
    if (folder !== undefined && !manifest.buildsOn.includes(folder)) {
      throw objects.refuse(MANIFEST_NAME)(`"${uid}" has a file in ${folder}, which it does not build on`);
    }
  }
}

/** While the blocks of one file are used, the next file is decompressed. */
async function* blocks(objects: StoredObjects, files: readonly StoredFile[]): AsyncGenerator<Uint8Array> {
  const open = (index: number): Promise<Iterable<Uint8Array>> | undefined => {
    const next = files[index];
    if (next === undefined) return undefined;
    const refuse = objects.refuse(next.file.path, next.file.in);
    const opened = plainBytesOf(next.bytes, next.file, refuse).then((plain) => blocksOf(plain, next.file, refuse));
    // Its failure is told when its turn has come, if it comes.
    opened.catch(() => undefined);
    return opened;
  };
  let opening = open(0);
  for (let index = 1; opening !== undefined; index += 1) {
    const opened: Iterable<Uint8Array> = await opening;
    opening = open(index);
    for (const block of opened) {
      yield block;
      // Checking the next one takes up to a millisecond, and batches of other jobs run in this process too.
      await nextTurn();
    }
  }
}
