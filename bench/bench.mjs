// `npm run bench`: how fast Tidemark is, as a reader can check it: the same work over the same bytes, once by the service
// with its sandbox, exactly once and with checkpoints, and once by a few lines of plain Node (bench/yardsticks). Prints a
// table; writes bench/results/latest.json and bench/results/latest.svg. docs/performance.md says what the columns mean.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { prepare, PrepareError } from '../tools/prepare.mjs';

try {
  const { node } = await prepare();
  if (node !== process.execPath) process.exit(await runAgainWith(node));
  // Only now: what these import is what was just built.
  const { benchOptions, USAGE } = await import('./lib/options.mjs');
  const options = readOptions(benchOptions, USAGE);
  if (options.help) console.log(USAGE);
  else await (await import('./lib/run-bench.mjs')).runBench(options);
} catch (error) {
  if (!(error instanceof PrepareError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** Both sides are measured with the pinned Node, whichever one this was started with. */
async function runAgainWith(node) {
  const child = spawn(node, [import.meta.filename, ...process.argv.slice(2)], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

function readOptions(benchOptions, usage) {
  try {
    return benchOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(1);
  }
}
