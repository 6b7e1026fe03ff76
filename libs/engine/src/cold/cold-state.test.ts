import { expect, it } from 'vitest';
import type { StateBlock } from '../ports.js';
import { StateTable } from '../state/state-table.js';
import { ColdState, type ColdGraph } from './cold-state.js';
import { InMemoryColdStore } from './in-memory-cold-store.js';

const KEYS = 140_000;
const BLOCKS = 4;

/** A block of so many short keys. */
function aBlock(keys: number): StateBlock {
  const table = new StateTable('state', []);
  for (let key = 0; key < keys; key += 1) table.change(table.idOf(key));
  const block = table.freeze('full')?.next(Number.MAX_SAFE_INTEGER);
  if (block === undefined) throw new TypeError('There is no block.');
  return { uid: 'counts', ...block };
}

/** Has nothing, and notes how much it is asked for and given at a time. */
class CountingStore extends InMemoryColdStore {
  readonly wanted: number[] = [];
  readonly written: number[] = [];

  override async read(_: string, keys: readonly Uint8Array[]): Promise<readonly undefined[]> {
    this.wanted.push(keys.length);
    return Promise.resolve(keys.map(() => undefined));
  }

  override async write(space: string, changes: readonly unknown[]): Promise<void> {
    if (space === 'rows/counts') this.written.push(changes.length);
    return Promise.resolve();
  }
}

/** Needs and lets go of the same keys again and again, in blocks. */
function graphWith(block: StateBlock): ColdGraph {
  const left = { missing: BLOCKS, spilled: BLOCKS };
  return {
    holdElsewhere: () => Promise.resolve(),
    look: () => Promise.resolve(),
    load: () => Promise.resolve(),
    next: (of) => {
      left[of] -= 1;
      return Promise.resolve(left[of] < 0 ? undefined : block);
    },
  };
}

it('asks the store for the keys of a batch, and gives it what leaves memory, some at a time', async () => {
  const store = new CountingStore();
  const cold = new ColdState(store, ['counts']);
  await cold.restore('counts', aBlock(1).bytes);

  await cold.run(graphWith(aBlock(KEYS)), () => Promise.resolve());
  await cold.snapshot('delta', () => Promise.resolve({ next: () => Promise.resolve(undefined) }));

  expect(store.wanted).toEqual([2 * KEYS, 2 * KEYS]);
  expect(store.written).toEqual([1, 2 * KEYS, 2 * KEYS]);
});
