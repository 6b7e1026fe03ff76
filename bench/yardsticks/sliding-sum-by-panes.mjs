// What a reader would write first: a slide adds up its sixty panes.
import { runBatches } from './run-batches.mjs';

const SIZE_MS = 60_000;
const SLIDE_MS = 1_000;
const OUT_OF_ORDERNESS_MS = 5_000;

const panes = new Map();
let newestMs = -Infinity;
let nextEndMs;

runBatches(({ events }, emit) => {
  for (const line of events) {
    const { user, value, ts } = JSON.parse(line);
    const endMs = Math.floor(ts / SLIDE_MS) * SLIDE_MS + SLIDE_MS;
    let pane = panes.get(endMs);
    if (pane === undefined) panes.set(endMs, (pane = new Map()));
    const part = pane.get(user);
    if (part === undefined) pane.set(user, { sum: value });
    else part.sum += value;
    if (ts > newestMs) newestMs = ts;
  }
  nextEndMs ??= Math.min(...panes.keys());
  for (; nextEndMs <= newestMs - OUT_OF_ORDERNESS_MS; nextEndMs += SLIDE_MS) slide(nextEndMs, emit);
});

function slide(windowEndMs, emit) {
  const totals = new Map();
  for (let endMs = windowEndMs - SIZE_MS + SLIDE_MS; endMs <= windowEndMs; endMs += SLIDE_MS) {
    for (const [user, { sum }] of panes.get(endMs) ?? []) totals.set(user, (totals.get(user) ?? 0) + sum);
  }
  panes.delete(windowEndMs - SIZE_MS + SLIDE_MS);
  for (const [user, sum] of totals) if (user.endsWith('00')) emit({ user, windowEndMs, sum });
}
