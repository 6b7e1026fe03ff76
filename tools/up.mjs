// `npm start`: from a fresh clone to a running service. Prepares what is missing, then hands over to apps/local.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const PARENT_CHECK_MS = 500;

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`Tidemark needs Node 20 or later to start; this is Node ${process.versions.node}.`);
  process.exit(1);
}

const { prepare, PrepareError } = await import('./prepare.mjs');
try {
  const { node } = await prepare();
  process.exitCode = await runLocal(node, process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** Runs the local service until it ends; it ends, with a final checkpoint, when this process is told to. */
function runLocal(node, args) {
  return new Promise((resolve, reject) => {
    // The channel carries nothing. It breaks when this process is killed, and then the service stops as on Ctrl-C.
    const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
    const local = spawn(node, ['--enable-source-maps', join(root, 'apps', 'local', 'dist', 'main.js'), ...args], {
      stdio,
    });
    const stop = () => local.kill('SIGTERM');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
    const watch = stopWithNpm(stop);
    local.once('error', reject);
    local.once('exit', (code) => {
      clearInterval(watch);
      resolve(code ?? 1);
    });
  });
}

/** npm's shell dies of a SIGTERM without passing it on: losing it as the parent is then the only sign. */
function stopWithNpm(stop) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) stop();
  }, PARENT_CHECK_MS);
}
