import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { SandboxHost, type SandboxOptions, type SourceBundle } from '../host/sandbox-host.js';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../../', import.meta.url));
let built: Promise<unknown> | undefined;

/** A sandbox made of the sources as they are now. */
export async function openSandbox(options: Partial<SandboxOptions> = {}): Promise<SandboxHost> {
  built ??= run(process.execPath, [`${project}build.mjs`], { cwd: dirname(project) });
  await built;
  const host = await SandboxHost.open({ mode: 'auto', ...options });
  await host.tested;
  return host;
}

/** A bundle of the one file `src/job.ts`, made as `tidemark build` makes it. */
export async function aBundle(source: string): Promise<SourceBundle> {
  const { outputFiles } = await build({
    stdin: { contents: source, sourcefile: 'src/job.ts', resolveDir: project, loader: 'ts' },
    absWorkingDir: project,
    outfile: `${project}job.js`,
    write: false,
    bundle: true,
    format: 'iife',
    globalName: 'tidemarkJob',
    target: 'es2023',
    platform: 'neutral',
    conditions: ['@tidemark/source'],
    sourcemap: 'external',
    logLevel: 'silent',
  });
  const text = (suffix: string): string => outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? '';
  return { code: text('.js'), map: text('.js.map') };
}

/** A job that puts each record through the code of an arrow function. */
export const aMapJob = (arrow: string, before = ''): Promise<SourceBundle> =>
  aBundle(`import { defineJob, files, toLog } from '@tidemark/streams';
${before}
export default defineJob({ name: 'test', batchInterval: '1 s' }, (job) => {
  job.source('in', files<any>({ path: 'in' })).map(${arrow}).to('out', toLog());
});
`);

/** A job that counts records by their member `k`, all time and in a window. */
export const aCountingJob = (): Promise<SourceBundle> =>
  aBundle(`import { defineJob, files, toLog } from '@tidemark/streams';
export default defineJob({ name: 'counting', batchInterval: '1 s' }, (job) => {
  const ones = job.source('in', files<{ k: string }>({ path: 'in' })).keyBy(({ k }) => k).mapValues(() => 1);
  const add = (a: number, b: number): number => a + b;
  ones.updateStateByKey<number>('counts', (values, n = 0) => values.reduce(add, n)).to('out', toLog());
  ones.reduceByKeyAndWindow('recent', { window: '3 s', slide: '1 s', reduce: add, inverse: (a, b) => a - b })
    .to('recent-out', toLog());
});
`);

/** The same with a figure of each key, of which few are in memory. */
export const aSpillingJob = (rowsInMemory: number): Promise<SourceBundle> =>
  aBundle(`import { defineJob, files, toLog, count } from '@tidemark/streams';
export default defineJob({ name: 'spilling', batchInterval: '1 s' }, (job) => {
  job.source('in', files<{ k: string }>({ path: 'in' })).map((row) => { console.log(row.k); return row; }).keyBy(({ k }) => k)
    .aggregate('counts', { n: count() }, { rowsInMemory: ${rowsInMemory} }).to('out', toLog());
});
`);
