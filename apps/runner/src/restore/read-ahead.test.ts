import { describe, expect, it } from 'vitest';
import { oneAhead } from './read-ahead.js';

/** Counts what was made, and fails instead of making the one of this index. */
async function* made(log: number[], failsAt = Infinity): AsyncGenerator<number> {
  for (let index = 0; index < 3; index += 1) {
    if (index === failsAt) throw new Error(`${index} is broken`);
    log.push(index);
    yield index;
    await Promise.resolve();
  }
}

/** Until whatever has been begun is done. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('blocks that are made ready ahead', () => {
  it('come all, in order', async () => {
    const blocks: number[] = [];
    for await (const block of oneAhead(made([]))) blocks.push(block);
    expect(blocks).toEqual([0, 1, 2]);
  });

  it('are ready before anybody asks, the next one while one is used, and never more', async () => {
    const log: number[] = [];
    const blocks = oneAhead(made(log))[Symbol.asyncIterator]();
    await settled();
    expect(log).toEqual([0]);

    await blocks.next();
    await settled();
    expect(log).toEqual([0, 1]);
  });

  it('are all used that come before one that is broken', async () => {
    const used: number[] = [];
    const use = async (): Promise<void> => {
      for await (const block of oneAhead(made([], 2))) used.push(block);
    };

    await expect(use()).rejects.toThrow('2 is broken');
    expect(used).toEqual([0, 1]);
  });

  it('trouble nobody when they are broken and not asked for', async () => {
    oneAhead(made([], 0));
    await settled();
  });
});
