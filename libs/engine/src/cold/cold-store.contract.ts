import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { ColdChange, ColdEntries, ColdStore } from './cold-store.port.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (stored: Uint8Array | undefined): string | undefined =>
  stored === undefined ? undefined : new TextDecoder().decode(stored);
const put = (key: string, row: string): ColdChange => ({ key: bytes(key), row: bytes(row) });
const away = (key: string): ColdChange => ({ key: bytes(key), row: undefined });

/** All that is left of the entries, by key. */
function rest(entries: ColdEntries, bytesMax = 1_000): ReadonlyMap<string, string> {
  const rows = new Map<string, string>();
  for (let some = entries.next(bytesMax); some.length > 0; some = entries.next(bytesMax)) {
    for (const [key, row] of some) rows.set(text(key) ?? '', text(row) ?? '');
  }
  entries.close();
  return rows;
}

/** What every cold store must do. `open` gives an empty one. */
export function coldStoreContract(name: string, open: () => Promise<ColdStore>): void {
  const stores: ColdStore[] = [];
  const opened = async (): Promise<ColdStore> => {
    const store = await open();
    stores.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  describe(`${name} as a cold store`, () => {
    it('holds what was written last for each key, in every space of its own', async () => {
      const someKey = fc.string({ unit: 'binary', minLength: 1, maxLength: 4 });
      const someChange = fc.record({ key: someKey, row: fc.option(fc.string(), { nil: undefined }), space: fc.nat(1) });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(someChange, { maxLength: 8 }), { maxLength: 4 }), async (writes) => {
          const store = await opened();
          const model = [new Map<string, string>(), new Map<string, string>()];
          for (const write of writes) {
            for (const space of [0, 1]) {
              const own = write.filter((change) => change.space === space);
              await store.write(
                `space/${space}`,
                own.map(({ key, row }) => (row === undefined ? away(key) : put(key, row))),
              );
              for (const { key, row } of own) {
                if (row === undefined) model[space]?.delete(key);
                else model[space]?.set(key, row);
              }
            }
          }
          for (const space of [0, 1]) {
            const held = model[space] ?? new Map<string, string>();
            const keys = [...held.keys(), 'no such key'];
            expect((await store.read(`space/${space}`, keys.map(bytes))).map(text)).toEqual([
              ...held.values(),
              undefined,
            ]);
            expect(rest(store.entries(`space/${space}`), 5)).toEqual(held);
            expect(store.count(`space/${space}`)).toBe(held.size);
          }
          await store.close();
        }),
        { numRuns: 15 },
      );
    });

    it('goes on with entries as they were, whatever is written meanwhile', async () => {
      const store = await opened();
      const before = Array.from({ length: 100 }, (_, i) => [`key-${i}`, `row-${i}`] as const);
      await store.write(
        's',
        before.map(([key, row]) => put(key, row)),
      );
      const entries = store.entries('s');
      const some = entries.next(200).map(([key, row]) => [text(key) ?? '', text(row) ?? ''] as const);
      await store.write('s', [...before.map(([key]) => put(key, 'new')), away('key-50'), put('key-0a', 'new')]);
      expect(some.length).toBeGreaterThan(1);
      expect(some.length).toBeLessThan(100);
      expect(new Map([...some, ...rest(entries)])).toEqual(new Map(before));
      expect(rest(store.entries('s')).size).toBe(100);
    });

    it('holds keys of up to 1,978 bytes, and rows that are much longer', async () => {
      const store = await opened();
      const [key, row] = ['k'.repeat(1_978), 'r'.repeat(3_000_000)];
      await store.write('s', [put(key, row), put('empty', '')]);
      expect((await store.read('s', [bytes(key), bytes('empty')])).map(text)).toEqual([row, '']);
    });

    it('can be closed in the middle of whatever is under way', async () => {
      const store = await opened();
      const rows = Array.from({ length: 20_000 }, (_, i) => put(`key-${i}`, `row-${i}`));
      await store.write('s', rows);
      const entries = store.entries('s');
      entries.next(1_000);
      const underWay = [
        store.read(
          's',
          rows.map(({ key }) => key),
        ),
        store.write('s', rows),
      ];
      const settled = Promise.allSettled(underWay);
      await store.close();
      await settled;
      expect(() => store.count('s')).toThrow('closed');
      expect(() => entries.next(1_000)).toThrow('closed');
      await expect(store.read('s', [bytes('key-1')])).rejects.toThrow('closed');
      await expect(store.write('s', [put('k', '1')])).rejects.toThrow('closed');
      await store.close();
    });

    it('forgets a space as a whole', async () => {
      const store = await opened();
      await store.write('a', [put('k', '1')]);
      await store.write('b', [put('k', '2')]);
      await store.clear('a');
      await store.clear('never written');
      expect([store.count('a'), store.count('b'), store.count('c')]).toEqual([0, 1, 0]);
      await store.write('a', [put('l', '3')]);
      expect(rest(store.entries('a'))).toEqual(new Map([['l', '3']]));
    });
  });
}
