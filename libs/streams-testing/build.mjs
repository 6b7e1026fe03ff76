// Bundles the harness into what tenants install: libs/streams/dist/testing/index.js, with the types that belong to it.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = dirname(fileURLToPath(import.meta.url));
const target = join(project, '../streams/dist/testing');
/** The public types; nothing else may be needed to read them. */
const TYPES = ['index.d.ts', 'api.d.ts'];
const MAY_IMPORT = ['@tidemark/streams', './api.js'];

const { outputFiles } = await build({
  entryPoints: ['src/index.ts'],
  absWorkingDir: project,
  outfile: join(target, 'index.js'),
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  conditions: ['@tidemark/source'],
  legalComments: 'none',
  logLevel: 'warning',
  write: false,
});
const types = await Promise.all(
  TYPES.map(async (name) => ({ path: join(target, name), text: await typesOf(join(project, 'dist', name)) })),
);

await mkdir(target, { recursive: true });
// Renamed into place: a test may be reading them.
for (const { path, text } of [...outputFiles, ...types]) {
  await writeFile(`${path}.${process.pid}.tmp`, text);
  await rename(`${path}.${process.pid}.tmp`, path);
}

async function typesOf(path) {
  const text = (await readFile(path, 'utf8')).replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');
  const foreign = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)]
    .map(([, name]) => name)
    .find((name) => !MAY_IMPORT.includes(name));
  if (foreign !== undefined) throw new Error(`${path} imports ${foreign}, which no tenant has.`);
  return text;
}
