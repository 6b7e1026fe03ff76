// The manifest of a checkpoint, format version 1: read for ever, written no more. docs/formats/checkpoint-v1.md.
import { KEY_SLOTS } from '@tidemark/domain';
import { z } from 'zod';
import { count, manifestParts, operatorParts, sha256Text } from './manifest-parts.js';

const stateFile = z
  .strictObject({
    /** Relative to the checkpoint's folder. */
    path: z.string().regex(/^state\/[0-9]+\.ndjson\.zst$/),
    bytes: count,
    /** Of the stored, compressed bytes. */
    sha256: sha256Text,
    /** Length after decompression; a reader stops there. */
    plainBytes: count,
    rows: count,
    /** Half open. */
    slots: z.strictObject({ from: count, to: count.max(KEY_SLOTS) }),
  })
  .readonly();

const operator = z.strictObject({ ...operatorParts, rows: count, files: z.array(stateFile).readonly() }).readonly();

export const manifestV1 = z
  .strictObject({
    format: z.literal(1),
    ...manifestParts,
    /** By uid of every stateful operator. */
    operators: z.record(z.string(), operator),
    /** Version 1 has whole checkpoints only. */
    parent: z.null(),
  })
  .readonly();

export type ManifestV1 = z.infer<typeof manifestV1>;
export type StateFileV1 = ManifestV1['operators'][string]['files'][number];
