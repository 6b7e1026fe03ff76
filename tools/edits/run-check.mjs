// Runs one of the checks of labelled edits under the pinned Node, after preparing what is missing.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare, PrepareError } from '../prepare.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Runs `script` (a path below tools/) with this process's arguments, and ends with its exit code. */
export async function runCheck(script) {
  const { node } = await prepare().catch((error) => {
    if (!(error instanceof PrepareError)) throw error;
    console.error(error.message);
    console.log('0 right, 1 wrong');
    process.exit(1);
  });
  const child = spawn(node, [join(root, 'tools', script), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGTERM'));
  child.once('close', (code) => {
    process.exitCode = code ?? 1;
  });
}
