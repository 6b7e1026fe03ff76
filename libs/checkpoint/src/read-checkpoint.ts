import { isTidemarkError, TidemarkError, type StateRow, type StateShape } from '@tidemark/domain';
import { z } from 'zod';
import { batchFolder } from './checkpoint-path.js';
import { FORMAT_VERSION, MANIFEST_NAME, manifestSchema, type CheckpointManifest, type StateFile } from './manifest.js';
import type { ObjectStore } from './object-store.port.js';
import { decodeState } from './state-file.js';
import { sha256 } from './write-checkpoint.js';

export interface ReadCheckpoint {
  readonly manifest: CheckpointManifest;
  /** As `compareShapes` takes them. */
  readonly shapes: { readonly [uid: string]: StateShape };
  /** The rows of one operator, in chunks of a few thousand; none for a uid that is not in the checkpoint. */
  rows(uid: string): AsyncIterable<readonly StateRow[]>;
}

/**
 * Opens a checkpoint. When this resolves, every byte of it was held against its SHA-256: the manifest's, which the
 * caller brings, and each file's, which the manifest names.
 *
 * Throws `checkpoint_version_unknown`, or `checkpoint_unreadable` with the file and what is wrong with it. Other errors
 * are the store's own and say nothing about the checkpoint.
 */
export async function readCheckpoint(
  store: ObjectStore,
  path: string,
  manifestSha256: string,
): Promise<ReadCheckpoint> {
  const manifest = readManifest(path, await verified(store, path, MANIFEST_NAME, { sha256: manifestSha256 }));
  const stored = new Map<string, { readonly file: StateFile; readonly bytes: Uint8Array }[]>();
  for (const [uid, operator] of Object.entries(manifest.operators)) {
    const files = [];
    for (const file of operator.files) files.push({ file, bytes: await verified(store, path, file.path, file) });
    if (operator.files.reduce((sum, file) => sum + file.rows, 0) !== operator.rows) {
      throw unreadable(path, MANIFEST_NAME, `the files of "${uid}" do not add up to its ${operator.rows} rows`);
    }
    stored.set(uid, files);
  }
  async function* rows(uid: string): AsyncGenerator<readonly StateRow[]> {
    for (const { file, bytes } of stored.get(uid) ?? []) {
      yield* decodeState(bytes, { uid, file }, (reason) => unreadable(path, file.path, reason));
    }
  }
  return { manifest, shapes: shapesOf(manifest), rows };
}

async function verified(
  store: ObjectStore,
  path: string,
  name: string,
  expected: { readonly sha256: string; readonly bytes?: number },
): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await store.get(`${path}/${name}`);
  } catch (error) {
    if (isTidemarkError(error) && error.code === 'object_missing') throw unreadable(path, name, 'it is missing', error);
    throw error;
  }
  if (expected.bytes !== undefined && bytes.length !== expected.bytes) {
    throw unreadable(path, name, `it has ${bytes.length} bytes instead of ${expected.bytes}`);
  }
  if (sha256(bytes) !== expected.sha256) throw unreadable(path, name, 'its contents do not match their SHA-256');
  return bytes;
}

const versioned = z.looseObject({ format: z.int() });

function readManifest(path: string, bytes: Uint8Array): CheckpointManifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw unreadable(path, MANIFEST_NAME, 'it is not JSON', error);
  }
  const version = versioned.safeParse(json);
  if (version.success && version.data.format !== FORMAT_VERSION) {
    throw new TidemarkError('checkpoint_version_unknown', { found: version.data.format, newestKnown: FORMAT_VERSION });
  }
  const read = manifestSchema.safeParse(json);
  if (!read.success) throw unreadable(path, MANIFEST_NAME, z.prettifyError(read.error).replaceAll('\n', ' '));
  // A sound manifest of another job or batch is as wrong as a broken one.
  if (!path.startsWith(`${batchFolder(read.data)}-`)) {
    throw unreadable(path, MANIFEST_NAME, `it belongs to ${batchFolder(read.data)}`);
  }
  return read.data;
}

function shapesOf(manifest: CheckpointManifest): { readonly [uid: string]: StateShape } {
  return Object.fromEntries(
    Object.entries(manifest.operators).map(([uid, { kind, shape, codec }]) => [
      uid,
      { kind, key: shape.key.schema, value: shape.value.schema, codec, parameters: shape.parameters },
    ]),
  );
}

const unreadable = (path: string, file: string, reason: string, cause?: unknown): TidemarkError =>
  new TidemarkError('checkpoint_unreadable', { path, reason: `${file}: ${reason}` }, { cause });
