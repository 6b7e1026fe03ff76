// `npm run verify:chaos -- [--minutes 3] [--seed <number>]`: runs jobs on a whole service of its own, in real processes, while
// runners, schedulers, Redis, Postgres and disks are disturbed, and holds what is in the sinks and in the database against
// what a plain reducer makes of the same input. The last line is "lost N, twice N, stale N, stuck N"; exit code 0 if all are
// 0 and everything else that is checked holds too. What it does and checks: docs/verification.md.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare, PrepareError } from './prepare.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const { node } = await prepare().catch((error) => {
  if (!(error instanceof PrepareError)) throw error;
  console.error(error.message);
  process.exit(1);
});
const child = spawn(node, [join(root, 'tools/chaos/run-chaos.mjs'), ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGTERM'));
child.once('close', (code) => {
  process.exitCode = code ?? 1;
});
