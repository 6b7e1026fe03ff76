import { readLatin1 } from '../state/utf8.js';
import type { ColdChange, ColdEntries, ColdStore } from './cold-store.port.js';

type Entry = readonly [key: Uint8Array, row: Uint8Array];

/** A cold store in memory, for tests and jobs in this process. */
export class InMemoryColdStore implements ColdStore {
  private readonly spaces = new Map<string, Map<string, Entry>>();

  read(space: string, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    const rows = this.spaces.get(space);
    return Promise.resolve(keys.map((key) => rows?.get(readLatin1(key))?.[1]));
  }

  write(space: string, changes: readonly ColdChange[]): Promise<void> {
    const rows = this.spaces.get(space) ?? new Map<string, Entry>();
    this.spaces.set(space, rows);
    for (const { key, row } of changes) {
      if (row === undefined) rows.delete(readLatin1(key));
      else rows.set(readLatin1(key), [key.slice(), row.slice()]);
    }
    return Promise.resolve();
  }

  clear(space: string): Promise<void> {
    this.spaces.delete(space);
    return Promise.resolve();
  }

  count(space: string): number {
    return this.spaces.get(space)?.size ?? 0;
  }

  entries(space: string): ColdEntries {
    const all = [...(this.spaces.get(space)?.values() ?? [])];
    let at = 0;
    return {
      next(bytesMax) {
        const from = at;
        for (let bytes = 0; at < all.length && bytes < bytesMax; at += 1) bytes += sizeOf(all[at]);
        return all.slice(from, at);
      },
      close() {
        at = all.length;
      },
    };
  }

  close(): Promise<void> {
    this.spaces.clear();
    return Promise.resolve();
  }
}

const sizeOf = (entry: Entry | undefined): number => (entry?.[0].length ?? 0) + (entry?.[1].length ?? 0);
