import { TidemarkError } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { InMemoryObjectStore } from './in-memory-object-store.js';
import { aBlock, aCheckpoint, aPath } from './testing/a-checkpoint.js';
import { verifyCheckpoint } from './verify-checkpoint.js';
import { writeCheckpoint } from './write-checkpoint.js';

async function aBaseAndADelta() {
  const store = new InMemoryObjectStore();
  const base = await writeCheckpoint(store, aCheckpoint(1, [aBlock('counts', { a: 1, b: 2 })]));
  const delta = await writeCheckpoint(store, aCheckpoint(2, [aBlock('counts', { a: 3 })], { parent: base.chain }));
  return { store, base: base.written, delta: delta.written };
}

const verify = (
  { store, delta }: Awaited<ReturnType<typeof aBaseAndADelta>>,
  known: readonly string[] = [],
): Promise<{ readonly bytesRead: number }> =>
  verifyCheckpoint(store, { path: aPath(2), manifestSha256: delta.manifestSha256, known });

describe('reading a checkpoint back', () => {
  it('reads its manifest and every file that it needs, and says how much that was', async () => {
    const stored = await aBaseAndADelta();
    const { base, delta } = stored;

    expect(await verify(stored)).toEqual({ bytesRead: base.bytesWritten + delta.bytesWritten + delta.manifestBytes });
  });

  it('passes over folders that are known to be sound, but never over its own', async () => {
    const stored = await aBaseAndADelta();
    const { delta } = stored;

    expect(await verify(stored, [aPath(1), aPath(2)])).toEqual({ bytesRead: delta.bytesWritten + delta.manifestBytes });
  });

  it.each([`${aPath(1)}/state/1.tmb.zst`, `${aPath(2)}/state/1.tmb.zst`, `${aPath(2)}/manifest.json`])(
    'finds that %s is missing, or not what it was',
    async (path) => {
      const stored = await aBaseAndADelta();
      const bytes = await stored.store.get(path);
      await stored.store.remove(path);
      await expectUnreadable(verify(stored));

      await stored.store.put(
        path,
        bytes.map((byte, index) => (index === 3 ? byte ^ 4 : byte)),
      );
      await expectUnreadable(verify(stored));
    },
  );
});

const expectUnreadable = (attempt: Promise<unknown>): Promise<void> =>
  expect(attempt).rejects.toSatisfy(
    (error) => error instanceof TidemarkError && error.code === 'checkpoint_unreadable',
  );
