import {
  isTidemarkError,
  TidemarkError,
  type ExpectedObjects,
  type InstallationId,
  type Installations,
} from '@tidemark/domain';
import { z } from 'zod';
import { MANIFEST_NAME } from './manifest-parts.js';
import type { ObjectStore } from './object-store.port.js';

/**
 * The one object at the root of a store, written once: to which installation the store belongs.
 *
 * ```json
 * { "format": 1, "installation": "ins_0199f0c2a5d07c3e8d3f5b1c2a4e6f70" }
 * ```
 */
export const MARK_PATH = 'installation.json';

const mark = z.object({ format: z.literal(1), installation: z.string() });

/**
 * Makes sure that database and object store belong together, before anything else is done with either. A store without
 * a mark is marked if it is this installation's first, or the one that it has used since before there were marks.
 *
 * Throws `store_of_another_installation`, `store_not_marked`, `store_without_objects`, `store_mark_unreadable`.
 *
 * @param adopt an operator's word that a store without a mark is meant: the id of the installation that is to have it
 */
export async function claimStore(
  store: ObjectStore,
  installations: Installations,
  { adopt }: { readonly adopt?: string | undefined } = {},
): Promise<InstallationId> {
  const { id, storeMarked } = await installations.find();
  if ((await isMarkedFor(store, id)) && storeMarked) return id;
  await installations.markStore(async (installation, expected) => {
    // Others may have marked it while this one waited for its turn.
    if (await isMarkedFor(store, id)) return;
    if (adopt !== id) {
      if (installation.storeMarked) throw new TidemarkError('store_not_marked', { installationId: id });
      await demandObjects(store, expected, id);
    }
    await store.put(MARK_PATH, new TextEncoder().encode(`${JSON.stringify({ format: 1, installation: id })}\n`));
  });
  return id;
}

/** Throws as `claimStore` does where the two do not belong together any more; changes nothing. */
export async function checkStore(store: ObjectStore, installations: Installations): Promise<void> {
  const { id } = await installations.find();
  if (!(await isMarkedFor(store, id))) throw new TidemarkError('store_not_marked', { installationId: id });
}

/** False where there is no mark. */
async function isMarkedFor(store: ObjectStore, installationId: InstallationId): Promise<boolean> {
  const bytes = await found(store, MARK_PATH);
  if (bytes === undefined) return false;
  const read = mark.safeParse(jsonOf(bytes));
  if (!read.success) throw new TidemarkError('store_mark_unreadable', { path: MARK_PATH });
  const { installation } = read.data;
  if (installation === installationId) return true;
  throw new TidemarkError('store_of_another_installation', { installationId, found: installation });
}

/** One of them is enough: what is missing beside it is found by the sweep. */
async function demandObjects(store: ObjectStore, expected: ExpectedObjects, installationId: string): Promise<void> {
  const paths = [...expected.checkpoints.map((folder) => `${folder}/${MANIFEST_NAME}`), ...expected.bundles];
  const [missing] = paths;
  if (missing === undefined) return;
  for (const path of paths) if ((await found(store, path)) !== undefined) return;
  throw new TidemarkError('store_without_objects', { installationId, missing });
}

async function found(store: ObjectStore, path: string): Promise<Uint8Array | undefined> {
  try {
    return await store.get(path);
  } catch (error) {
    if (isTidemarkError(error) && error.code === 'object_missing') return undefined;
    throw error;
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
