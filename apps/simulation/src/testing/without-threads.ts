import { vi } from 'vitest';

// What checkpoints leave to threads and to other turns of the event loop is done at once: when those are done is chance
// of this machine, and a history must be the same on every one.
vi.mock('node:timers/promises', () => ({ setImmediate: () => Promise.resolve() }));
vi.mock('node:zlib', async (importOriginal) => {
  const { constants } = await importOriginal<{ readonly constants: object }>();
  const { createZstdCompress, zstdDecompress } = await import('./plain-zlib.js');
  return { constants, createZstdCompress, zstdDecompress };
});
