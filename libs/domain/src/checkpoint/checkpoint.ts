import type { SourceIdentities, SourceOffsets } from '../batch/batch.js';
import type { BundleDigest, CheckpointId, JobId, TenantId } from '../ids.js';

/** State is stored, and moved when a job is rescaled, in this many slots by the hash of its key. Never to be changed. */
export const KEY_SLOTS = 128;

export const CHECKPOINT_STATUSES = ['pending', 'complete', 'corrupt', 'deleted'] as const;
export type CheckpointStatus = (typeof CHECKPOINT_STATUSES)[number];

/** What gives an operator's state its meaning. Two states fit when their shapes are equal; code is never compared. */
export interface StateShape {
  /** The operator's kind, for example `updateStateByKey`. */
  readonly kind: string;
  readonly key: 'json';
  readonly value: 'json';
  readonly codec: { readonly name: string; readonly version: number };
  /** Parameters that change what the state means: window length, slide. Milliseconds. */
  readonly parameters: { readonly [name: string]: number | string | boolean };
  /** JSON Schema of the state, where one was declared or is told by what the state begins with. */
  readonly schema?: unknown;
  /** Version that the tenant gives the state's schema; 1 where none was given. */
  readonly version?: number;
  /** JSON Schema of the key, where that is known: a field of a source with a schema. */
  readonly keySchema?: unknown;
}

/** One row of an operator's state: its key slot, its key and its value, the last two as JSON text. */
export interface StateRow {
  readonly slot: number;
  readonly key: string;
  readonly value: string;
}

/** What completing a checkpoint says about it. */
export interface WrittenCheckpoint {
  readonly manifestSha256: string;
  readonly stateRows: number;
  readonly stateBytes: number;
  /** `full`: its own files are its whole state. `delta`: they are what changed since the checkpoint that it builds on. */
  readonly kind: 'full' | 'delta';
  /** State files that it wrote itself, and their stored bytes. */
  readonly files: number;
  readonly bytesWritten: number;
  readonly manifestBytes: number;
}

/** The same with what only the run knows of it. */
export interface CompletedCheckpoint extends WrittenCheckpoint {
  /** Milliseconds for which no batch could run because the state was being frozen. */
  readonly pauseMs: number;
  /** The newest savepoint, by its number, that was asked for before the state was frozen: all up to it are this one. */
  readonly savepoint?: number | undefined;
}

/** The Postgres row of a checkpoint. Offsets are columns, so they outlive an unreadable state file. */
export interface Checkpoint {
  readonly id: CheckpointId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly timeline: number;
  /** State, offsets and batch time are as of the end of this batch. */
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly epoch: number;
  readonly revision: number;
  readonly bundleDigest: BundleDigest;
  readonly status: CheckpointStatus;
  readonly kind: 'checkpoint' | 'savepoint';
  /** Folder in the object store; no other attempt ever uses the same one. */
  readonly path: string;
  /**
   * Paths of the checkpoints in whose folders files of this one's state lie: its base, then deltas in order. Empty for a
   * full checkpoint. None of them may be collected while this one can be restored.
   */
  readonly buildsOn: readonly string[];
  /** SHA-256 of `manifest.json`, hex; undefined until complete. */
  readonly manifestSha256: string | undefined;
  readonly offsets: SourceOffsets;
  /** What the offsets are positions of. Absent: no source of the job could tell. */
  readonly identities?: SourceIdentities | undefined;
  /** State shape by operator uid, as written in the manifest. */
  readonly shapes: { readonly [uid: string]: StateShape };
  /** Rows and stored bytes of every file that a restore reads, those of other checkpoints among them. */
  readonly stateRows: number;
  readonly stateBytes: number;
  /** Stored bytes of the objects in its own folder. */
  readonly ownBytes: number;
  readonly createdAt: Date;
  readonly completedAt: Date | undefined;
  /** When every byte that a restore needs was last read back and held against its hash; undefined until it was. */
  readonly verifiedAt: Date | undefined;
}
