import { TidemarkError, type ErrorCode } from '@tidemark/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObjectStore } from './object-store.port.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (stored: Uint8Array): string => new TextDecoder().decode(stored);

const REFUSED_PATHS = [
  '',
  '.',
  '..',
  'a/../b',
  '/a',
  'a//b',
  'a/',
  'a/./b',
  'a\\b',
  'a b',
  'a\0b',
  'ä',
  'a/~b',
  `${'x/'.repeat(500)}x`,
];

/** What every object store must do. `open` gives an empty store; `leaveLitter` leaves what a crashed write may leave. */
export function objectStoreContract(
  name: string,
  open: () => Promise<{ readonly store: ObjectStore; readonly leaveLitter: () => Promise<void> }>,
): void {
  describe(`${name} as an object store`, () => {
    it('gives back the bytes that were put', async () => {
      const { store } = await open();
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), fc.uuid(), async (content, id) => {
          await store.put(`a/${id}`, content);
          expect(Buffer.compare(await store.get(`a/${id}`), content)).toBe(0);
        }),
        { numRuns: 20 },
      );
    });

    it('never overwrites an object', async () => {
      const { store } = await open();
      await store.put('a/b', bytes('first'));
      await expectCode('object_exists', store.put('a/b', bytes('second')));
      expect(text(await store.get('a/b'))).toBe('first');
    });

    it('lets exactly one of many writers of one path win', async () => {
      const { store } = await open();
      const writes = await Promise.allSettled(
        ['1', '2', '3', '4', '5'].map((each) => store.put('race/x', bytes(each))),
      );
      expect(writes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const winner = writes.findIndex(({ status }) => status === 'fulfilled') + 1;
      expect(text(await store.get('race/x'))).toBe(String(winner));
    });

    it('names the path that does not exist', async () => {
      const { store } = await open();
      await store.put('a/b', bytes('x'));
      for (const path of ['nothing', 'a', 'a/c', 'a/b/c']) await expectCode('object_missing', store.get(path));
    });

    it('lists what lies below whole segments, sorted', async () => {
      const { store } = await open();
      for (const path of ['a/b/2', 'a/b/10', 'a/b-c', 'a/bb/1', 'a/b/c/d', 'b/b/1']) await store.put(path, bytes(path));
      expect(await store.list('a/b')).toEqual(['a/b/10', 'a/b/2', 'a/b/c/d']);
      expect(await store.list('a')).toEqual(['a/b-c', 'a/b/10', 'a/b/2', 'a/b/c/d', 'a/bb/1']);
      expect(await store.list('a/b/2')).toEqual([]);
      expect(await store.list('nowhere')).toEqual([]);
    });

    it('names the folders below whole segments, sorted, and no objects', async () => {
      const { store } = await open();
      for (const path of ['a/b/2', 'a/b/c/d', 'a/bb/1', 'a/b-c', 'b/b/1']) await store.put(path, bytes(path));
      expect(await store.folders('a')).toEqual(['b', 'bb']);
      expect(await store.folders('a/b')).toEqual(['c']);
      expect(await store.folders('a/b/2')).toEqual([]);
      expect(await store.folders('nowhere')).toEqual([]);
      await store.remove('a/bb/1');
      expect(await store.folders('a')).toEqual(['b']);
    });

    it('forgets what is removed, and removes twice without complaint', async () => {
      const { store } = await open();
      await store.put('a/b', bytes('x'));
      await store.put('a/c', bytes('y'));
      await store.remove('a/b');
      await store.remove('a/b');
      await store.remove('never/there');
      expect(await store.list('a')).toEqual(['a/c']);
      await store.put('a/b', bytes('again'));
      expect(text(await store.get('a/b'))).toBe('again');
    });

    it('refuses a path that is not made of plain segments', async () => {
      const { store } = await open();
      for (const path of REFUSED_PATHS) {
        await expectCode('object_path_refused', store.put(path, bytes('x')));
        await expectCode('object_path_refused', store.get(path));
        await expectCode('object_path_refused', store.remove(path));
        await expectCode('object_path_refused', store.list(path));
        await expectCode('object_path_refused', store.folders(path));
      }
    });

    it('refuses an object where a folder is and a folder where an object is', async () => {
      const { store } = await open();
      await store.put('a/b/c', bytes('x'));
      await expectCode('object_exists', store.put('a/b', bytes('y')));
      await expectCode('object_path_refused', store.put('a/b/c/d', bytes('y')));
      expect(await store.list('a')).toEqual(['a/b/c']);
    });

    it('R8: shows nothing of a write that was cut off', async () => {
      const { store, leaveLitter } = await open();
      await store.put('a/b', bytes('x'));
      await leaveLitter();
      expect(await store.list('a')).toEqual(['a/b']);
    });
  });
}

async function expectCode(code: ErrorCode, attempt: Promise<unknown>): Promise<void> {
  await expect(attempt).rejects.toSatisfy(
    (error) => error instanceof TidemarkError && error.code === code,
    `fails with ${code}`,
  );
}
