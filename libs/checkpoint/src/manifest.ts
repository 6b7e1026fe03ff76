// The manifest of a checkpoint, format version 3. docs/formats/checkpoint-v3.md shows one in full.
import { z } from 'zod';
import { count, manifestParts, operatorParts, planParts, rangeParts, sha256Text } from './manifest-parts.js';
import type { ManifestV1 } from './manifest-v1.js';
import { stateFile, type ManifestV2, type StateFile } from './manifest-v2.js';

export type { StateFile } from './manifest-v2.js';

export const FORMAT_VERSION = 3;

/** A JSON Schema, and the SHA-256 of its sorted JSON text: both, or neither. */
const declared = { type: z.literal('json'), schema: z.unknown().optional(), sha256: sha256Text.exactOptional() };

const shape = z.strictObject({
  key: z.strictObject(declared),
  /** `version` is the one that the job gives the schema of its state; absent where it gives none. */
  value: z.strictObject({ ...declared, version: count.exactOptional() }),
  parameters: operatorParts.shape.shape.parameters,
});

const operator = z
  .strictObject({
    ...operatorParts,
    shape,
    /** In the order in which they are applied. */
    files: z.array(stateFile).readonly(),
  })
  .readonly();

const ranges = z.record(
  z.string(),
  z.record(z.string(), z.strictObject({ ...rangeParts, identity: z.string().exactOptional() }).readonly()),
);
const plan = z.strictObject({ ...planParts, ranges, skipped: ranges.exactOptional() }).readonly();

export const manifestSchema = z
  .strictObject({
    format: z.literal(FORMAT_VERSION),
    ...manifestParts,
    /** What sources recognise partitions by, by source uid and partition, where they can tell. */
    identities: z.record(z.string(), z.record(z.string(), z.string())),
    pendingPlans: z.array(plan).readonly(),
    /** By uid of every stateful operator. */
    operators: z.record(z.string(), operator),
    /** The checkpoint whose state this one's own files change; null for a full checkpoint. */
    parent: z.strictObject({ path: z.string(), batchId: count }).readonly().nullable(),
    /** Folders of the other checkpoints that files lie in: that of the base first, then those of deltas, in order. */
    buildsOn: z.array(z.string()).readonly(),
  })
  .readonly();

export type CheckpointManifest = z.infer<typeof manifestSchema>;
export type OperatorManifest = CheckpointManifest['operators'][string];

/** Of any version that can be read. */
export type AnyManifest = CheckpointManifest | ManifestV2 | ManifestV1;

/** What manifests say of state that lies in files of blocks: all but those of format 1. */
export interface StateFiles {
  readonly operators: { readonly [uid: string]: { readonly files: readonly StateFile[] } };
  readonly buildsOn: readonly string[];
}
