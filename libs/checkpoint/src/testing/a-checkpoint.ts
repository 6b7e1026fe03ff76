import type { BundleDigest, JobId, StateShape, TenantId } from '@tidemark/domain';
import type { StateBlock } from '../block-file.js';
import { deletedOf, rowsOf } from '../block-rows.js';
import { checkpointPath } from '../checkpoint-path.js';
import { InMemoryObjectStore } from '../in-memory-object-store.js';
import { encodeBlock, type BlockToEncode } from '../encode-block.js';
import { readBlock } from '../state-block.js';
import type { CheckpointToWrite } from '../write-checkpoint.js';

export const tenantId = 'tnt_0192f0c1a2b37c4d8e5f60718293a4b5' as TenantId;
export const jobId = 'job_0192f0c1a2b37c4d8e5f60718293a4b6' as JobId;

export const aPath = (batchId: number, unique = 'a'): string =>
  checkpointPath({ tenantId, jobId, timeline: 1, batchId, epoch: 2, unique });

export const aShape = (overrides: Partial<StateShape> = {}): StateShape => ({
  kind: 'updateStateByKey',
  key: 'json',
  value: 'json',
  codec: { name: 'json', version: 1 },
  parameters: {},
  ...overrides,
});

/** A table with one json column, from values by key; `undefined` is a deleted key. */
export function aBlock(
  uid: string,
  values: { readonly [key: string]: unknown },
  more: Partial<BlockToEncode> = {},
): StateBlock {
  const entries = Object.entries(values).map(([key, value]) => ({ slot: 3, key: JSON.stringify(key), value }));
  const rows = entries.filter(({ value }) => value !== undefined);
  const deleted = entries.filter(({ value }) => value === undefined);
  return asBlock(uid, {
    table: 'state',
    clear: false,
    columns: [{ name: 'value', type: 'json' }],
    rows: rows.map(({ slot, key, value }) => ({ slot, key, values: [JSON.stringify(value)] })),
    deleted,
    ...more,
  });
}

export const asBlock = (uid: string, block: BlockToEncode): StateBlock => ({
  uid,
  bytes: encodeBlock(block),
  rows: block.rows.length,
  deleted: block.deleted.length,
});

/** A checkpoint of the blocks' operators, of a batch of its own. */
export function aCheckpoint(
  batchId: number,
  blocks: readonly StateBlock[],
  more: Partial<CheckpointToWrite> = {},
): CheckpointToWrite {
  const left = blocks.values();
  return {
    path: aPath(batchId),
    engineVersion: '0.1.0',
    tenantId,
    jobId,
    revision: 3,
    bundleDigest: 'd'.repeat(64) as BundleDigest,
    snapshot: {
      timeline: 1,
      batchId,
      batchTimeMs: 1_700_000_000_000,
      offsets: { flights: { 'a.jsonl': 120, 'b.jsonl': 0 } },
      next: async () => left.next().value,
    },
    parent: undefined,
    shapes: Object.fromEntries(blocks.map(({ uid }) => [uid, aShape()])),
    pendingPlans: [],
    ...more,
  };
}

/** What a table holds: value by slot and key. */
export type Tables = Map<string, Map<string, string>>;

/** Applies blocks as an operator does: clear, then the deleted keys, then the rows. */
export async function applied(blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Tables> {
  const tables: Tables = new Map();
  for await (const bytes of blocks) {
    const block = readBlock(bytes);
    const table = (block.clear ? undefined : tables.get(block.table)) ?? new Map<string, string>();
    for (const { slot, key } of deletedOf(block)) table.delete(`${slot} ${key}`);
    for (const { slot, key, value } of rowsOf(block)) table.set(`${slot} ${key}`, value);
    tables.set(block.table, table);
  }
  return tables;
}

export async function storeOf(objects: ReadonlyMap<string, Uint8Array>): Promise<InMemoryObjectStore> {
  const store = new InMemoryObjectStore();
  for (const [path, bytes] of objects) await store.put(path, bytes);
  return store;
}
