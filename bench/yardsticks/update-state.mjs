import { runBatches } from './run-batches.mjs';

const totals = new Map();

function update(values, { count, sum } = { count: 0, sum: 0 }) {
  for (const { value } of values) {
    count += 1;
    sum += value;
  }
  return { count, sum };
}

runBatches(({ events }, emit) => {
  const grouped = new Map();
  for (const line of events) {
    const event = JSON.parse(line);
    const values = grouped.get(event.user);
    if (values === undefined) grouped.set(event.user, [event]);
    else values.push(event);
  }
  for (const [user, values] of grouped) {
    const total = update(values, totals.get(user));
    totals.set(user, total);
    emit([user, total]);
  }
});
