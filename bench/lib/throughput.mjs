// One workload, several times: Tidemark (a) and the yardstick (b) in turn, over the same bytes in the same batches.
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleJob } from '@tidemark/bundler';
import { root } from '@tidemark/e2e';
import { checksum } from './checksum.mjs';
import { EVENTS_FILE, SPAN_MS } from './generate.mjs';
import { SandboxMeter } from './sandbox-meter.mjs';
import {
  batchesOf,
  checkpointsOf,
  clearOutput,
  folderOf,
  partsOf,
  runnerPids,
  submit,
  untilFinished,
} from './service.mjs';
import { median } from './statistics.mjs';

const CHECKPOINT_EVERY_MS = 1_000;
/** The part of the records that only warms up: compilers, caches, the first growth of the state. */
const WARM_SHARE = 0.25;
const HEAP_MB = 8_192;

const run = promisify(execFile);

/** @returns one row of the results */
export async function measure(
  instance,
  { name, sources, slides, yardstick: plain = name },
  { keys, repetitions, say },
) {
  const folders = Object.fromEntries(sources.map((source) => [source, folderOf(instance, source)]));
  const pairs = [];
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    const tidemark = await runTidemark(instance, name);
    const yardstick = await runYardstick(instance, plain, { folders, batches: tidemark.batches });
    demandSame(name, tidemark.checksum, yardstick.checksum);
    const ratio = tidemark.recordsPerSecond / yardstick.recordsPerSecond;
    pairs.push({ tidemark, yardstick, ratio });
    say(
      `${name}${keys === null ? '' : `, ${keys} keys`}: ${perSecond(tidemark)}, yardstick ${perSecond(yardstick)}, ${ratio.toFixed(2)} times`,
    );
  }
  const result = resultOf(name, keys, pairs);
  if (slides === undefined) return result;
  const [source] = Object.values(folders);
  const cost = await costOfSlides(instance, { name, source, slides, result, repetitions });
  const naive = await againstNaive(instance, { slides, folders, pairs });
  const slideRatio = rounded(naive.naiveSlideCoreMs / cost.slideCoreMs);
  say(
    `${name}, ${keys} keys: ${cost.slideCoreMs} ms a slide, which takes the naive yardstick ${naive.naiveSlideCoreMs} ms, ` +
      `${slideRatio} times; with reading ${naive.naiveRatio} times`,
  );
  return { ...result, ...cost, ...naive, slideRatio };
}

async function runTidemark(instance, name) {
  await clearOutput(instance);
  const meter = new SandboxMeter(await runnerPids(instance));
  try {
    const id = await submit(instance, name, { checkpointIntervalMs: CHECKPOINT_EVERY_MS });
    await untilFinished(instance, id);
    const batches = await batchesOf(instance, id);
    const warm = warmBatch(batches);
    const [fromMs, toMs] = [batches[warm - 1], batches.at(-1)].map(({ commit }) => Date.parse(commit.committedAt));
    const records = recordsIn(batches.slice(warm));
    return {
      batches,
      ...rates(records, toMs - fromMs, meter.cpuMsBetween(fromMs, toMs)),
      processingMs: median(batches.slice(warm).map(({ commit }) => commit.processingMs)),
      peakRssBytes: meter.peakRssBytes,
      checkpoints: await checkpointsOf(instance, id),
      checksum: checksum(await partsOf(folderOf(instance, 'out'))),
    };
  } finally {
    meter.stop();
  }
}

async function runYardstick(instance, name, { folders, batches }) {
  const [plan, out] = ['yardstick-plan.json', 'yardstick-out.jsonl'].map((file) => join(instance.home, file));
  const warm = warmBatch(batches);
  await writeFile(plan, JSON.stringify({ folders, batches: batches.map(({ ranges }) => ranges), warmBatches: warm }));
  const script = join(root, `bench/yardsticks/${name}.mjs`);
  const { stdout } = await run(process.execPath, [`--max-old-space-size=${HEAP_MB}`, script, plan, out]);
  const { wallMs, cpuMs, maxRssBytes, slideMs } = JSON.parse(stdout);
  const sum = checksum([out]);
  await rm(out);
  return { ...rates(recordsIn(batches.slice(warm)), wallMs, cpuMs), peakRssBytes: maxRssBytes, slideMs, checksum: sum };
}

/** How many batches are done once the warm share of the records is; at least one is left. */
function warmBatch(batches) {
  const wanted = WARM_SHARE * recordsIn(batches);
  let seen = 0;
  const index = batches.findIndex(({ commit }) => (seen += commit.recordsIn) >= wanted);
  if (index + 1 >= batches.length) throw new Error('There are too few batches to measure: take more records.');
  return index + 1;
}

