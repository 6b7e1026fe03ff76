import { grown, type IdList } from './growing.js';
import type { StateTable } from './state-table.js';

/**
 * The rows of a table in the order of their keys, which a restore does not change (see `KeyDictionary.compare`). Kept
 * between batches: only what has come since is sorted.
 */
export class KeyOrder {
  private ordered: number[] = [];
  /** 1 for ids that stand in {@link ordered}. */
  private listed = new Uint8Array(64);
  private readonly removed: IdList;

  constructor(private readonly table: StateTable) {
    this.removed = table.listRemoved();
  }

  ids(): readonly number[] {
    const { table } = this;
    this.forgetRemoved();
    const added = this.added();
    if (added.length === 0) return this.ordered;
    const compare = (a: number, b: number): number => table.keys.compare(a, b);
    added.sort(compare);
    this.ordered = this.ordered.length === 0 ? added : merged(this.ordered, added, compare);
    return this.ordered;
  }

  /** An id that was removed may stand for another key by now. */
  private forgetRemoved(): void {
    const { removed, listed } = this;
    if (removed.length === 0) return;
    for (let id = removed.pop(); id !== undefined; id = removed.pop()) listed[id] = 0;
    this.ordered = this.ordered.filter((id) => listed[id] === 1);
  }

  private added(): number[] {
    const { keys } = this.table;
    if (this.listed.length < keys.capacity) this.listed = grown(this.listed, new Uint8Array(keys.capacity));
    if (this.ordered.length === keys.size) return [];
    const added: number[] = [];
    for (let id = 0; id < keys.idsUsed; id += 1) {
      if (this.listed[id] === 1 || !keys.isHeld(id)) continue;
      this.listed[id] = 1;
      added.push(id);
    }
    return added;
  }
}

function merged(a: readonly number[], b: readonly number[], compare: (a: number, b: number) => number): number[] {
  const all: number[] = [];
  let i = 0;
  for (const next of b) {
    while (i < a.length && compare(a[i] ?? 0, next) < 0) all.push(a[i++] ?? 0);
    all.push(next);
  }
  while (i < a.length) all.push(a[i++] ?? 0);
  return all;
}
