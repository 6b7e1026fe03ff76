// The manifest of a checkpoint, format version 1. docs/formats/checkpoint-v1.md shows one in full.
import { KEY_SLOTS, type BundleDigest, type JobId, type TenantId } from '@tidemark/domain';
import { z } from 'zod';

export const FORMAT_VERSION = 1;
export const MANIFEST_NAME = 'manifest.json';

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const text = <T extends string>() =>
  z
    .string()
    .min(1)
    .transform((value) => value as T);

const offsets = z.record(z.string(), z.record(z.string(), count));

const range = z.strictObject({ from: count, to: count, held: z.string().exactOptional() }).readonly();

const plan = z
  .strictObject({
    timeline: count,
    batchId: count,
    batchTimeMs: z.int(),
    ranges: z.record(z.string(), z.record(z.string(), range)),
  })
  .readonly();

const stateFile = z
  .strictObject({
    /** Relative to the checkpoint's folder. */
    path: z.string().regex(/^state\/[0-9]+\.ndjson\.zst$/),
    bytes: count,
    /** Of the stored, compressed bytes. */
    sha256,
    /** Length after decompression; a reader stops there. */
    plainBytes: count,
    rows: count,
    /** Half open. */
    slots: z.strictObject({ from: count, to: count.max(KEY_SLOTS) }),
  })
  .readonly();

const operator = z
  .strictObject({
    kind: z.string(),
    name: z.string(),
    shape: z.strictObject({
      key: z.strictObject({ schema: z.literal('json') }),
      value: z.strictObject({ schema: z.literal('json'), version: count, sha256 }),
      parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
    }),
    codec: z.strictObject({ name: z.string(), version: count }),
    rows: count,
    files: z.array(stateFile).readonly(),
  })
  .readonly();

export const manifestSchema = z
  .strictObject({
    format: z.literal(FORMAT_VERSION),
    engineVersion: z.string(),
    tenantId: text<TenantId>(),
    jobId: text<JobId>(),
    revision: count,
    bundleDigest: text<BundleDigest>(),
    timeline: count,
    /** State and offsets are as of the end of this batch. */
    batchId: count,
    batchTimeMs: z.int(),
    /** By source uid, in milliseconds since the Unix epoch; a source without event time is absent. */
    watermarks: z.record(z.string(), z.int()),
    /** The next position to read, by source uid and partition. */
    offsets,
    /** By uid of every stateful operator. */
    operators: z.record(z.string(), operator),
    /** The checkpoint that this one is an increment of; version 1 writes whole checkpoints only. */
    parent: z.null(),
    /** Batches that were planned but not committed when the checkpoint was taken. */
    pendingPlans: z.array(plan).readonly(),
  })
  .readonly();

export type CheckpointManifest = z.infer<typeof manifestSchema>;
export type OperatorManifest = CheckpointManifest['operators'][string];
export type StateFile = OperatorManifest['files'][number];
