import { runBatches } from './run-batches.mjs';

const totals = new Map();

runBatches(({ events }, emit) => {
  const touched = new Set();
  for (const line of events) {
    const { user, value, ts } = JSON.parse(line);
    let total = totals.get(user);
    if (total === undefined) totals.set(user, (total = { count: 0, sum: 0, last: 0 }));
    total.count += 1;
    total.sum += value;
    if (ts > total.last) total.last = ts;
    touched.add(user);
  }
  for (const user of touched) emit([user, totals.get(user)]);
});
