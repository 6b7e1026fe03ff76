// `npm run verify:model -- [--only <word>] [--keep <folder>]`: checks the models in models/ with Spin: each within its bounds
// and exhaustively, then each broken variant, which must be caught. A search that was cut short counts as a failure. The last
// line is "N models hold, M broken variants caught, K missed". `--only` runs what has the word in its name; `--keep` leaves
// each checker and its counterexample in the folder, to be looked at as models/README.md says.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BROKEN, MODELS } from './models.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MEMORY_MB = 1_800;
const DEPTH_MAX = 400_000;
const SECONDS_MAX = 200;
const NEEDED = [
  { command: 'spin', args: ['-V'] },
  { command: 'gcc', args: ['--version'] },
];
const INSTALL = 'The models need spin and gcc. On Debian: apt-get install spin gcc libc6-dev';

function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        // Progress lines say nothing that the summary does not.
        printed += text.replace(/^Depth=.*\n/gm, '');
      });
    }
    const limit = setTimeout(() => child.kill('SIGKILL'), SECONDS_MAX * 1_000);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ code, printed });
    });
  });
}

/**
 * Builds and runs one checker.
 *
 * @param {{ model: string, name: string, bounds: string, claim?: string, variant?: string }} search
 * @returns {Promise<{ outcome: 'holds' | 'broken' | 'unfinished', breaks?: string, states: number, seconds: number, why?: string }>}
 */
async function check({ model, bounds, claim, variant }, folder) {
  const file = `${model}.pml`;
  copyFileSync(join(root, 'models', file), join(folder, file));
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1_000;
  const defines = [...bounds.split(' ').filter((word) => word !== ''), ...(variant === undefined ? [] : [variant])];
  const generated = await run('spin', ['-a', ...defines.map((define) => `-D${define}`), file], folder);
  // Counterexamples are shortest when the search goes by breadth; a cycle can only be found by depth.
  const kind = claim !== undefined ? ['-DNFAIR=3'] : variant === undefined ? ['-DSAFETY'] : ['-DSAFETY', '-DBFS'];
  // What ends soon is not worth the time that an optimising compiler takes.
  const optimise = variant === undefined && claim === undefined ? '-O2' : '-O0';
  const flags = [optimise, '-w', '-DCOLLAPSE', `-DMEMLIM=${MEMORY_MB}`, ...kind];
  const compiled = await run('gcc', [...flags, '-o', 'pan', 'pan.c'], folder);
  if (generated.code !== 0 || compiled.code !== 0) {
    return { outcome: 'unfinished', states: 0, seconds: seconds(), why: `${generated.printed}${compiled.printed}` };
  }
  const args = [`-m${DEPTH_MAX}`, '-w24', '-n', ...(claim === undefined ? [] : ['-a', '-f', '-N', claim])];
  const { code, printed } = await run('./pan', args, folder);
  return { ...judge(printed, code, claim), seconds: seconds() };
}

/** What a checker has found, from what it printed. */
function judge(printed, code, claim) {
  const states = Number(/^\s*(\d+) states, stored/m.exec(printed)?.[1] ?? 0);
  const broken = /^pan:\d+: (.*?)(?: \(at depth \d+\))?$/m.exec(printed)?.[1];
  if (broken !== undefined && !/max search depth/.test(broken)) {
    return { outcome: 'broken', breaks: nameOf(broken, claim), states };
  }
  const finished = code === 0 && /errors: 0$/m.test(printed) && states > 0;
  const truncated = /max search depth too small|Search not completed|out of memory|reached -DMEMLIM/i.test(printed);
  if (finished && !truncated) return { outcome: 'holds', states };
  return { outcome: 'unfinished', states, why: printed.split('\n').slice(0, 6).join('\n') || 'it was stopped' };
}

/** "assertion violated I5" → I5; a cycle breaks the claim; anything else, such as a deadlock, says itself what it is. */
const nameOf = (says, claim) =>
  /^assertion violated (I\d+)$/.exec(says)?.[1] ?? (says.startsWith('acceptance cycle') ? claim : says);

async function inParallel(searches, work) {
  const waiting = [...searches.entries()];
  const results = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  return results;
}

async function checkIn(home, search) {
  const folder = join(home, search.variant === undefined ? search.name : search.variant);
  mkdirSync(folder, { recursive: true });
  return { ...search, ...(await check(search, folder)) };
}

const line = (cells, widths) =>
  cells.map((cell, index) => (index > 1 ? cell.padStart(widths[index]) : cell.padEnd(widths[index]))).join('  ');

/** Whether a search came out as it must, and what to say of it. */
function verdictOf({ variant, breaks, outcome, expect }) {
  if (variant === undefined)
    return outcome === 'holds' ? 'holds' : outcome === 'broken' ? `BREAKS ${breaks}` : 'UNFINISHED';
  if (outcome === 'broken') return breaks === expect ? breaks : `${breaks}, NOT ${expect}`;
  return outcome === 'holds' ? 'MISSED' : 'UNFINISHED';
}

const isRight = (result) => verdictOf(result) === (result.variant === undefined ? 'holds' : result.expect);

function print(title, results) {
  const rows = results.map((result) => [
    result.variant ?? result.name,
    result.variant === undefined ? result.bounds : result.model,
    verdictOf(result),
    String(result.states),
    result.seconds.toFixed(1),
  ]);
  const head = [...title, 'states', 'seconds'];
  const widths = head.map((cell, index) => Math.max(cell.length, ...rows.map((row) => row[index].length)));
  console.log(`\n${[head, ...rows].map((row) => line(row, widths)).join('\n')}`);
  for (const { why, name, variant } of results)
    if (why !== undefined) console.log(`\n${variant ?? name}:\n${why.trimEnd()}`);
}

function optionOf(name) {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
}

async function isInstalled({ command, args }) {
  return run(command, args, root).then(
    ({ code }) => code === 0,
    () => false,
  );
}

async function main() {
  if (!(await Promise.all(NEEDED.map(isInstalled))).every(Boolean)) {
    console.error(INSTALL);
    console.log('0 models hold, 0 broken variants caught, 1 missed');
    return 1;
  }
  const kept = optionOf('--keep');
  const only = optionOf('--only') ?? '';
  const home = kept ?? mkdtempSync(join(tmpdir(), 'tidemark-models-'));
  try {
    const chosen = (searches) => searches.filter(({ name, variant }) => (variant ?? name).includes(only));
    const models = await inParallel(chosen(MODELS), (search) => checkIn(home, search));
    print(['model', 'bounds', 'result'], models);
    const variants = await inParallel(chosen(BROKEN), (search) => checkIn(home, search));
    print(['broken variant', 'of', 'breaks'], variants);
    const held = models.filter(isRight).length;
    const caught = variants.filter(isRight).length;
    const missed = models.length + variants.length - held - caught;
    console.log(`\n${held} models hold, ${caught} broken variants caught, ${missed} missed`);
    return missed === 0 && held + caught > 0 ? 0 : 1;
  } finally {
    if (kept === undefined) rmSync(home, { recursive: true, force: true });
  }
}

process.exitCode = await main();
