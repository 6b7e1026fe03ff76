// The manifest of a checkpoint, format version 2: read for ever, written no more. docs/formats/checkpoint-v2.md.
import { z } from 'zod';
import { count, manifestParts, operatorParts, sha256Text } from './manifest-parts.js';

/** The same in format 3. */
export const stateFile = z
  .strictObject({
    /** Folder of the checkpoint that wrote the file; absent for this one. */
    in: z.string().exactOptional(),
    /** Relative to that folder. */
    path: z.string().regex(/^state\/[0-9]+\.tmb\.zst$/),
    kind: z.enum(['base', 'delta']),
    /** Of the stored, compressed bytes, as is `sha256`. */
    bytes: count,
    sha256: sha256Text,
    /** Length after decompression; a reader stops there. */
    plainBytes: count,
    /** Sums over the file's blocks, and how many these are. */
    rows: count,
    deleted: count,
    blocks: count,
  })
  .readonly();

const operator = z
  .strictObject({
    ...operatorParts,
    /** In the order in which they are applied. */
    files: z.array(stateFile).readonly(),
  })
  .readonly();

export const manifestV2 = z
  .strictObject({
    format: z.literal(2),
    ...manifestParts,
    /** By uid of every stateful operator. */
    operators: z.record(z.string(), operator),
    /** The checkpoint whose state this one's own files change; null for a full checkpoint. */
    parent: z.strictObject({ path: z.string(), batchId: count }).readonly().nullable(),
    /** Folders of the other checkpoints that files lie in: that of the base first, then those of deltas, in order. */
    buildsOn: z.array(z.string()).readonly(),
  })
  .readonly();

export type ManifestV2 = z.infer<typeof manifestV2>;
export type StateFile = z.infer<typeof stateFile>;
