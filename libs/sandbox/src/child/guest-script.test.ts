import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FrameReader } from '../frames.js';
import { ENVIRONMENT } from '../os/environment.js';
import { NODE_FLAGS, sandboxFiles } from '../os/files.js';
import { openSandbox } from '../testing/open-sandbox.js';

describe('what is compiled of the guest', () => {
  let folder: string;

  beforeAll(async () => {
    const host = await openSandbox();
    await host.close();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-guest-'));
    const { guest, compiledGuest } = sandboxFiles();
    await copyFile(guest, join(folder, 'guest.js'));
    await copyFile(compiledGuest, join(folder, 'guest.compiled'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The first that a sandbox process says. */
  const firstWords = (): unknown => {
    const { node, child, native } = sandboxFiles();
    const args = [...NODE_FLAGS, child, join(folder, 'guest.js'), native];
    const { stdout, stderr } = spawnSync(node, args, { env: ENVIRONMENT });
    const [frame] = new FrameReader().push(stdout);
    return frame?.header ?? String(stderr);
  };

  it('is taken by a sandbox of this build', () => {
    expect(firstWords()).toEqual({ type: 'ready', precompiled: true });
  });

  it('is left where it is of another script, also of one that is as long', async () => {
    const path = join(folder, 'guest.js');
    const code = await readFile(path, 'utf8');
    const other = code.replace(/^\/\/ [0-9a-f]/, (start) => (start.endsWith('0') ? '// 1' : '// 0'));
    expect(other).toHaveLength(code.length);
    await writeFile(path, other);

    expect(firstWords()).toEqual({ type: 'ready', precompiled: false });
  });

  it.each([0.1, 0.5, 0.9])('is left where a bit of it is another, %d of the way in', async (share) => {
    const path = join(folder, 'guest.compiled');
    const bytes = await readFile(path);
    const at = Math.floor(bytes.length * share);
    await writeFile(path, bytes.fill((bytes[at] ?? 0) ^ 1, at, at + 1));

    expect(firstWords()).toEqual({ type: 'ready', precompiled: false });
  });
});
