// What tools/verify-plans.mjs runs, under the pinned Node: one live job for each old source, and all its plans in turn.
import { existsSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { aHome, Instance } from '@tidemark/e2e';
import { interruption } from '../suites.mjs';
import { root } from '../workspace.mjs';
import { readCases } from '../edits/cases.mjs';
import { judge } from '../edits/judge.mjs';
import { quantile } from './cadence.mjs';
import { serveLines } from './feed.mjs';
import { LiveJob } from './live-job.mjs';
import { liveSides } from './live-sources.mjs';

const INTERVAL_MS = 200;
/** Of each label, without --all. */
const CASES_OF_LABEL = 16;
const BATCHES_OF_REST = 10;
const LABELS = ['cosmetic', 'logic', 'shape'];

const { values, positionals } = parseArgs({
  // With --any-delay, delays are told and not judged: what else a machine does says nothing about plans.
  options: { all: { type: 'boolean' }, 'any-delay': { type: 'boolean' } },
  allowPositionals: true,
});
const delayMaxMs = values['any-delay'] ? Infinity : INTERVAL_MS;
const corpus = join(root, 'edits');
const folders = positionals.map((folder) => resolve(folder));
const missing = folders.find((folder) => !existsSync(folder));
if (missing !== undefined) {
  console.error(`${missing} does not exist. Usage: npm run verify:plans -- [--all] [--any-delay] [folder of cases …]`);
  process.exit(2);
}

function chosenCases() {
  if (folders.length > 0) return folders.flatMap((folder) => readCases(folder));
  const all = readCases(corpus);
  if (values.all) return all;
  return LABELS.flatMap((label) => {
    const labelled = all.filter(({ expected }) => expected.label === label);
    const step = labelled.length / Math.min(labelled.length, CASES_OF_LABEL);
    return labelled.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
  });
}

/** Cases by their old bundle: one job serves them all. */
async function groups(cases, port) {
  const byOld = new Map();
  for (const edit of cases) {
    const sides = await liveSides(edit, { intervalMs: INTERVAL_MS, port });
    const known = byOld.get(sides.old.bundle.code) ?? { old: sides.old, pairs: [] };
    known.pairs.push({ edit, side: sides.new });
    byOld.set(sides.old.bundle.code, known);
  }
  return [...byOld.values()];
}

/** What a plan says, in the form of a label. */
function foundIn({ operators, logicChanged, logicUnknown }, before, after) {
  const had = new Set(before.nodes.map(({ uid }) => uid));
  const common = after.nodes.flatMap(({ uid }) => (uid !== undefined && had.has(uid) ? [uid] : []));
  const change = (uid) => (logicChanged.includes(uid) ? 'changed' : logicUnknown.includes(uid) ? 'unknown' : 'same');
  return {
    verdicts: Object.fromEntries(operators.map(({ uid, verdict }) => [uid, verdict])),
    reasons: Object.fromEntries(operators.map(({ uid, reason }) => [uid, reason ?? undefined])),
    logic: Object.fromEntries(common.map((uid) => [uid, change(uid)])),
  };
}

function problemsOf({ expected }, plan, [before, after]) {
  const inTheWay = Object.values(expected.verdicts).some((verdict) => verdict === 'refused' || verdict === 'dropped');
  const outcome = inTheWay ? 'ask' : 'proceed';
  return [
    ...judge(expected, foundIn(plan, before, after)),
    ...(plan.outcome === outcome ? [] : [`its outcome should be ${outcome} and is ${plan.outcome}`]),
    ...(plan.checkpointId === null ? ['it was not held against a checkpoint'] : []),
  ];
}

/** Both plans of a pair: as it comes, and with a trial on real state. */
async function checkPair(live, old, { edit, side }) {
  const { options, label } = edit.expected;
  const result = { edit, problems: [], gaps: [], delaysMs: [], plans: 0, deep: 0, tookMs: 0 };
  for (const deep of label === 'shape' ? [false, true] : [false]) {
    const order = { bundle: side.bundle, ...(options === undefined ? {} : { upgrade: options }), deep };
    const { plan, tookMs, gaps, delaysMs } = await live.plan(order);
    result.plans += 1;
    result.deep += deep ? 1 : 0;
    result.tookMs = Math.max(result.tookMs, tookMs);
    result.gaps.push(...gaps);
    result.delaysMs.push(...delaysMs);
    result.problems.push(...problemsOf(edit, plan, [old, side]).map((it) => (deep ? `${it} (deep)` : it)));
  }
  return result;
}

function show({ edit, problems, gaps, delaysMs, tookMs }) {
  const delay = Math.max(0, ...delaysMs);
  const wrong = [...problems, ...gaps];
  const sign = wrong.length === 0 && delay <= delayMaxMs ? '✓' : '✗';
  const name = relative(corpus, edit.folder);
  console.log(`${sign} ${name.padEnd(44)} plan ${tookMs.toFixed(0).padStart(5)} ms, delay ${delay} ms`);
  for (const it of wrong) console.log(`    ${it}`);
}

async function checkGroup(instance, { old, pairs }, told) {
  const live = await LiveJob.start(instance, old, INTERVAL_MS);
  try {
    for (const pair of pairs) {
      if (signal.aborted) return;
      const result = await checkPair(live, old, pair);
      told.results.push(result);
      show(result);
    }
    told.rest.push(...(await live.rest(BATCHES_OF_REST)).delaysMs);
  } finally {
    await live.end();
  }
}

const spread = (delaysMs) =>
  `median ${quantile(delaysMs, 0.5)} ms, p99 ${quantile(delaysMs, 0.99)} ms, largest ${Math.max(0, ...delaysMs)} ms`;

function summary({ results, rest }, cases, loadBefore) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const gaps = results.flatMap((result) => result.gaps);
  const delaysMs = results.flatMap((result) => result.delaysMs);
  const tookMs = results.map((result) => result.tookMs);
  for (const label of LABELS) {
    const labelled = cases.filter(({ expected }) => expected.label === label);
    const right = results.filter(({ edit, problems }) => edit.expected.label === label && problems.length === 0);
    console.log(`${label.padEnd(9)} ${right.length} of ${labelled.length} right`);
  }
  const loads = [loadBefore, loadavg()[0]].map((load) => load.toFixed(1));
  console.log(`machine   ${availableParallelism()} cores, load ${loads.join(' before, ')} after`);
  console.log(`plans     ${sum('plans')}, ${sum('deep')} of them deep: median ${quantile(tookMs, 0.5).toFixed(0)} ms`);
  console.log(`at rest   ${rest.length} batches: ${spread(rest)}`);
  console.log(
    `delay     ${delaysMs.length} batches during plans: ${spread(delaysMs)}, of ${INTERVAL_MS} ms; ${gaps.length} gaps`,
  );
  const right = results.filter(({ problems }) => problems.length === 0).length;
  console.log(`${right} right, ${cases.length - right} wrong`);
  // No case shows nothing.
  return right === cases.length && right > 0 && gaps.length === 0 && Math.max(0, ...delaysMs) <= delayMaxMs;
}

const signal = interruption();
const [loadBefore] = loadavg();
const cases = chosenCases();
const told = { results: [], rest: [] };
const lines = await serveLines();
const { home, remove } = await aHome();
const instance = await Instance.start(home);
try {
  for (const group of await groups(cases, lines.port)) {
    if (signal.aborted) break;
    try {
      await checkGroup(instance, group, told);
    } catch (error) {
      console.log(`✗ ${group.pairs.map(({ edit }) => relative(corpus, edit.folder)).join(', ')}\n    ${error.message}`);
    }
  }
} finally {
  await instance.stop();
  await lines.close();
  await remove();
}
process.exitCode = summary(told, cases, loadBefore) ? 0 : 1;
