import { createHash } from 'node:crypto';
import {
  KEY_SLOTS,
  type BatchPlan,
  type BundleDigest,
  type JobId,
  type SourceOffsets,
  type StateRow,
  type StateShape,
  type TenantId,
} from '@tidemark/domain';
import { FORMAT_VERSION, MANIFEST_NAME, type CheckpointManifest, type OperatorManifest } from './manifest.js';
import type { ObjectStore } from './object-store.port.js';
import { encodeState } from './state-file.js';

/** State and offsets as of the end of one batch. */
export interface CheckpointSnapshot {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly offsets: SourceOffsets;
  /** By operator uid. An operator that has a shape but no rows here is written as empty. */
  readonly operators: ReadonlyMap<string, readonly StateRow[]>;
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
  /** By uid of every stateful operator of the job. */
  readonly shapes: { readonly [uid: string]: StateShape };
  /** What people call an operator, by uid, where that is not the uid itself. */
  readonly names?: { readonly [uid: string]: string };
  /** Milliseconds since the Unix epoch by source uid. */
  readonly watermarks?: { readonly [sourceUid: string]: number };
  readonly pendingPlans: readonly BatchPlan[];
}

export interface WrittenCheckpoint {
  /** The only proof of what was written: a reader has to bring it. */
  readonly manifestSha256: string;
  readonly stateRows: number;
  /** Stored bytes of all state files; the manifest is not counted. */
  readonly stateBytes: number;
}

/**
 * Writes the state files, then the manifest; durable when this resolves. Throws `store_full`, `state_not_json`, or
 * whatever the store throws; what was written by then is left for the collector and can never be restored.
 */
export async function writeCheckpoint(store: ObjectStore, checkpoint: CheckpointToWrite): Promise<WrittenCheckpoint> {
  const uids = Object.keys(checkpoint.shapes).sort();
  const orphan = [...checkpoint.snapshot.operators.keys()].find((uid) => !(uid in checkpoint.shapes));
  if (orphan !== undefined)
    throw new Error(`The snapshot holds state of "${orphan}", which is no operator of the job.`);

  const operators: { [uid: string]: OperatorManifest } = {};
  for (const [index, uid] of uids.entries()) {
    operators[uid] = await writeOperator(store, checkpoint, uid, `state/${index + 1}.ndjson.zst`);
  }
  const manifest = Buffer.from(`${JSON.stringify(manifestOf(checkpoint, operators), null, 2)}\n`);
  await store.put(`${checkpoint.path}/${MANIFEST_NAME}`, manifest);
  const files = Object.values(operators).flatMap((operator) => operator.files);
  return {
    manifestSha256: sha256(manifest),
    stateRows: files.reduce((sum, file) => sum + file.rows, 0),
    stateBytes: files.reduce((sum, file) => sum + file.bytes, 0),
  };
}

/** Lower-case hex. */
export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

async function writeOperator(
  store: ObjectStore,
  checkpoint: CheckpointToWrite,
  uid: string,
  path: string,
): Promise<OperatorManifest> {
  const shape = checkpoint.shapes[uid];
  if (shape === undefined) throw new Error(`"${uid}" has no shape.`);
  const rows = checkpoint.snapshot.operators.get(uid) ?? [];
  const { stored, plainBytes } = await encodeState(uid, shape.codec, rows);
  await store.put(`${checkpoint.path}/${path}`, stored);
  const file = {
    path,
    bytes: stored.length,
    sha256: sha256(stored),
    plainBytes,
    rows: rows.length,
    slots: { from: 0, to: KEY_SLOTS },
  };
  return {
    kind: shape.kind,
    name: checkpoint.names?.[uid] ?? uid,
    shape: {
      key: { schema: shape.key },
      value: { schema: shape.value, version: 1, sha256: sha256(JSON.stringify(shape.value)) },
      parameters: shape.parameters,
    },
    codec: shape.codec,
    rows: rows.length,
    files: [file],
  };
}

function manifestOf(checkpoint: CheckpointToWrite, operators: CheckpointManifest['operators']): CheckpointManifest {
  const { snapshot } = checkpoint;
  return {
    format: FORMAT_VERSION,
    engineVersion: checkpoint.engineVersion,
    tenantId: checkpoint.tenantId,
    jobId: checkpoint.jobId,
    revision: checkpoint.revision,
    bundleDigest: checkpoint.bundleDigest,
    timeline: snapshot.timeline,
    batchId: snapshot.batchId,
    batchTimeMs: snapshot.batchTimeMs,
    watermarks: checkpoint.watermarks ?? {},
    offsets: snapshot.offsets,
    operators,
    parent: null,
    pendingPlans: checkpoint.pendingPlans,
  };
}
