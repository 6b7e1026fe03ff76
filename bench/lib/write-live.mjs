// `node bench/lib/write-live.mjs <file> <records per second> <seconds>`: appends events to a file as time goes by. The
// `ts` of a record is when it was due, in milliseconds with fractions: what this process is late counts as latency.
import { closeSync, openSync, writeSync } from 'node:fs';
import { eventLine, mulberry32 } from './generate.mjs';

const TICK_MS = 2;
const KEYS = 10_000;

const [file, perSecond, seconds] = process.argv.slice(2);
const records = Number(perSecond) * Number(seconds);
const stepMs = 1_000 / Number(perSecond);
const random = mulberry32(1);
const out = openSync(file, 'a');
const startedMs = performance.timeOrigin + performance.now();
let written = 0;

function tick() {
  const now = performance.timeOrigin + performance.now();
  let lines = '';
  for (; written < records && startedMs + written * stepMs <= now; written += 1) {
    const ts = (startedMs + written * stepMs).toFixed(3);
    lines += eventLine({ key: Math.floor(random() * KEYS), ts, bits: Math.floor(random() * 2 ** 32) });
  }
  if (lines !== '') writeSync(out, lines);
  if (written < records) setTimeout(tick, TICK_MS);
  else closeSync(out);
}
tick();
