import { seededNumbers, UINT32 } from '@tidemark/domain';

/** The same numbers for the same seed, on every machine. */
export class Random {
  private readonly uint32: () => number;

  /** @param seed any whole number; its lowest 32 bits count */
  constructor(seed: number) {
    this.uint32 = seededNumbers(seed);
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.uint32() / UINT32;
  }

  /** A whole number from 0 up to, and without, `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  shuffled<T>(items: readonly T[]): T[] {
    const order = items.map((item) => ({ item, rank: this.next() }));
    return order.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
  }
}
