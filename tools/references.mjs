// Writes every project's tsconfig.json from its package.json, so that a dependency is declared once.
// `--check` writes nothing and fails when a file would change.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projects, root } from './workspace.mjs';

const check = process.argv.includes('--check');
const all = projects();
const dirOf = new Map(all.map((project) => [project.name, project.dir]));
const stale = [];

function emit(file, config) {
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const path = join(root, file);
  let current = '';
  try {
    current = readFileSync(path, 'utf8');
  } catch {
    // A project without a tsconfig yet: it is stale like any other.
  }
  if (current === text) return;
  if (check) stale.push(file);
  else writeFileSync(path, text);
}

for (const project of all) {
  emit(`${project.dir}/tsconfig.json`, {
    extends: '../../tsconfig.base.json',
    compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
    include: ['src'],
    // Tests may import across layers (testing helpers, contracts); tsconfig.tests.json type-checks them all at once.
    exclude: ['src/**/*.test.ts', 'src/**/*.contract.ts', 'src/**/*.e2e.ts'],
    references: project.internal
      .map((name) => dirOf.get(name))
      .filter((dir) => dir !== undefined)
      .map((dir) => ({ path: relative(join(root, project.dir), join(root, dir)) })),
  });
}
emit('tsconfig.json', { files: [], references: all.map((project) => ({ path: project.dir })) });

if (stale.length > 0) {
  console.error(`Out of date: ${stale.join(', ')}\nRun: node tools/references.mjs`);
  process.exit(1);
}
