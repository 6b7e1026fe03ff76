import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { aHome, Instance } from './instance.js';
import { filesIn, rowsOf } from './traces.js';
import { expectEachVisitOnce } from './visits.js';
import { goesOn, stopped, visitsAtWork } from './visits-job.js';

let homes: Awaited<ReturnType<typeof aHome>>[] = [];
let instances: Instance[] = [];

afterEach(async () => {
  for (const instance of instances) await instance.stop();
  for (const { remove } of homes) await remove();
  [homes, instances] = [[], []];
});

async function aNewHome(): Promise<string> {
  const made = await aHome();
  homes.push(made);
  return made.home;
}

async function start(home: string): Promise<Instance> {
  const instance = await Instance.start(home);
  instances.push(instance);
  return instance;
}

const installationOf = async (home: string): Promise<string> =>
  (JSON.parse(await readFile(join(home, 'objects', 'installation.json'), 'utf8')) as { installation: string })
    .installation;

describe('two installations with one object store', () => {
  it('are told apart: the second does not start, says why, and changes nothing of the first', async () => {
    const [first, second] = [await aNewHome(), await aNewHome()];
    const instance = await start(first);
    const job = await visitsAtWork(instance);
    await stopped(instance, job);
    const id = await installationOf(first);
    await symlink(join(first, 'objects'), join(second, 'objects'));
    const before = { files: await filesIn(join(first, 'objects')), rows: await rowsOf(instance) };

    const refusal = await start(second).then(
      () => 'It has started.',
      (error: unknown) => String(error),
    );

    expect(refusal).toContain(`the object store (TIDEMARK_OBJECTS_DIR) to installation ${id}`);
    expect(refusal).toMatch(/The database \(TIDEMARK_DATABASE_URL\) belongs to installation ins_/);
    expect(Object.keys(before.files).some((path) => path.endsWith('manifest.json'))).toBe(true);
    expect({ files: await filesIn(join(first, 'objects')), rows: await rowsOf(instance) }).toEqual(before);

    await instance.tidemark.jobs.start(job.id);
    await goesOn(instance, job);
    await expectEachVisitOnce(instance);
  });

  it('are told apart as well when the folder of one is gone', async () => {
    const home = await aNewHome();
    await (await start(home)).stop();
    await rm(join(home, 'objects'), { recursive: true });
    await mkdir(join(home, 'objects'));

    await expect(start(home)).rejects.toThrow('TIDEMARK_ADOPT_STORE=ins_');

    expect(await filesIn(join(home, 'objects'))).toEqual({});
  });
});
