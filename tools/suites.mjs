// Runs one test suite in a process of its own and counts what it reports. Written for Node 20: it runs before, and
// outside of, anything that is installed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Only for what hangs: on a slow machine the end-to-end tests take more than twenty minutes. */
const TIME_LIMIT_MS = 40 * 60_000;

/** @typedef {{ name: string, passed: number, failed: number, skipped: number, ms: number }} SuiteResult */

/** The suites that need nothing but npm packages, in the order in which they run: the cheapest first. */
export const SUITES = [
  { name: 'tools', by: 'node' },
  { name: 'unit', by: 'vitest' },
  { name: 'db', by: 'vitest' },
  { name: 'e2e', by: 'vitest' },
];

/** The suites that are run against a Redis server: its own tests, and the same end-to-end tests as on Postgres. */
export const REDIS_SUITES = [
  { name: 'redis', by: 'vitest' },
  { name: 'e2e', by: 'vitest' },
];

/**
 * Runs the suite and shows its output as it comes. A suite without tests, one that ends badly without naming a test and
 * one that exceeds its time each count as one failure.
 *
 * @param {{ name: string, by: string }} suite
 * @param {{ node: string, env: NodeJS.ProcessEnv, filters?: string[], signal: AbortSignal }} how `node`: path of the Node
 *   to run it with; `signal` ends it
 * @returns {Promise<SuiteResult>}
 */
export async function runSuite(suite, { node, env, filters = [], signal }) {
  const started = performance.now();
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-tests-'));
  try {
    const report = join(dir, 'report');
    const args = suite.by === 'vitest' ? vitestArgs(suite.name, report, filters) : nodeArgs(report);
    const path = [dirname(node), join(root, 'node_modules', '.bin'), env.PATH].join(delimiter);
    const ended = await run(node, args, { ...env, PATH: path }, signal);
    const counts = suite.by === 'vitest' ? vitestCounts(readOr(report, '{}')) : tapCounts(readOr(report, ''));
    return { name: suite.name, ...judge(counts, ended), ms: performance.now() - started };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Adds the failures that no test reported. */
export function judge({ passed, failed, skipped }, ended) {
  if (failed === 0 && (ended !== 0 || passed + skipped === 0)) return { passed, failed: 1, skipped };
  return { passed, failed, skipped };
}

/** A file that cannot even be loaded reports no test; it counts as one failure. */
export function vitestCounts(text) {
  const report = JSON.parse(text);
  const unloadable = (report.testResults ?? []).filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests ?? 0,
    failed: (report.numFailedTests ?? 0) + unloadable.length,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
}

export function tapCounts(text) {
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    passed: count('pass'),
    failed: count('fail') + count('cancelled'),
    skipped: count('skipped') + count('todo'),
  };
}

/** @param {SuiteResult[]} results */
export function summaryLine(results) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const skipped = sum('skipped');
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

function vitestArgs(project, report, filters) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project, ...reporters, ...filters];
}

function nodeArgs(report) {
  const tests = readdirSync(join(root, 'tools')).filter((file) => file.endsWith('.test.mjs'));
  const shown = ['--test-reporter=dot', '--test-reporter-destination=stdout'];
  const counted = ['--test-reporter=tap', `--test-reporter-destination=${report}`];
  return ['--test', ...shown, ...counted, ...tests.map((file) => join(root, 'tools', file))];
}

/** @returns {Promise<number>} the exit code; 1 for an end by a signal */
function run(command, args, env, signal) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const stop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', stop);
    const limit = setTimeout(stop, TIME_LIMIT_MS);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      signal.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
}

/** Aborted by Ctrl-C or SIGTERM, so that what was started is stopped and what was written is removed first. */
export function interruption() {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => controller.abort());
  return controller.signal;
}

function readOr(path, otherwise) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
