// CPU time of a slide apart from that of reading, in a process of its own:
//
//   node bench/lib/slide-process.mjs <bundle.js> <events.jsonl> <records in a slide>
//
// Runs the job's program, the same that the sandbox runs, in batches of as many records as a slide has. Reading a batch's
// records into their panes is one call and the end of the batch, in which its window slides and gives its results, another,
// so each has a clock of its own: CPU time of all threads, garbage collection included. The first quarter only warms up.
// Prints { slides, readingMs, slideMs, slideWorstMs }.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { checkDefinition, compileGraph } from '@tidemark/engine';
import { cpuMs } from '../yardsticks/run-batches.mjs';

const WARM_SHARE = 0.25;
const PIECE_BYTES = 1024 * 1024;
const NEWLINE = 10;

const [bundleFile, eventsFile, recordsPerSlide] = process.argv.slice(2);
runInThisContext(readFileSync(bundleFile, 'utf8'));
const checked = checkDefinition(globalThis.tidemarkJob.default);
if (checked.outcome !== 'valid') throw new Error(JSON.stringify(checked.problems));
const program = compileGraph(checked.definition);
const [{ uid, text }] = program.sources;
if (text !== 'none') throw new Error('The job looks at more than the bytes of its input.');

const times = [];
for (const bytes of batchesIn(eventsFile, Number(recordsPerSlide))) {
  const batchId = times.length + 1;
  program.begin({ batchId, batchTimeMs: batchId * 1_000 });
  const before = cpuMs();
  const failure = program.feed(uid, { bytes, from: 0, to: bytes.length, text: '' });
  const read = cpuMs();
  if (failure !== undefined) throw new Error(JSON.stringify(failure));
  const result = program.end();
  const ended = cpuMs();
  if (result.outcome !== 'done') throw new Error(JSON.stringify(result));
  times.push({ readingMs: read - before, slideMs: ended - read });
}
const measured = times.slice(Math.floor(times.length * WARM_SHARE));
const mean = (figure) => measured.reduce((sum, time) => sum + time[figure], 0) / measured.length;
const slideWorstMs = Math.max(...measured.map(({ slideMs }) => slideMs));
console.log(
  JSON.stringify({ slides: measured.length, readingMs: mean('readingMs'), slideMs: mean('slideMs'), slideWorstMs }),
);

/** Batches of so many lines; what is left at the end is none. */
function* batchesIn(path, lines) {
  const file = openSync(path, 'r');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let batch = [];
  let missing = lines;
  for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) {
    let from = 0;
    for (let at = piece.indexOf(NEWLINE); at !== -1 && at < read; at = piece.indexOf(NEWLINE, at + 1)) {
      missing -= 1;
      if (missing > 0) continue;
      batch.push(Buffer.from(piece.subarray(from, at + 1)));
      yield new Uint8Array(Buffer.concat(batch));
      from = at + 1;
      batch = [];
      missing = lines;
    }
    batch.push(Buffer.from(piece.subarray(from, read)));
  }
  closeSync(file);
}
