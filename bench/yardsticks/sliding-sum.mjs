// With a running total: what enters is added and what leaves is taken out again, so a slide costs two panes, not sixty.
import { runBatches } from './run-batches.mjs';

const SIZE_MS = 60_000;
const SLIDE_MS = 1_000;
const OUT_OF_ORDERNESS_MS = 5_000;

const panes = new Map();
const totals = new Map();
let newestMs = -Infinity;
let nextEndMs;

runBatches(({ events }, emit) => {
  for (const line of events) {
    const { user, value, ts } = JSON.parse(line);
    const endMs = Math.floor(ts / SLIDE_MS) * SLIDE_MS + SLIDE_MS;
    let pane = panes.get(endMs);
    if (pane === undefined) panes.set(endMs, (pane = new Map()));
    const part = pane.get(user);
    if (part === undefined) pane.set(user, { count: 1, sum: value });
    else {
      part.count += 1;
      part.sum += value;
    }
    if (ts > newestMs) newestMs = ts;
  }
  nextEndMs ??= Math.min(...panes.keys());
  for (; nextEndMs <= newestMs - OUT_OF_ORDERNESS_MS; nextEndMs += SLIDE_MS) slide(nextEndMs, emit);
});

function slide(windowEndMs, emit) {
  for (const [user, { count, sum }] of panes.get(windowEndMs) ?? []) {
    const total = totals.get(user);
    if (total === undefined) totals.set(user, { count, sum });
    else {
      total.count += count;
      total.sum += sum;
    }
  }
  for (const [user, { count, sum }] of panes.get(windowEndMs - SIZE_MS) ?? []) {
    const total = totals.get(user);
    total.count -= count;
    total.sum -= sum;
    if (total.count === 0) totals.delete(user);
  }
  panes.delete(windowEndMs - SIZE_MS);
  for (const [user, { sum }] of totals) if (user.endsWith('00')) emit({ user, windowEndMs, sum });
}