const recordsIn = (batches) => batches.reduce((sum, { commit }) => sum + commit.recordsIn, 0);

const rates = (records, wallMs, cpuMs) => ({
  recordsPerSecond: (1_000 * records) / wallMs,
  recordsPerCoreSecond: (1_000 * records) / cpuMs,
});

const perSecond = ({ recordsPerSecond }) => `${Math.round(recordsPerSecond / 1_000)} k/s`;

function demandSame(name, a, b) {
  if (a.rows === b.rows && a.sum === b.sum) return;
  throw new Error(`${name}: the yardstick has another answer: ${JSON.stringify({ tidemark: a, yardstick: b })}`);
}

function resultOf(name, keys, pairs) {
  const of = (side, figure) => median(pairs.map((pair) => pair[side][figure]));
  const checkpoints = pairs.flatMap(({ tidemark }) => tidemark.checkpoints);
  const pauses = checkpoints.map(({ pauseMs }) => pauseMs);
  const { batches, checksum: sum } = pairs[0].tidemark;
  return {
    name,
    keys,
    records: recordsIn(batches),
    recordsPerSecond: Math.round(of('tidemark', 'recordsPerSecond')),
    recordsPerCoreSecond: Math.round(of('tidemark', 'recordsPerCoreSecond')),
    yardstickRecordsPerSecond: Math.round(of('yardstick', 'recordsPerSecond')),
    ratio: rounded(median(pairs.map(({ ratio }) => ratio))),
    batchMs: of('tidemark', 'processingMs'),
    peakRssBytes: of('tidemark', 'peakRssBytes'),
    yardstickPeakRssBytes: of('yardstick', 'peakRssBytes'),
    checkpoints: checkpoints.length,
    checkpointBytes: checkpoints.reduce((most, { bytes }) => Math.max(most, bytes), 0),
    pauseMedianMs: rounded(median(pauses)),
    pauseWorstMs: rounded(Math.max(...pauses)),
    rows: sum.rows,
    repetitions: pairs.map(({ tidemark, yardstick, ratio }) => ({
      recordsPerSecond: Math.round(tidemark.recordsPerSecond),
      yardstickRecordsPerSecond: Math.round(yardstick.recordsPerSecond),
      ratio: rounded(ratio),
    })),
  };
}

/**
 * CPU time for one slide. `coreMsPerSlide` is all that the sandbox does, reading the slide's records and checkpoints
 * included. `slideCoreMs` and `readingCoreMs` are of the program alone: see slide-process.mjs.
 */
async function costOfSlides(instance, { name, source, slides, result, repetitions }) {
  const recordsPerSlide = Math.round((result.records * slides.everyMs) / SPAN_MS);
  const bundle = join(instance.home, 'slide-bundle.js');
  await writeFile(bundle, (await bundleJob(join(root, `bench/jobs/${name}.ts`))).code);
  const script = join(root, 'bench/lib/slide-process.mjs');
  const args = [`--max-old-space-size=${HEAP_MB}`, script, bundle, join(source, EVENTS_FILE), String(recordsPerSlide)];
  const times = [];
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    times.push(JSON.parse((await run(process.execPath, args)).stdout));
  }
  const of = (figure) => rounded(median(times.map((time) => time[figure])));
  return {
    recordsPerSlide,
    coreMsPerSlide: rounded((1_000 * recordsPerSlide) / result.recordsPerCoreSecond),
    slideCoreMs: of('slideMs'),
    slideWorstCoreMs: of('slideWorstMs'),
    readingCoreMs: of('readingMs'),
  };
}

/** Against the yardstick that one would write first, with the batches of each repetition. */
async function againstNaive(instance, { slides, folders, pairs }) {
  const rows = [];
  for (const { tidemark } of pairs) {
    const yardstick = await runYardstick(instance, slides.naive, { folders, batches: tidemark.batches });
    demandSame(slides.naive, tidemark.checksum, yardstick.checksum);
    rows.push({
      recordsPerSecond: yardstick.recordsPerSecond,
      slideMs: yardstick.slideMs,
      ratio: tidemark.recordsPerSecond / yardstick.recordsPerSecond,
    });
  }
  const of = (figure) => median(rows.map((row) => row[figure]));
  return {
    naiveRecordsPerSecond: Math.round(of('recordsPerSecond')),
    naiveSlideCoreMs: rounded(of('slideMs')),
    naiveRatio: rounded(of('ratio')),
  };
}

const rounded = (value) => Math.round(value * 100) / 100;
