// What one would write first: a map for each second, and at each slide the sums of all sixty. Also prints { slideMs }, the
// CPU time of a slide apart from that of reading; the first quarter of the slides only warms up.
import { cpuMs, runBatches } from './run-batches.mjs';

const SIZE_MS = 60_000;
const SLIDE_MS = 1_000;
const OUT_OF_ORDERNESS_MS = 5_000;
const WARM_SHARE = 0.25;

const panes = new Map();
let newestMs = -Infinity;
let nextEndMs;
const slidesMs = [];

runBatches(({ events }, emit) => {
  for (const line of events) {
    const { user, value, ts } = JSON.parse(line);
    const endMs = Math.floor(ts / SLIDE_MS) * SLIDE_MS + SLIDE_MS;
    let pane = panes.get(endMs);
    if (pane === undefined) panes.set(endMs, (pane = new Map()));
    pane.set(user, (pane.get(user) ?? 0) + value);
    if (ts > newestMs) newestMs = ts;
  }
  nextEndMs ??= Math.min(...panes.keys());
  for (; nextEndMs <= newestMs - OUT_OF_ORDERNESS_MS; nextEndMs += SLIDE_MS) {
    const beforeMs = cpuMs();
    slide(nextEndMs, emit);
    slidesMs.push(cpuMs() - beforeMs);
  }
}, meanSlide);

function meanSlide() {
  const measured = slidesMs.slice(Math.floor(slidesMs.length * WARM_SHARE));
  return { slideMs: measured.reduce((sum, ms) => sum + ms, 0) / measured.length };
}

function slide(windowEndMs, emit) {
  panes.delete(windowEndMs - SIZE_MS);
  const sums = new Map();
  for (const [endMs, pane] of panes) {
    if (endMs > windowEndMs) continue;
    for (const [user, sum] of pane) sums.set(user, (sums.get(user) ?? 0) + sum);
  }
  for (const [user, sum] of sums) if (user.endsWith('00')) emit({ user, windowEndMs, sum });
}
