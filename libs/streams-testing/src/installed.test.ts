import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type BuildOptions } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-installed-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const TEST_OF_A_TENANT = `
import { defineJob, files, toLog } from '@tidemark/streams';
import { testJob } from '@tidemark/streams/testing';

const job = testJob(
  defineJob({ name: 'theirs', batchInterval: '1 s' }, (job) => {
    job.source('in', files({ path: 'in' })).keyBy('key')
      .fold('sums', { initial: 0, fold: (sum, { value }) => sum + value }).to('out', toLog());
  }),
);
job.add('in', [{ key: 'a', value: 1 }]);
await job.batch();
await job.restart();
job.add('in', [{ key: 'a', value: 2 }]);
process.stdout.write(JSON.stringify(await job.batch()));
`;

it('runs where nothing but the library is installed', async () => {
  const library = join(folder, 'node_modules/@tidemark/streams');
  const bundled: BuildOptions = { bundle: true, format: 'esm', platform: 'neutral', conditions: ['@tidemark/source'] };
  await build({ ...bundled, entryPoints: [fileOf('index.ts')], outfile: join(library, 'dist/testing/index.js') });
  await build({
    ...bundled,
    entryPoints: [fileOf('../../streams/src/index.ts')],
    outfile: join(library, 'dist/index.js'),
  });
  await cp(fileOf('../../streams/package.json'), join(library, 'package.json'));
  await writeFile(join(folder, 'their-test.mjs'), TEST_OF_A_TENANT);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'their-test.mjs')]);
  expect(JSON.parse(stdout)).toEqual({ out: [['a', 3]] });
});
