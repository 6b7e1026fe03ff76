import { runBatches } from './run-batches.mjs';

runBatches(({ events }, emit) => {
  for (const line of events) {
    const { user, type, value, ts } = JSON.parse(line);
    if (type === 'click') emit({ user, value: value * 2, ts });
  }
});
