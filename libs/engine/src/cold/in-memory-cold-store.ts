import { getOrAdd } from '../graph/operator.js';
import { readLatin1 } from '../decode/utf8.js';
import type { ColdChange, ColdEntries, ColdStore } from './cold-store.port.js';

type Entry = readonly [key: Uint8Array, row: Uint8Array];

/** A cold store in memory, for tests and jobs in this process. */
export class InMemoryColdStore implements ColdStore {
  private readonly spaces = new Map<string, Map<string, Entry>>();
  private isClosed = false;

  async read(space: string, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    const rows = this.space(space);
    return Promise.resolve(keys.map((key) => rows.get(readLatin1(key))?.[1]));
  }

  async write(space: string, changes: readonly ColdChange[]): Promise<void> {
    const rows = this.space(space);
    for (const { key, row } of changes) {
      if (row === undefined) rows.delete(readLatin1(key));
      else rows.set(readLatin1(key), [key.slice(), row.slice()]);
    }
    return Promise.resolve();
  }

  async clear(space: string): Promise<void> {
    this.space(space).clear();
    return Promise.resolve();
  }

  count(space: string): number {
    return this.space(space).size;
  }

  entries(space: string): ColdEntries {
    const all = [...this.space(space).values()];
    let at = 0;
    return {
      next: (bytesMax) => {
        this.assertOpen();
        const from = at;
        for (let bytes = 0; at < all.length && bytes < bytesMax; at += 1) bytes += sizeOf(all[at]);
        return all.slice(from, at);
      },
      close: () => {
        at = all.length;
      },
    };
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.spaces.clear();
    return Promise.resolve();
  }

  private space(name: string): Map<string, Entry> {
    this.assertOpen();
    return getOrAdd(this.spaces, name, () => new Map<string, Entry>());
  }

  private assertOpen(): void {
    if (this.isClosed) throw new Error('The cold store is closed.');
  }
}

const sizeOf = (entry: Entry | undefined): number => (entry?.[0].length ?? 0) + (entry?.[1].length ?? 0);
