// One side of a case as a bundle: `old.ts` or `old/job.ts`, made by the project's own bundler, or with other options of
// esbuild where the case says so.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleJob } from '@tidemark/bundler';

/** @returns {Promise<{ code: string, sourceMap: string }>} */
export async function bundleSide({ folder, expected }, side) {
  const entry = [`${side}.ts`, `${side}/job.ts`, `${side}.js`, `${side}/job.js`]
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
  if (entry === undefined) throw new Error(`it has neither ${side}.ts nor ${side}/job.ts`);
  const { minify, ...others } = expected.build?.[side] ?? {};
  if (Object.keys(others).length === 0) return bundleJob(entry, { minify: minify ?? false });
  const { outputFiles } = await build({
    entryPoints: [entry],
    outfile: join(folder, `${side}.js`),
    write: false,
    bundle: true,
    format: 'iife',
    globalName: 'tidemarkJob',
    target: 'es2023',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'silent',
    minify: minify ?? false,
    ...others,
  });
  const text = (suffix) => outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? '';
  return { code: text('.js'), sourceMap: text('.js.map') };
}
