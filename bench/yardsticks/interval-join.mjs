import { runBatches } from './run-batches.mjs';

const WITHIN_MS = 2_000;
const OUT_OF_ORDERNESS_MS = 5_000;

/** For each user, the events of either side that may still find a partner. */
const users = new Map();
const newestMs = { left: -Infinity, right: -Infinity };

runBatches(({ left = [], right = [] }, emit) => {
  for (const line of left) {
    const { user, value, ts } = JSON.parse(line);
    const kept = enter('left', user, value, ts);
    for (const other of kept.right) if (isNear(ts, other.ts)) emit(pair(user, { value, ts }, other));
  }
  for (const line of right) {
    const { user, value, ts } = JSON.parse(line);
    const kept = enter('right', user, value, ts);
    for (const other of kept.left) if (isNear(ts, other.ts)) emit(pair(user, other, { value, ts }));
  }
  forgetBefore(Math.min(newestMs.left, newestMs.right) - OUT_OF_ORDERNESS_MS);
});

function enter(side, user, value, ts) {
  let kept = users.get(user);
  if (kept === undefined) users.set(user, (kept = { left: [], right: [] }));
  kept[side].push({ value, ts });
  if (ts > newestMs[side]) newestMs[side] = ts;
  return kept;
}

function isNear(a, b) {
  return Math.abs(a - b) <= WITHIN_MS;
}

function pair(user, left, right) {
  return [user, { left: left.value, right: right.value, apartMs: right.ts - left.ts }];
}

function forgetBefore(ms) {
  const isOpen = ({ ts }) => ts + WITHIN_MS >= ms;
  for (const [user, { left, right }] of users) {
    if (left.every(isOpen) && right.every(isOpen)) continue;
    const open = { left: left.filter(isOpen), right: right.filter(isOpen) };
    if (open.left.length + open.right.length === 0) users.delete(user);
    else users.set(user, open);
  }
}
