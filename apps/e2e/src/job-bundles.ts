import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleJob, type JobBundle } from '@tidemark/bundler';
import { root } from './instance.js';

const project = join(root, 'apps/e2e');

export interface BundleOptions {
  readonly minify?: boolean;
  /** Values of constants that the job declares, by name: what only the test knows, for example a port. */
  readonly constants?: { readonly [name: string]: string | number };
}

/** The bundle of `jobs/<name>.ts`. */
export async function bundleOf(
  name: string,
  { minify = false, constants = {} }: BundleOptions = {},
): Promise<JobBundle> {
  const { code, sourceMap } = await bundleJob(join(project, fileOf(name)), { minify });
  const declared = Object.entries(constants).map(([constant, value]) => `var ${constant}=${JSON.stringify(value)};`);
  // On the first line, which holds nothing of the source: its map stays right.
  return { code: declared.join('') + code, sourceMap };
}

/** Where `text` first stands in `jobs/<name>.ts`, as `file:line:column`. */
export async function placeOf(name: string, text: string): Promise<string> {
  const lines = (await readFile(join(project, fileOf(name)), 'utf8')).split('\n');
  const line = lines.findIndex((each) => each.includes(text));
  if (line === -1) throw new Error(`jobs/${name}.ts does not hold ${text}`);
  return `${fileOf(name)}:${line + 1}:${(lines[line] ?? '').indexOf(text) + 1}`;
}

const fileOf = (name: string): string => `src/jobs/${name}.ts`;
