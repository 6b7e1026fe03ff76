import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { BundleError, bundleJob } from './bundle-job.js';

const folders: string[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

describe('a bundled job', () => {
  it('is one script that leaves its exports in the global "tidemarkJob"', async () => {
    const folder = await aPackage({
      'src/job.ts': `import { twice } from './twice.js'; const n: number = 21; export default twice(n);`,
      'src/twice.ts': `export const twice = (n: number): number => n * 2;`,
    });

    const { code } = await bundleJob(join(folder, 'src/job.ts'));

    expect(runInNewContext(`${code}; tidemarkJob.default`)).toBe(42);
  });

  it('has a source map that names files relative to the package and holds no source text', async () => {
    const folder = await aPackage({ 'src/job.ts': `export const secret = 'only mine';` });

    const { sourceMap } = await bundleJob(join(folder, 'src/job.ts'));

    expect(JSON.parse(sourceMap)).toMatchObject({ sources: ['src/job.ts'] });
    expect(sourceMap).not.toContain('only mine');
  });

  it('has the same bytes wherever its folder lies', async () => {
    const source = { 'src/job.ts': `export const job = [1, 2, 3].map((n) => n + 1);` };
    const [one, other] = [await aPackage(source), await aPackage(source)];

    expect(await bundleJob(join(one, 'src/job.ts'))).toEqual(await bundleJob(join(other, 'src/job.ts')));
  });

  it('gets shorter when it is minified and does the same', async () => {
    const folder = await aPackage({
      'job.ts': `function aVeryLongName(n: number) { return n + 1; } export default aVeryLongName(1);`,
    });

    const [plain, small] = [
      await bundleJob(join(folder, 'job.ts')),
      await bundleJob(join(folder, 'job.ts'), { minify: true }),
    ];

    expect(small.code.length).toBeLessThan(plain.code.length);
    expect(runInNewContext(`${small.code}; tidemarkJob.default`)).toBe(2);
  });
});

describe('a job that cannot be bundled', () => {
  it.each(['node:fs', 'fs', 'fs/promises'])('is refused with the place where it imports %s', async (builtin) => {
    const folder = await aPackage({ 'src/job.ts': `\nimport * as it from '${builtin}'; export default it;` });

    await expect(bundleJob(join(folder, 'src/job.ts'))).rejects.toThrow(
      new RegExp(`^src/job\\.ts:2:21: "${builtin}" is part of Node`),
    );
  });

  it('may import a package that has the name of a Node built-in', async () => {
    const folder = await aPackage({
      'job.ts': `import emitter from 'events'; export default emitter;`,
      'node_modules/events/package.json': `{ "name": "events", "main": "events.js" }`,
      'node_modules/events/events.js': `export default 'a package';`,
    });

    expect(runInNewContext(`${(await bundleJob(join(folder, 'job.ts'))).code}; tidemarkJob.default`)).toBe('a package');
  });

  it('is refused with every syntax error and missing import named', async () => {
    const folder = await aPackage({ 'job.ts': `import 'not-there';\nimport './neither.js';` });

    const refused = await bundleJob(join(folder, 'job.ts')).catch((error: unknown) => error);

    expect(refused).toBeInstanceOf(BundleError);
    expect((refused as BundleError).problems).toEqual([
      expect.stringMatching(/^job\.ts:1:8: .*not-there/),
      expect.stringMatching(/^job\.ts:2:8: .*neither/),
    ]);
  });

  it('is refused in one sentence when there is no such file', async () => {
    await expect(bundleJob('nowhere/job.ts')).rejects.toThrow('nowhere/job.ts does not exist');
  });
});

async function aPackage(files: { readonly [path: string]: string }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bundle-job-'));
  folders.push(folder);
  for (const [path, text] of Object.entries({ 'package.json': '{}', ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}
