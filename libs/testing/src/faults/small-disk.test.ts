import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mountSmallDisk } from './small-disk.js';

describe('a small disk', () => {
  it('is full after as many bytes as it has, and has room again after some are removed', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-disk-'));
    const disk = await mountSmallDisk(join(folder, 'disk'), 1_048_576);
    try {
      if ('refused' in disk) return context.skip(disk.refused);
      const file = join(disk.path, 'one');
      await writeFile(file, Buffer.alloc(900_000));
      await expect(writeFile(join(disk.path, 'two'), Buffer.alloc(900_000))).rejects.toMatchObject({ code: 'ENOSPC' });
      await rm(join(disk.path, 'two'), { force: true });
      await rm(file);
      await writeFile(join(disk.path, 'two'), Buffer.alloc(900_000));
    } finally {
      if (!('refused' in disk)) await disk.remove();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
