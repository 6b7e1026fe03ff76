import { TidemarkError } from '@tidemark/domain';
import { z } from 'zod';
import { chainOf, type CheckpointChain } from './chain.js';
import { batchFolder } from './checkpoint-path.js';
import { checkpointsFolder } from './job-objects.js';
import { FORMAT_VERSION, manifestSchema, type AnyManifest } from './manifest.js';
import { MANIFEST_NAME } from './manifest-parts.js';
import { manifestV1 } from './manifest-v1.js';
import { manifestV2 } from './manifest-v2.js';
import type { ObjectStore } from './object-store.port.js';
import { openState } from './read-state.js';
import { openStateV1 } from './read-state-v1.js';
import { schemaMismatch, shapesOf, type StateShapes } from './state-shapes.js';
import { StoredObjects } from './stored-objects.js';

export interface ReadCheckpoint {
  readonly manifest: AnyManifest;
  /** As they were when it was written; those of the formats 1 and 2 without schemas and their versions. */
  readonly shapes: StateShapes;
  /** What a delta on top of it goes on from; undefined for older formats, on which nothing is built any more. */
  readonly chain: CheckpointChain | undefined;
  /**
   * The state blocks of one operator in the order in which they are applied, base first, each checked by `readBlock`;
   * none for a uid that is not in the checkpoint. Throws `checkpoint_unreadable` where a file is not what it says.
   */
  blocks(uid: string): AsyncIterable<Uint8Array>;
}

/**
 * Opens a checkpoint. When this resolves, every byte of it was held against its SHA-256: the manifest's, which the
 * caller brings, and each file's, which the manifest names. The stored bytes are held in memory: those
 * of a whole state, compressed, and those of deltas until they are as many again, and of one more.
 *
 * Throws `checkpoint_version_unknown`, or `checkpoint_unreadable` with the file and what is wrong with it. Other errors
 * are the store's own and say nothing about the checkpoint.
 */
export async function readCheckpoint(
  store: ObjectStore,
  path: string,
  manifestSha256: string,
): Promise<ReadCheckpoint> {
  const objects = new StoredObjects(store, path);
  const { manifest } = await verifiedManifest(objects, path, manifestSha256);
  const shapes = shapesOf(manifest);
  if (manifest.format === 1) {
    return { manifest, shapes, chain: undefined, blocks: await openStateV1(objects, manifest) };
  }
  const chain = manifest.format === FORMAT_VERSION ? chainOf(path, manifest) : undefined;
  return { manifest, shapes, chain, blocks: await openState(objects, manifest) };
}

/** The manifest alone, held against its SHA-256, and what reads the other objects. Throws as {@link readCheckpoint} does. */
export async function openManifest(
  store: ObjectStore,
  path: string,
  manifestSha256: string,
): Promise<{ readonly objects: StoredObjects; readonly manifest: AnyManifest }> {
  const objects = new StoredObjects(store, path);
  const { manifest } = await verifiedManifest(objects, path, manifestSha256);
  return { objects, manifest };
}

/** Reads the manifest that has this hash. Throws as `readCheckpoint`. */
export async function verifiedManifest(
  objects: StoredObjects,
  path: string,
  manifestSha256: string,
): Promise<{ readonly manifest: AnyManifest; readonly bytes: number }> {
  const bytes = await objects.verified(MANIFEST_NAME, { sha256: manifestSha256 });
  return { manifest: readManifest(path, bytes, objects.refuse(MANIFEST_NAME)), bytes: bytes.length };
}

type Refuse = (reason: string, cause?: unknown) => TidemarkError;

const versioned = z.looseObject({ format: z.int() });
const readable = z.discriminatedUnion('format', [manifestV1.unwrap(), manifestV2.unwrap(), manifestSchema.unwrap()]);

function readManifest(path: string, bytes: Uint8Array, refuse: Refuse): AnyManifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw refuse('it is not JSON', error);
  }
  const version = versioned.safeParse(json);
  if (version.success && (version.data.format < 1 || version.data.format > FORMAT_VERSION)) {
    throw new TidemarkError('checkpoint_version_unknown', { found: version.data.format, newestKnown: FORMAT_VERSION });
  }
  const read = readable.safeParse(json);
  if (!read.success) throw refuse(z.prettifyError(read.error).replaceAll('\n', ' '));
  const manifest = read.data;
  // A sound manifest of another job or batch is as wrong as a broken one, and so are files of another job.
  if (!path.startsWith(`${batchFolder(manifest)}-`)) throw refuse(`it belongs to ${batchFolder(manifest)}`);
  if (manifest.format !== 1) {
    const foreign = manifest.buildsOn.find((folder) => !folder.startsWith(`${checkpointsFolder(manifest)}/t`));
    if (foreign !== undefined) throw refuse(`it builds on ${foreign}, which is not of its job`);
  }
  const mismatch = manifest.format === FORMAT_VERSION ? schemaMismatch(manifest) : undefined;
  if (mismatch !== undefined) throw refuse(mismatch);
  return manifest;
}
