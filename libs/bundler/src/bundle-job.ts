import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { build, type Message, type Plugin } from 'esbuild';

/** What the API takes as a bundle: one script that leaves the job in the global `tidemarkJob`, and its source map. */
export interface JobBundle {
  readonly code: string;
  readonly sourceMap: string;
}

/** The source could not be bundled. The message is one line for each problem, with its place in the source. */
export class BundleError extends Error {
  override readonly name = 'BundleError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * Bundles a job written in TypeScript or JavaScript, with everything it imports, into one script without imports.
 * The same sources give the same bytes on every machine: paths in the source map are relative to the entry's package.
 * Throws `BundleError` where the source does not compile, an import is missing or a Node built-in is used.
 */
export async function bundleJob(entryPath: string, options: { readonly minify?: boolean } = {}): Promise<JobBundle> {
  const entry = resolve(entryPath);
  if (!existsSync(entry)) throw new BundleError([`${entryPath} does not exist`]);
  const packageFolder = folderOfPackage(dirname(entry));
  const { outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: packageFolder,
    outfile: join(packageFolder, `${basename(entry, extname(entry))}.js`),
    write: false,
    bundle: true,
    format: 'iife',
    globalName: 'tidemarkJob',
    target: 'es2023',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    sourcemap: 'external',
    // Positions are all that a stack trace needs; the source itself stays with its author.
    sourcesContent: false,
    minify: options.minify ?? false,
    logLevel: 'silent',
    plugins: [refuseNodeBuiltins],
  }).catch((error: unknown) => {
    throw hasMessages(error) ? new BundleError(error.errors.map(oneLine)) : error;
  });
  const text = (suffix: string): string => outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? '';
  return { code: text('.js'), sourceMap: text('.js.map') };
}

const BUILTINS = new Set(builtinModules);

/** The sandbox has no Node in it; an import of it would only fail later, far from the line that asks for it. */
const refuseNodeBuiltins: Plugin = {
  name: 'refuse-node-builtins',
  setup(bundler) {
    bundler.onResolve({ filter: /^[a-z@]/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === 'resolving' || !isBuiltin(path)) return undefined;
      // `events`, `buffer` and others also exist as packages that need no Node.
      const installed = path.startsWith('node:')
        ? undefined
        : await bundler.resolve(path, { resolveDir, kind, pluginData: 'resolving' });
      if (installed !== undefined && installed.errors.length === 0) return installed;
      return {
        errors: [{ text: `"${path}" is part of Node, and a job runs without Node: it has no files, network or clock` }],
      };
    });
  },
};

function isBuiltin(path: string): boolean {
  return path.startsWith('node:') || BUILTINS.has(path);
}

function folderOfPackage(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (dirname(at) === at) return folder;
  }
}

function hasMessages(error: unknown): error is { readonly errors: readonly Message[] } {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors) && error.errors.length > 0;
}

function oneLine({ text, location }: Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}
