// `npm run verify`: everything that must hold before a change goes in, and exactly what .ci/run runs. Every check runs,
// also after one has failed; a table at the end says which took how long. The last line is "N passed, N failed", where
// each check counts as one beside the tests.
//
// The Redis tests run where a redis-server is installed; TIDEMARK_VERIFY_REDIS=required makes its absence a failure.
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare, PrepareError } from './prepare.mjs';
import { findRedis } from './redis.mjs';
import { interruption, summaryLine } from './suites.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const CHECKS = [
  { name: 'format', command: 'prettier --check --log-level warn .', fix: 'npm run format' },
  { name: 'types', command: 'tsc -b' },
  { name: 'types of tests', command: 'tsc -p tsconfig.tests.json' },
  { name: 'lint', command: 'eslint .' },
  { name: 'boundaries', command: 'depcruise --config .dependency-cruiser.mjs apps libs examples' },
  { name: 'unused code', command: 'knip --no-config-hints' },
  { name: 'lock', command: 'node tools/lock-check.mjs' },
  { name: 'project references', command: 'node tools/references.mjs --check', fix: 'node tools/references.mjs' },
  { name: 'generated files', command: 'node tools/generate.mjs --check', fix: 'npm run generate' },
  { name: 'tidy', command: 'node tools/tidy.mjs' },
  { name: 'edits', command: 'node tools/verify-edits.mjs' },
  { name: 'models', command: 'node tools/verify-model.mjs' },
  { name: 'canaries', command: 'node tools/canaries.mjs' },
  // A slice of what is run for longer by hand: docs/verification.md.
  { name: 'chaos', command: 'node tools/verify-chaos.mjs --minutes 3 --seed 20261129', needsRedis: true },
];

const TESTS = [
  { name: 'npm test', command: 'npm test' },
  { name: 'tests on Redis', command: 'node tools/test.mjs --redis', needsRedis: true },
];

const signal = interruption();

/** Runs a command line and returns its exit code and what it printed. */
function run(command, env, show) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { cwd: root, env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        printed += text;
        if (show) process.stdout.write(text);
      });
    }
    const stop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', stop);
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', stop);
      resolve({ code: code ?? 1, printed });
    });
  });
}

/** What comes of a check that needs Redis where there is none; undefined where there is one, or none is needed. */
function withoutRedis({ name, needsRedis = false }) {
  if (!needsRedis || findRedis() !== undefined) return undefined;
  const required = process.env.TIDEMARK_VERIFY_REDIS === 'required';
  const note = 'no redis-server is installed';
  console.log(`\n${required ? '✗' : '–'} ${name}: ${note}`);
  return { name, passed: 0, failed: required ? 1 : 0, skipped: 0, ms: 0, note };
}

async function runCheck({ name, command, fix }, env) {
  const started = performance.now();
  const { code, printed } = await run(command, env, false);
  const ms = performance.now() - started;
  if (code !== 0)
    console.log(`\n✗ ${name}: ${command}\n${printed.trimEnd()}${fix === undefined ? '' : `\nTo repair it: ${fix}`}\n`);
  else console.log(`✓ ${name} (${(ms / 1000).toFixed(1)} s)`);
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, ms };
}

async function runTests({ name, command }, env) {
  console.log(`\n▸ ${name}: ${command}`);
  const started = performance.now();
  const { code, printed } = await run(command, env, true);
  const ms = performance.now() - started;
  // npm may add lines of its own after ours.
  const counts = [...printed.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  if (counts === undefined) return { name, passed: 0, failed: 1, skipped: 0, ms, note: 'it ended without a result' };
  const [passed, failed, skipped] = [1, 2, 3].map((group) => Number(counts[group] ?? 0));
  return { name, passed, failed: failed === 0 && code !== 0 ? 1 : failed, skipped, ms };
}

function print(results) {
  console.log(
    `\n${'check'.padEnd(20)} ${'passed'.padStart(7)} ${'failed'.padStart(7)} ${'skipped'.padStart(8)} ${'seconds'.padStart(8)}`,
  );
  for (const { name, passed, failed, skipped, ms, note } of results) {
    const cells = [passed, failed, skipped].map((count, index) => String(count).padStart([7, 7, 8][index]));
    console.log(
      `${name.padEnd(20)} ${cells.join(' ')} ${(ms / 1000).toFixed(1).padStart(8)}${note === undefined ? '' : `  ${note}`}`,
    );
  }
  console.log(summaryLine(results));
}

const { node } = await prepare().catch((error) => {
  if (!(error instanceof PrepareError)) throw error;
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
});
const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
const env = { ...process.env, PATH: path, FORCE_COLOR: undefined, NO_COLOR: '1' };
const results = [];
for (const check of CHECKS) if (!signal.aborted) results.push(withoutRedis(check) ?? (await runCheck(check, env)));
for (const tests of TESTS) if (!signal.aborted) results.push(withoutRedis(tests) ?? (await runTests(tests, env)));
print(results);
process.exitCode = !signal.aborted && results.every(({ failed }) => failed === 0) ? 0 : 1;
