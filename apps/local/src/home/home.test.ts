import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, homeAt, openHome } from './home.js';
import { readRunningInstance, writeInstance, type Instance } from './instance-file.js';
import { ensureKeys } from './keys.js';
import { identityOf } from './process-identity.js';

describe('the home of an instance', () => {
  let home: Home;
  beforeEach(async () => {
    home = homeAt(await mkdtemp(join(tmpdir(), 'tidemark-home-')));
  });
  afterEach(() => rm(home.path, { recursive: true }));

  const instanceOf = async (pid: number, id?: string): Promise<Instance> => ({
    apiUrl: 'http://127.0.0.1:1',
    grpcUrl: null,
    adminKey: 'a',
    tenantKey: 't',
    processes: [{ role: 'supervisor', id: id ?? (await identityOf(pid)) ?? '', pid }],
  });

  it('of a newer version is refused in one sentence and left as it is', async () => {
    await writeFile(join(home.path, 'layout.json'), '{"layout":2}');
    await expect(openHome(home)).rejects.toMatchObject({ code: 'home_newer_than_build', params: { found: 2 } });
    expect(await readdir(home.path)).toEqual(['layout.json']);
  });

  it('can be opened again', async () => {
    await openHome(home);
    await openHome(home);
    expect((await stat(home.objects)).mode & 0o777).toBe(0o700);
  });

  it('has keys that are made once, for its owner to read', async () => {
    const keys = await ensureKeys(home.keys);
    expect(await ensureKeys(home.keys)).toEqual(keys);
    expect(keys.adminKey).not.toBe(keys.tenantKey);
    expect((await stat(home.keys)).mode & 0o777).toBe(0o600);
  });

  it('shows the instance that runs', async () => {
    const instance = await instanceOf(process.pid);
    await writeInstance(home.instance, instance);
    expect(await readRunningInstance(home.instance)).toEqual(instance);
    expect((await stat(home.instance)).mode & 0o777).toBe(0o600);
    expect(await readFile(home.instance, 'utf8')).toContain('"grpcUrl": null');
  });

  it('shows none where a killed one has left its file, also when its pid is used again', async () => {
    expect(await readRunningInstance(home.instance)).toBeUndefined();
    await writeInstance(home.instance, await instanceOf(process.pid, `${process.pid}@1`));
    expect(await readRunningInstance(home.instance)).toBeUndefined();
  });
});
