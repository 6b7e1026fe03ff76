// What the manifests of all format versions are made of. A format that was released is never changed: a part that
// changes becomes two.
import type { BundleDigest, JobId, TenantId } from '@tidemark/domain';
import { z } from 'zod';

export const MANIFEST_NAME = 'manifest.json';

export const count = z.int().nonnegative();
export const sha256Text = z.string().regex(/^[0-9a-f]{64}$/);

const text = <T extends string>() =>
  z
    .string()
    .min(1)
    .transform((value) => value as T);

export const rangeParts = { from: count, to: count, held: z.string().exactOptional() };
export const planParts = { timeline: count, batchId: count, batchTimeMs: z.int() };

/** Of the formats 1 and 2. */
const plan = z
  .strictObject({
    ...planParts,
    ranges: z.record(z.string(), z.record(z.string(), z.strictObject(rangeParts).readonly())),
  })
  .readonly();

/** What compatibility compares, and `name` for people. The shape is that of the formats 1 and 2, which hold no schemas. */
export const operatorParts = {
  kind: z.string(),
  name: z.string(),
  shape: z.strictObject({
    key: z.strictObject({ schema: z.literal('json') }),
    value: z.strictObject({ schema: z.literal('json'), version: count, sha256: sha256Text }),
    parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  }),
  codec: z.strictObject({ name: z.string(), version: count }),
};

export const manifestParts = {
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
  offsets: z.record(z.string(), z.record(z.string(), count)),
  /** Batches that were planned but not committed when the checkpoint was taken. Format 3 has plans of its own. */
  pendingPlans: z.array(plan).readonly(),
};
