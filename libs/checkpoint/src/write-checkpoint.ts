import {
  own,
  type BatchPlan,
  type BundleDigest,
  type JobId,
  type SourceIdentities,
  type SourceOffsets,
  type StateShape,
  type TenantId,
  type WrittenCheckpoint,
} from '@tidemark/domain';
import type { StateBlock } from './block-file.js';
import { chainOf, type CheckpointChain } from './chain.js';
import { FORMAT_VERSION, type CheckpointManifest, type OperatorManifest, type StateFile } from './manifest.js';
import { MANIFEST_NAME } from './manifest-parts.js';
import type { ObjectStore } from './object-store.port.js';
import { sha256 } from './sha256.js';
import { storedShape } from './state-shapes.js';
import { writeState } from './write-state.js';

/** State and offsets as of the end of one batch. */
export interface CheckpointSnapshot {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly offsets: SourceOffsets;
  /** What the offsets are positions of, where sources can tell. */
  readonly identities?: SourceIdentities | undefined;
  /** Pulled to the end, one call at a time. */
  next(): Promise<StateBlock | undefined>;
}

export interface CheckpointToWrite {
  /** From `checkpointPath`; nobody else may ever have used it. */
  readonly path: string;
  readonly engineVersion: string;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly revision: number;
  readonly bundleDigest: BundleDigest;
  readonly snapshot: CheckpointSnapshot;
  /** The checkpoint since which the snapshot holds the changes; undefined when it holds the whole state. */
  readonly parent: CheckpointChain | undefined;
  /** By uid of every stateful operator of the job. */
  readonly shapes: { readonly [uid: string]: StateShape };
  /** What people call an operator, by uid, where that is not the uid itself. */
  readonly names?: { readonly [uid: string]: string };
  /** Milliseconds since the Unix epoch by source uid. */
  readonly watermarks?: { readonly [sourceUid: string]: number };
  readonly pendingPlans: readonly BatchPlan[];
}

/**
 * Writes the state files, then the manifest; durable when this resolves. `written.manifestSha256` is the only proof of
 * what was written: a reader has to bring it. `chain` is what a delta on top of it goes on from.
 *
 * Throws `store_full`, `sandbox_spoke_nonsense`, or whatever the store or the snapshot throws; what was written by then
 * is left for the collector and can never be restored. The snapshot may not have been pulled to the end then.
 */
export async function writeCheckpoint(
  store: ObjectStore,
  checkpoint: CheckpointToWrite,
): Promise<{ readonly written: WrittenCheckpoint; readonly chain: CheckpointChain }> {
  const { path, parent, shapes, snapshot } = checkpoint;
  const kind = parent === undefined ? 'full' : 'delta';
  const files = await writeState(store, {
    path,
    kind: kind === 'full' ? 'base' : 'delta',
    known: (uid) => Object.hasOwn(shapes, uid),
    next: () => snapshot.next(),
  });
  const manifest = manifestOf(checkpoint, files);
  // Not indented: a schema of a thousand levels would be many times as long.
  const bytes = Buffer.from(`${JSON.stringify(manifest)}\n`);
  await store.put(`${path}/${MANIFEST_NAME}`, bytes);
  const all = Object.values(manifest.operators).flatMap((operator) => operator.files);
  const ownFiles = [...files.values()].flat();
  return {
    written: {
      manifestSha256: sha256(bytes),
      stateRows: all.reduce((sum, { rows }) => sum + rows, 0),
      stateBytes: storedBytes(all),
      kind,
      files: ownFiles.length,
      bytesWritten: storedBytes(ownFiles),
      manifestBytes: bytes.length,
    },
    chain: chainOf(path, manifest),
  };
}

const storedBytes = (files: readonly StateFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

function manifestOf(
  checkpoint: CheckpointToWrite,
  files: ReadonlyMap<string, readonly StateFile[]>,
): CheckpointManifest {
  const { snapshot, parent } = checkpoint;
  const uids = Object.keys(checkpoint.shapes).sort();
  const { engineVersion, tenantId, jobId, revision, bundleDigest } = checkpoint;
  const { timeline, batchId, batchTimeMs, offsets, identities = {} } = snapshot;
  return {
    format: FORMAT_VERSION,
    ...{ engineVersion, tenantId, jobId, revision, bundleDigest, timeline, batchId, batchTimeMs },
    watermarks: checkpoint.watermarks ?? {},
    offsets,
    identities,
    operators: Object.fromEntries(uids.map((uid) => [uid, operatorOf(checkpoint, uid, files.get(uid) ?? [])])),
    parent: parent === undefined ? null : { path: parent.path, batchId: parent.batchId },
    buildsOn: parent?.folders ?? [],
    pendingPlans: checkpoint.pendingPlans.map(pendingPlan),
  };
}

// What is read again is kept by the log alone: it would be bytes of records here.
const pendingPlan = ({ skipped, redriven: _, ...plan }: BatchPlan): CheckpointManifest['pendingPlans'][number] =>
  skipped === undefined ? plan : { ...plan, skipped };

/** The parent's files come first: that is the order in which they are applied. */
function operatorOf(
  { shapes, names, parent }: CheckpointToWrite,
  uid: string,
  files: readonly StateFile[],
): OperatorManifest {
  const shape = own(shapes, uid);
  if (shape === undefined) throw new Error(`"${uid}" has no shape.`);
  return {
    kind: shape.kind,
    name: own(names ?? {}, uid) ?? uid,
    shape: storedShape(shape),
    codec: shape.codec,
    files: [...(own(parent?.files ?? {}, uid) ?? []), ...files],
  };
}
