import { setImmediate as nextTurn } from 'node:timers/promises';
import { own } from '@tidemark/domain';
import { checkedBlocksOf, plainBytesOf } from '../block-file.js';
import type { AnyManifest, StateFile } from '../manifest.js';
import type { ManifestV1 } from '../manifest-v1.js';
import { filesOf, refuseStrayFiles } from '../read-state.js';
import { openStateV1 } from '../read-state-v1.js';
import { readBlock, type BlockView } from '../state-block.js';
import type { StoredObjects } from '../stored-objects.js';

/**
 * The blocks of one operator, the last that is applied first, so that the first row of a key is the one that counts. Every
 * file is held against its SHA-256 before a byte of it is used. Two files at most are in memory at a time.
 *
 * @param skipped how many files, of those that are applied first, are left out; none of format 1.
 * Throws `checkpoint_unreadable`, and only a run to the end has checked every file.
 */
export async function* blocksNewestFirst(
  objects: StoredObjects,
  manifest: AnyManifest,
  uid: string,
  skipped = 0,
): AsyncGenerator<BlockView> {
  if (manifest.format === 1) {
    yield* blocksOfV1(objects, manifest, uid);
    return;
  }
  refuseStrayFiles(objects, manifest, uid);
  const files = filesOf(manifest, uid).slice(skipped).reverse();
  let opening = opened(objects, files[0]);
  for (let next = 1; opening !== undefined; next += 1) {
    const blocks = await opening;
    opening = opened(objects, files[next]);
    for (let block = blocks.pop(); block !== undefined; block = blocks.pop()) {
      yield block;
      await nextTurn();
    }
  }
}

/** The blocks of a file, in its order. */
function opened(objects: StoredObjects, file: StateFile | undefined): Promise<BlockView[]> | undefined {
  if (file === undefined) return undefined;
  const opening = readFile(objects, file);
  // Its failure is told when its turn has come, if it comes.
  opening.catch(() => undefined);
  return opening;
}

async function readFile(objects: StoredObjects, file: StateFile): Promise<BlockView[]> {
  const refuse = objects.refuse(file.path, file.in);
  const plain = await plainBytesOf(await objects.verified(file.path, file), file, refuse);
  const views: BlockView[] = [];
  for (const { view } of checkedBlocksOf(plain, file, refuse)) {
    views.push(view);
    await nextTurn();
  }
  return views;
}

/** No key is twice in format 1, so that any order will do. */
async function* blocksOfV1(objects: StoredObjects, manifest: ManifestV1, uid: string): AsyncGenerator<BlockView> {
  const operator = own(manifest.operators, uid);
  if (operator === undefined) return;
  const blocks = await openStateV1(objects, { ...manifest, operators: { [uid]: operator } });
  for await (const bytes of blocks(uid)) yield readBlock(bytes);
}
