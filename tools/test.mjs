// `npm test`: installs and builds what is missing, then runs every test that needs nothing but npm packages.
// `--redis` runs the tests that need a Redis server instead, on a server of its own. `--suite <name>` runs one suite;
// whatever else is given goes to vitest as a filter. The last line is "N passed, N failed".
import { prepare, PrepareError } from './prepare.mjs';
import { startRedis } from './redis.mjs';
import { interruption, REDIS_SUITES, runSuite, SUITES, summaryLine } from './suites.mjs';

function chosenSuites(args) {
  const all = args.includes('--redis') ? REDIS_SUITES : SUITES;
  const at = args.indexOf('--suite');
  if (at === -1) return all;
  const suite = all.find(({ name }) => name === args[at + 1]);
  if (suite === undefined) {
    console.error(`--suite needs one of: ${all.map(({ name }) => name).join(', ')}.`);
    process.exit(2);
  }
  return [suite];
}

function filtersOf(args) {
  return args.filter((arg, index) => arg !== '--redis' && arg !== '--suite' && args[index - 1] !== '--suite');
}

async function runAll(args, node, signal) {
  // What the caller's shell happens to configure must not change what is tested.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TIDEMARK_')));
  const redis = args.includes('--redis') ? await startRedis() : undefined;
  const results = [];
  try {
    for (const suite of chosenSuites(args)) {
      if (signal.aborted) break;
      console.log(`\n— ${suite.name}${redis === undefined ? '' : ' on Redis'}`);
      const settings = redis === undefined ? env : { ...env, TIDEMARK_REDIS_URL: redis.url };
      const before = await redis?.commands();
      const result = await runSuite(suite, { node, env: settings, filters: filtersOf(args), signal });
      results.push(redis === undefined ? result : refuseUnused(result, (await redis.commands()) - before));
    }
  } finally {
    await redis?.stop();
  }
  return results;
}

/** Tests that pass "on Redis" without talking to it would say nothing. */
function refuseUnused(result, commands) {
  // One is the question itself.
  if (commands > 1 || result.failed > 0) return result;
  console.error(`${result.name}: the tests passed without using Redis.`);
  return { ...result, failed: 1 };
}

const { node } = await prepare().catch((error) => {
  if (!(error instanceof PrepareError)) throw error;
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
});
const signal = interruption();
const results = await runAll(process.argv.slice(2), node, signal);
console.log('');
for (const { name, passed, failed, skipped, ms } of results) {
  const parts = [`${passed} passed`, `${failed} failed`, ...(skipped === 0 ? [] : [`${skipped} skipped`])];
  console.log(`${name.padEnd(8)} ${parts.join(', ').padEnd(36)} ${(ms / 1000).toFixed(1)} s`);
}
console.log(summaryLine(results));
process.exitCode = !signal.aborted && results.every(({ failed }) => failed === 0) ? 0 : 1;
