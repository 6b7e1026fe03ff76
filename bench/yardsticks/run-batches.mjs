// What the yardsticks share: reading the batches that Tidemark had, writing rows as JSON lines, and the stopwatch.
//
//   node bench/yardsticks/<name>.mjs <plan.json> <out.jsonl>
//
// The plan is { folders: { <source>: <folder> }, batches: [{ <source>: { <file>: { from, to } } }], warmBatches }.
// Prints { wallMs, cpuMs, rows, maxRssBytes } and what `figures` gives; the times are of the batches after the first
// `warmBatches`.
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {(lines: { readonly [source: string]: readonly string[] }, emit: (row: unknown) => void) => void} runBatch
 * @param {() => { readonly [figure: string]: number }} figures of the yardstick's own, asked for at the end
 */
export function runBatches(runBatch, figures = () => ({})) {
  const [planFile, outFile] = process.argv.slice(2);
  const { folders, batches, warmBatches } = JSON.parse(readFileSync(planFile, 'utf8'));
  const out = openSync(outFile, 'w');
  let rows = 0;
  let text = '';
  const emit = (row) => {
    text += `${JSON.stringify(row)}\n`;
    rows += 1;
  };
  let warm;
  for (const [index, batch] of batches.entries()) {
    if (index === warmBatches) warm = stopwatch();
    const lines = {};
    for (const [source, ranges] of Object.entries(batch)) lines[source] = linesOf(folders[source], ranges);
    runBatch(lines, emit);
    if (text !== '') writeSync(out, text);
    text = '';
  }
  const end = stopwatch();
  closeSync(out);
  const { maxRSS: maxRssKib } = process.resourceUsage();
  const times = { wallMs: end.wallMs - warm.wallMs, cpuMs: end.cpuMs - warm.cpuMs };
  console.log(JSON.stringify({ ...times, rows, maxRssBytes: maxRssKib * 1024, ...figures() }));
}

const stopwatch = () => ({ wallMs: performance.now(), cpuMs: cpuMs() });

/** CPU time of all threads so far, garbage collection included. */
export function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function linesOf(folder, ranges) {
  return Object.entries(ranges).flatMap(([file, { from, to }]) => {
    const bytes = Buffer.allocUnsafe(to - from);
    const input = openSync(join(folder, file), 'r');
    const read = readSync(input, bytes, 0, bytes.length, from);
    closeSync(input);
    if (read !== bytes.length) throw new Error(`${file} ends before ${to}.`);
    const lines = bytes.toString('utf8').split('\n');
    // Every line ends with a newline, so behind the last one there is nothing.
    lines.pop();
    return lines;
  });
}
