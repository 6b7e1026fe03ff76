import { KEY_SLOTS } from '@tidemark/domain';
import fc from 'fast-check';
import type { StateBlock } from '../../block-file.js';
import type { CheckpointChain } from '../../chain.js';
import { InMemoryObjectStore } from '../../in-memory-object-store.js';
import { aCheckpoint, aPath, aShape, asBlock } from '../../testing/a-checkpoint.js';
import { writeCheckpoint } from '../../write-checkpoint.js';
import { StateView } from '../state-view.js';

export const UIDS = ['totals', 'window'] as const;

/** Tables of different columns; `@` is what the operator keeps for itself. */
export const TABLES = {
  state: [{ name: 'value', type: 'json' }],
  timed: [
    { name: 'value', type: 'json' },
    { name: '@lastMs', type: 'f64' },
  ],
  w1700000000000: [
    { name: 'sum', type: 'f64' },
    { name: 'seen', type: 'bool' },
    { name: 'row', type: 'json' },
    { name: '@held', type: 'bool' },
  ],
} as const;
type Table = keyof typeof TABLES;

interface Row {
  readonly number: number;
  readonly flag: boolean;
  readonly json: unknown;
}

const aRow: fc.Arbitrary<Row> = fc.record({
  // Few values, so that a row is often written again as it was.
  number: fc.constantFrom(0, 1.5, -7, 1e300),
  flag: fc.boolean(),
  // As the engine keeps it: without the negative zero, which JSON does not know.
  json: fc.oneof(fc.constantFrom(null, 'x', { a: 1, b: [2] }), fc.json({ maxDepth: 1 }).map(JSON.parse)),
});

const aKey = fc.constantFrom('a', 'b', 'ä"', '', 7, -0.5, true, 'long'.repeat(100), `${'long'.repeat(100)}er`, null);
const aChange = fc.record({
  uid: fc.constantFrom(...UIDS),
  table: fc.constantFrom(...(Object.keys(TABLES) as Table[])),
  clear: fc.nat({ max: 9 }).map((n) => n === 0),
  rows: fc.array(fc.tuple(aKey, aRow), { maxLength: 6 }),
  deleted: fc.array(aKey, { maxLength: 4 }),
});
type Change = typeof aChange extends fc.Arbitrary<infer T> ? T : never;

/** Each a checkpoint: on top of the one before or whole, and what changed. */
export const someCheckpoints = fc.array(
  fc.record({ delta: fc.boolean(), changes: fc.array(aChange, { maxLength: 8 }) }),
  { minLength: 1, maxLength: 5 },
);

/** Rows by operator, and by slot, key and table: how a naive model of the state has them. */
export type Model = ReadonlyMap<string, ReadonlyMap<string, Expected>>;
export interface Expected {
  readonly table: string;
  readonly slot: number;
  readonly key: string;
  readonly value: unknown;
  readonly internal: unknown;
}

export interface Written {
  readonly store: InMemoryObjectStore;
  readonly checkpoints: readonly { readonly path: string; readonly manifestSha256: string; readonly model: Model }[];
}

/** Writes the checkpoints, and says what each must hold. */
export async function written(
  checkpoints: typeof someCheckpoints extends fc.Arbitrary<infer T> ? T : never,
): Promise<Written> {
  const store = new InMemoryObjectStore();
  const made: Written['checkpoints'][number][] = [];
  let model = new Map<string, Map<string, Expected>>();
  let parent: CheckpointChain | undefined;
  for (const [index, { delta, changes }] of checkpoints.entries()) {
    if (!delta || parent === undefined) {
      parent = undefined;
      model = new Map();
    }
    for (const change of changes) apply(model, change);
    const shapes = Object.fromEntries(UIDS.map((uid) => [uid, aShape()]));
    const result = await writeCheckpoint(store, aCheckpoint(index, changes.map(blockOf), { parent, shapes }));
    parent = result.chain;
    const { manifestSha256 } = result.written;
    made.push({ path: aPath(index), manifestSha256, model: structuredClone(model) });
  }
  return { store, checkpoints: made };
}

/** Bounds so tight that everything has to go on in parts. */
export const TIGHT = { found: 3, chars: 60, readBytes: 1e9 };

export const viewOf = (
  { store }: Pick<Written, 'store'>,
  { path, manifestSha256 }: { readonly path: string; readonly manifestSha256: string },
): Promise<StateView> => StateView.open(store, path, { manifestSha256, bounds: TIGHT });

/** Any slot will do, as long as a key always has the same. */
const slotOf = (key: unknown): number => (JSON.stringify(key).length * 37) % KEY_SLOTS;

const idOf = (key: unknown, table: string): string => `${JSON.stringify(key)} ${table}`;

function apply(model: Map<string, Map<string, Expected>>, { uid, table, clear, rows, deleted }: Change): void {
  const state = model.get(uid) ?? new Map<string, Expected>();
  model.set(uid, state);
  if (clear) for (const [id, row] of state) if (row.table === table) state.delete(id);
  for (const key of deleted) state.delete(idOf(key, table));
  for (const [key, row] of rows) {
    state.set(idOf(key, table), { table, slot: slotOf(key), key: JSON.stringify(key), ...expectedOf(table, row) });
  }
}

function expectedOf(table: Table, { number, flag, json }: Row): Pick<Expected, 'value' | 'internal'> {
  if (table === 'state') return { value: json, internal: {} };
  if (table === 'timed') return { value: json, internal: { '@lastMs': number } };
  return { value: { sum: number, seen: flag, row: json }, internal: { '@held': !flag } };
}

function blockOf({ uid, table, clear, rows, deleted }: Change): StateBlock {
  const place = (key: unknown): { readonly slot: number; readonly key: string } => ({
    slot: slotOf(key),
    key: JSON.stringify(key),
  });
  const values = ({ number, flag, json }: Row): (number | boolean | string)[] => {
    if (table === 'state') return [JSON.stringify(json)];
    if (table === 'timed') return [JSON.stringify(json), number];
    return [number, flag, JSON.stringify(json), !flag];
  };
  return asBlock(uid, {
    table,
    clear,
    columns: TABLES[table],
    rows: rows.map(([key, row]) => ({ ...place(key), values: values(row) })),
    deleted: deleted.map(place),
  });
}
