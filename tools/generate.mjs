// Writes every file that is generated from code and kept in the repository. `--check` writes nothing and fails when
// one of them is not what the code says. Needs a build.
import { spawnSync } from 'node:child_process';
import { root } from './workspace.mjs';

/** In this order: each may read what the one before it wrote. Each takes `--check`; `writes` lists its files and folders. */
export const GENERATORS = [
  { name: 'openapi', script: 'tools/openapi.mjs', writes: ['openapi'] },
  { name: 'contracts', script: 'tools/contracts.mjs', writes: ['libs/contracts/src/generated'] },
  { name: 'docs', script: 'tools/generated-docs.mjs', writes: ['docs/generated'] },
];

function main() {
  const failed = GENERATORS.filter(({ name, script }) => {
    const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
    if (status !== 0) console.error(`${name}: ${script} failed`);
    return status !== 0;
  });
  process.exitCode = failed.length === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) main();
