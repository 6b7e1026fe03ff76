import { titleOf } from './workloads.mjs';

const MEBI = 1024 * 1024;

/** The columns of the table, here and in docs/performance.md. */
const COLUMNS = [
  { head: 'what', of: ({ name }) => titleOf(name), left: true },
  { head: 'keys', of: ({ keys }) => (keys === null ? '' : grouped(keys)) },
  { head: 'records/s', of: ({ recordsPerSecond }) => grouped(recordsPerSecond) },
  { head: 'per core-second', of: ({ recordsPerCoreSecond }) => grouped(recordsPerCoreSecond) },
  { head: 'plain Node', of: ({ yardstickRecordsPerSecond }) => grouped(yardstickRecordsPerSecond) },
  { head: 'ratio', of: ({ ratio }) => ratio.toFixed(1) },
  { head: 'memory', of: ({ peakRssBytes }) => mebibytes(peakRssBytes) },
  { head: 'checkpoint', of: ({ checkpointBytes }) => mebibytes(checkpointBytes) },
  { head: 'pause', of: ({ pauseMedianMs, pauseWorstMs }) => `${pauseMedianMs} (${pauseWorstMs}) ms` },
];

/** Markdown, aligned, so that it can be read in a terminal as well. */
export function tableOf(results) {
  const rows = results.filter(({ recordsPerCoreSecond }) => recordsPerCoreSecond !== undefined);
  const table = rows.length === 0 ? [] : [align(rows)];
  return [...table, ...results.flatMap(sentenceOf)].join('\n\n');
}

function align(results) {
  const cells = [COLUMNS.map(({ head }) => head), ...results.map((result) => COLUMNS.map(({ of }) => of(result)))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, at) => (COLUMNS[at].left ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (COLUMNS[at].left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [head, ...body] = cells.map(line);
  return [head, rule, ...body].join('\n');
}

function sentenceOf(result) {
  if (result.coreMsPerSlide !== undefined) {
    const { name, keys, coreMsPerSlide, recordsPerSlide, slideCoreMs, slideWorstCoreMs, readingCoreMs } = result;
    const { ratio, yardstickRecordsPerSecond, naiveRatio, naiveRecordsPerSecond, slideRatio, naiveSlideCoreMs } =
      result;
    return [
      `A slide of the ${titleOf(name)}, with ${grouped(keys)} keys: ${slideCoreMs} ms of CPU time (worst ` +
        `${slideWorstCoreMs} ms), and ${readingCoreMs} ms to read its ${grouped(recordsPerSlide)} records; with both, ` +
        `checkpoints and all else that the sandbox does, ${coreMsPerSlide} ms. ${ratio.toFixed(1)} times plain Node ` +
        `with a running total (${grouped(yardstickRecordsPerSecond)} records/s), ${naiveRatio.toFixed(1)} times plain ` +
        `Node that sums its sixty panes at each slide (${grouped(naiveRecordsPerSecond)} records/s); a slide by itself, ` +
        `${slideRatio.toFixed(1)} times that of the latter (${naiveSlideCoreMs} ms).`,
    ];
  }
  if (result.name === 'latency') {
    const { recordsPerSecond, batchIntervalMs, p50Ms, p99Ms, worstMs } = result;
    return [
      `Latency at ${grouped(recordsPerSecond)} records/s in batches of ${batchIntervalMs} ms: ` +
        `p50 ${p50Ms} ms, p99 ${p99Ms} ms, worst ${worstMs} ms.`,
    ];
  }
  if (result.name === 'checkpoint') {
    const { keys, pauseMs, durableMs, checkpointBytes, restoredMs, deltaKeys, deltaPauseMs, deltaDurableMs } = result;
    return [
      `Checkpoint of ${grouped(keys)} keys: batches paused for ${pauseMs} ms, durable after ${durableMs} ms ` +
        `(${mebibytes(checkpointBytes)}), restored in ${restoredMs} ms. What ${grouped(deltaKeys)} keys changed: ` +
        `paused for ${deltaPauseMs} ms, durable after ${deltaDurableMs} ms.`,
    ];
  }
  return [];
}

export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

const mebibytes = (bytes) => `${(bytes / MEBI).toFixed(bytes < 10 * MEBI ? 1 : 0)} MiB`;
