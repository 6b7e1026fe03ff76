import { encodeBlock } from './encode-block.js';
import type { ManifestV1, StateFileV1 } from './manifest-v1.js';
import { MANIFEST_NAME } from './manifest-parts.js';
import { decodeStateV1 } from './state-file-v1.js';
import type { StoredObjects } from './stored-objects.js';

/** The table and the column that the rows of format 1 become. */
const TABLE = 'state';
const COLUMNS = [{ name: 'value', type: 'json' }] as const;

/** Verifies all state files of a checkpoint of format 1; answers with the blocks that their rows become, by uid. */
export async function openStateV1(
  objects: StoredObjects,
  manifest: ManifestV1,
): Promise<(uid: string) => AsyncIterable<Uint8Array>> {
  const stored = new Map<string, { readonly file: StateFileV1; readonly bytes: Uint8Array }[]>();
  for (const [uid, operator] of Object.entries(manifest.operators)) {
    const files = [];
    for (const file of operator.files) files.push({ file, bytes: await objects.verified(file.path, file) });
    if (operator.files.reduce((sum, file) => sum + file.rows, 0) !== operator.rows) {
      throw objects.refuse(MANIFEST_NAME)(`the files of "${uid}" do not add up to its ${operator.rows} rows`);
    }
    stored.set(uid, files);
  }
  return async function* blocks(uid) {
    for (const { file, bytes } of stored.get(uid) ?? []) {
      for await (const chunk of decodeStateV1(bytes, { uid, file }, objects.refuse(file.path))) {
        const rows = chunk.map(({ slot, key, value }) => ({ slot, key, values: [value] }));
        yield encodeBlock({ table: TABLE, clear: false, columns: COLUMNS, rows, deleted: [] });
      }
    }
  };
}
