import { expect, it } from 'vitest';
import { Gate } from './gate.js';

it('lets no more in than it may, and everybody in the end, in order', async () => {
  const gate = new Gate(2);
  const finished: number[] = [];
  let inside = 0;
  let most = 0;
  const visit = async (visitor: number): Promise<void> => {
    await gate.enter();
    most = Math.max(most, ++inside);
    await new Promise(setImmediate);
    inside -= 1;
    gate.leave();
    finished.push(visitor);
  };
  await Promise.all([1, 2, 3, 4, 5].map(visit));
  expect([most, inside, finished]).toEqual([2, 0, [1, 2, 3, 4, 5]]);
});
