// Bundles what runs inside a sandbox: `dist/child.mjs` (the process), `dist/guest.js` (the isolate), `dist/logic.js` (an
// isolate in which a bundle's logic is traced) and `dist/probe.mjs` (the attacks that a sandbox is tried with). Each is one file, so a sandbox's file system can be these files and Node.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = dirname(fileURLToPath(import.meta.url));
const common = {
  bundle: true,
  target: 'es2023',
  conditions: ['@tidemark/source'],
  legalComments: 'none',
  logLevel: 'warning',
  absWorkingDir: project,
  write: false,
};

const results = await Promise.all([
  build({
    ...common,
    entryPoints: ['src/child/child.ts'],
    outfile: join(project, 'dist/child.mjs'),
    platform: 'node',
    format: 'esm',
  }),
  build({
    ...common,
    entryPoints: ['src/child/probe.ts'],
    outfile: join(project, 'dist/probe.mjs'),
    platform: 'node',
    format: 'esm',
  }),
  build({
    ...common,
    entryPoints: ['src/guest/guest.ts'],
    outfile: join(project, 'dist/guest.js'),
    platform: 'neutral',
    format: 'iife',
    mainFields: ['module', 'main'],
  }),
  build({
    ...common,
    entryPoints: ['src/logic/logic.ts'],
    outfile: join(project, 'dist/logic.js'),
    platform: 'neutral',
    format: 'iife',
    mainFields: ['module', 'main'],
    // An isolate reads it anew for each bundle that is described.
    minify: true,
  }),
]);

// Renamed into place: a sandbox may start, or another build run, at any moment.
for (const { path, contents } of results.flatMap(({ outputFiles }) => outputFiles)) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}.tmp`, contents);
  await rename(`${path}.${process.pid}.tmp`, path);
}
