import { runBatches } from './run-batches.mjs';

const SIZE_MS = 60_000;
const OUT_OF_ORDERNESS_MS = 5_000;

const windows = new Map();
let newestMs = -Infinity;

runBatches(({ events }, emit) => {
  for (const line of events) {
    const { user, value, ts } = JSON.parse(line);
    const endMs = Math.floor(ts / SIZE_MS) * SIZE_MS + SIZE_MS;
    let sums = windows.get(endMs);
    if (sums === undefined) windows.set(endMs, (sums = new Map()));
    sums.set(user, (sums.get(user) ?? 0) + value);
    if (ts > newestMs) newestMs = ts;
  }
  for (const [windowEndMs, sums] of windows) {
    if (windowEndMs > newestMs - OUT_OF_ORDERNESS_MS) continue;
    for (const [user, sum] of sums) emit({ user, windowEndMs, sum });
    windows.delete(windowEndMs);
  }
});
