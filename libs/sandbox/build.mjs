// Bundles what runs inside a sandbox: `dist/child.cjs` (the process), `dist/guest.js` (the isolate), `dist/guest.compiled`
// (what V8 makes of it), `dist/logic.js` (an isolate in which a bundle's logic is traced) and `dist/probe.mjs` (the attacks
// that a sandbox is tried with). Each is one file, so a sandbox's file system can be these files and Node.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { ENVIRONMENT } from './src/os/environment.ts';
import { nativeFile, NODE_FLAGS } from './src/os/files.ts';

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

const [child, probe, guest, logic, compileGuest, rehearsal] = await Promise.all([
  build({
    ...common,
    entryPoints: ['src/child/child.ts'],
    outfile: join(project, 'dist/child.cjs'),
    platform: 'node',
    // Node takes 10 ms longer to begin with a module.
    format: 'cjs',
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
  build({ ...common, entryPoints: ['src/rehearsal/compile-guest.ts'], platform: 'node', format: 'cjs' }),
  build({
    ...common,
    entryPoints: ['src/rehearsal/rehearsal-job.ts'],
    platform: 'neutral',
    format: 'iife',
    globalName: 'tidemarkJob',
    mainFields: ['module', 'main'],
  }),
]);

const [guestFile] = guest.outputFiles;
// By this line a sandbox knows whether what is compiled is of this code.
const hash = createHash('sha256').update(guestFile.contents).digest('hex');
const guestCode = Buffer.concat([Buffer.from(`// ${hash}\n`), guestFile.contents]);

const files = [
  ...[child, probe, logic].flatMap(({ outputFiles }) => outputFiles),
  // First what a sandbox looks for beside the script: of another script, it is left.
  { path: guestFile.path.replace(/\.js$/, '.compiled'), contents: await compiled() },
  { path: guestFile.path, contents: guestCode },
];

// Renamed into place: a sandbox may start, or another build run, at any moment.
for (const { path, contents } of files) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}.tmp`, contents);
  await rename(`${path}.${process.pid}.tmp`, path);
}

/** V8 takes back what it has compiled only where version and flags are the same: by this Node, with a sandbox's flags. */
async function compiled() {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-guest-'));
  try {
    const write = async (name, contents) => {
      await writeFile(join(folder, name), contents);
      return join(folder, name);
    };
    const args = [
      await write('compile-guest.cjs', compileGuest.outputFiles[0].contents),
      await write('guest.js', guestCode),
      nativeFile(),
      await write('job.js', rehearsal.outputFiles[0].contents),
    ];
    const options = { env: ENVIRONMENT, encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(process.execPath, [...NODE_FLAGS, ...args], options);
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
