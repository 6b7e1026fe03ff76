import { describe, expect, it } from 'vitest';
import { GroupCommit, SizedGroupCommit } from './group-commit.js';

/** A write that ends when it is told to. */
class Writes {
  readonly groups: (readonly number[])[] = [];
  private readonly ends: ((error?: Error) => void)[] = [];

  readonly write = (items: readonly number[]): Promise<readonly string[]> => {
    this.groups.push(items);
    return new Promise((resolve, reject) => {
      this.ends.push((error) => {
        if (error === undefined) resolve(items.map((item) => `wrote ${item}`));
        else reject(error);
      });
    });
  };

  end(group: number, error?: Error): void {
    this.ends[group]?.(error);
  }
}

const isRefused = (error: unknown): boolean => error instanceof Error && error.message === 'refused';

/** An item has as many bytes as it says. */
const BOUNDS = { itemsMax: 3, bytesMax: 100, bytesOf: (item: number) => item, isRefused };

describe('a group commit', () => {
  it('writes what waits together, as far as one statement takes it', async () => {
    const writes = new Writes();
    const group = new GroupCommit(writes.write, BOUNDS);
    const results = [1, 2, 3, 4, 5, 60, 70].map((item) => group.submit(item));
    for (const index of [0, 1, 2, 3]) {
      await expect.poll(() => writes.groups.length).toBe(index + 1);
      writes.end(index);
    }
    expect(await Promise.all(results)).toEqual([1, 2, 3, 4, 5, 60, 70].map((item) => `wrote ${item}`));
    expect(writes.groups).toEqual([[1], [2, 3, 4], [5, 60], [70]]);
  });

  it('fails for all of a statement, and for nobody else', async () => {
    const writes = new Writes();
    const group = new GroupCommit(writes.write, BOUNDS);
    const results = Promise.allSettled([1, 2, 3].map((item) => group.submit(item)));
    writes.end(0);
    await expect.poll(() => writes.groups.length).toBe(2);
    const later = group.submit(4);
    writes.end(1, new Error('no'));
    await expect.poll(() => writes.groups.length).toBe(3);
    writes.end(2);
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await later).toBe('wrote 4');
  });

  it('writes each by itself where a statement is refused, and fails for that alone which is the reason', async () => {
    const tried: (readonly number[])[] = [];
    const refuseTwo = (items: readonly number[]): Promise<readonly string[]> => {
      tried.push(items);
      return items.includes(2) ? Promise.reject(new Error('refused')) : Promise.resolve(items.map(String));
    };
    const group = new GroupCommit(refuseTwo, BOUNDS);

    const results = await Promise.allSettled([0, 1, 2, 3].map((item) => group.submit(item)));

    expect(tried).toEqual([[0], [1, 2, 3], [1], [2], [3]]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });
});

describe('a group commit by size', () => {
  it('has nothing small wait for what is large, nor share a statement with it', async () => {
    const writes = new Writes();
    const group = new SizedGroupCommit(writes.write, { ...BOUNDS, smallBytesMax: 50 });
    const large = [51, 90].map((item) => group.submit(item));
    const small = [1, 50].map((item) => group.submit(item));
    expect(writes.groups).toEqual([[51], [1]]);
    writes.end(1);
    await expect.poll(() => writes.groups).toEqual([[51], [1], [50]]);
    writes.end(2);
    expect(await Promise.all(small)).toEqual(['wrote 1', 'wrote 50']);
    writes.end(0);
    await expect.poll(() => writes.groups.length).toBe(4);
    writes.end(3);
    expect(await Promise.all(large)).toEqual(['wrote 51', 'wrote 90']);
  });
});
