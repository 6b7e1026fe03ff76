// `npm run verify:edits -- [folder]`: compares the old and the new source of every case in edits/ (or in another folder) by
// the project's own bundler, sandbox and verdicts, and holds what comes out against the case's label. The last line is
// "N right, M wrong"; exit code 1 if one is wrong. How a case looks: edits/README.md.
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare, PrepareError } from './prepare.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const { node } = await prepare().catch((error) => {
  if (!(error instanceof PrepareError)) throw error;
  console.error(error.message);
  console.log('0 right, 1 wrong');
  process.exit(1);
});
// Sources that lie elsewhere find the packages here as well.
const packages = [join(root, 'node_modules'), process.env.NODE_PATH ?? ''].filter((path) => path !== '');
const child = spawn(node, [join(root, 'tools/edits/check-edits.mjs'), ...process.argv.slice(2)], {
  env: { ...process.env, NODE_PATH: packages.join(delimiter) },
  stdio: 'inherit',
});
child.once('close', (code) => {
  process.exitCode = code ?? 1;
});
